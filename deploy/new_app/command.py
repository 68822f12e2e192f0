"""`new`: write the smallest app, with the skeleton that docs/architecture.md describes."""

import os
import shutil
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from deploy.checkout import DEFAULT_PORT
from deploy.errors import CommandFailed, DeployError
from deploy.new_app.names import folder_name, free_port_offset, valid_name
from deploy.new_app.registers import with_app
from deploy.progress import out

_SKELETON = Path(__file__).parent / "skeleton"
# The suffix keeps checks and tests from the skeleton's files.
_SUFFIX = ".txt"
_PAGE = "page.md"
_TOOL_CHECKOUT = Path(__file__).parents[2]


def new(arguments: Namespace) -> None:
    """Write a new app, and the lines about it in the project's own files.

    Raises
    ------
    DeployError
        The name cannot be an app's, or a file has no place for a line; nothing is written.
    """
    root: Path = arguments.root
    name = valid_name(arguments.name, root)
    if not (root / "common").is_dir():
        raise DeployError(f"{root} has no folder common: an app has a link to it")
    offset = free_port_offset(root)
    texts = with_app(root, name, folder_name(name), offset)
    _write_folder(root, name, offset)
    if texts:
        texts[Path("docs", f"{name}.md")] = _filled((_SKELETON / f"{_PAGE}{_SUFFIX}").read_text(), name, offset)
    for path, text in texts.items():
        (root / path).write_text(text)
    _write_contract(root, folder_name(name))
    _print_what_is_next(name, list(texts))


def _write_folder(root: Path, name: str, offset: int) -> None:
    """Write the app's folder. It appears when it is complete: a running `make run` deploys what is there."""
    folder = root / folder_name(name)
    unfinished = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        for source, path in _files(name):
            (unfinished / path).parent.mkdir(parents=True, exist_ok=True)
            (unfinished / path).write_text(_filled(source.read_text(), name, offset))
        (unfinished / "vendor").mkdir()
        (unfinished / "vendor" / "common").symlink_to(os.path.join("..", "..", "common"))
        unfinished.rename(folder)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise DeployError(f"{error.filename} cannot be written: {error.strerror}") from error


def _files(name: str) -> Iterator[tuple[Path, Path]]:
    """The skeleton's files, and their paths in the app's folder."""
    for source in sorted(_SKELETON.rglob(f"*{_SUFFIX}")):
        path = source.relative_to(_SKELETON).with_suffix("")
        if path.name != _PAGE:
            yield source, Path(*(name if part == "NAME" else part for part in path.parts))


def _filled(text: str, name: str, offset: int) -> str:
    values = {"name": name, "Name": name.capitalize(), "port_offset": str(offset), "port": str(DEFAULT_PORT + offset)}
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def _write_contract(root: Path, folder: str) -> None:
    """Write openapi.json. The packages that check contracts are not needed for it."""
    command = [sys.executable, "-m", "contract", "--root", str(root), "--app", folder, "--unchecked"]
    done = subprocess.run(command, cwd=_TOOL_CHECKOUT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandFailed(f"{folder} has no contract: {done.stderr.strip()}")


def _print_what_is_next(name: str, changed: list[Path]) -> None:
    folder = folder_name(name)
    out.print(f"{folder} is written", markup=False)
    for path in changed:
        out.print(f"  {path}", style="dim", markup=False)
    out.print(
        f"next: `make run`, or beside a running one `make deploy APP={folder}`; `make check` passes", markup=False
    )
