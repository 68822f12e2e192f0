"""`python -m contract`: write each app's openapi.json; with `--check`, compare it with the code."""

import argparse
import sys
from pathlib import Path

from contract.tracked import check, write
from deploy.apps import find_apps
from deploy.checkout import default_root
from deploy.errors import DeployError


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m contract", description=__doc__)
    parser.add_argument("--root", type=Path, default=default_root(), help="the folder that holds the apps")
    parser.add_argument("--app", help="one app's folder; all apps when it is left out")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if what is tracked differs")
    parser.add_argument("--unchecked", action="store_true", help="write what may not be valid")
    parsed = parser.parse_args(arguments)
    try:
        for app in find_apps(parsed.root, parsed.app):
            print(check(app) if parsed.check else write(app, is_checked=not parsed.unchecked))
    except DeployError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
