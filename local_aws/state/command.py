"""The command `state`: goes back to the previous saved state, or moves the state to another machine by a file."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from local_aws.state import archive, folder
from local_aws.state.snapshots import DamagedState, Snapshots


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("action", choices=("restore", "export", "import"))
    parser.add_argument("file", nargs="?", type=Path, help="the file that is written or read; restore has none")
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--app", action="append", default=[], help="an app in the state, for the file's list")
    parser.add_argument("--replace", action="store_true", help="import: delete the state that is there")


def run(arguments: Namespace) -> int:
    """Run the command; returns the exit status. A failure is one line."""
    try:
        print(_result(arguments, arguments.state_dir.resolve()))
    except (OSError, folder.StateInUse, DamagedState, archive.StateExists, archive.UnusableArchive) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _result(arguments: Namespace, state_dir: Path) -> str:
    if arguments.action == "export":
        if not (state_dir / "services" / "current").is_symlink():
            raise OSError(f"there is no saved state in {state_dir}")
        count = archive.export(state_dir, arguments.file, arguments.app)
        return f"{arguments.file} has {count} files and {arguments.file.stat().st_size / 1e6:.1f} MB"
    folder.claim(state_dir)
    if arguments.action == "restore":
        return f"the next start loads the state of {Snapshots(state_dir / 'services').restore_previous()}"
    manifest = archive.load(arguments.file, state_dir, replace=arguments.replace)
    return f"imported the state of {', '.join(manifest['apps']) or 'no app'}; the next start loads it"
