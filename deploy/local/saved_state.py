"""`state`: saves the embedded AWS's state now, goes back to the save before the last one, exports and imports it."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from argparse import Namespace
from pathlib import Path

from deploy.apps import find_apps
from deploy.checkout import Checkout
from deploy.errors import CommandFailed, DeployError

_SAVE_SECONDS = 300


def state(arguments: Namespace) -> None:
    """Run one of the actions; only `save` and `export` may run beside `make run`.

    Raises
    ------
    DeployError
        The embedded AWS runs or does not run, or the file is missing.
    CommandFailed
        The action failed; the message is of one line.
    """
    checkout = Checkout(arguments.root)
    if arguments.action in ("export", "import") and arguments.file is None:
        raise DeployError(f"which file? `python -m deploy state {arguments.action} FILE`")
    if arguments.action == "save" or (arguments.action == "export" and checkout.is_locked()):
        save(checkout)
    if arguments.action == "export":
        apps = [option for app in find_apps(arguments.root) for option in ("--app", app.key)]
        _run(checkout, "export", str(arguments.file.resolve()), *apps)
    elif arguments.action != "save":
        with checkout.lock_for_run():
            _run(checkout, arguments.action, *_import_options(arguments))


def save(checkout: Checkout) -> None:
    """Have the running embedded AWS save its state, and wait until that is done."""
    url = f"{checkout.current_run().endpoint_url}/_quartet/state"
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, method="POST", headers=headers)  # noqa: S310 - our own address
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_SAVE_SECONDS):
            print("saved")
    except urllib.error.HTTPError as error:
        raise CommandFailed(f"the state was not saved: {json.loads(error.read())['failure']}") from None


def _import_options(arguments: Namespace) -> list[str]:
    if arguments.action == "restore":
        return []
    return [str(arguments.file.resolve()), *(["--replace"] if arguments.replace else [])]


def _run(checkout: Checkout, action: str, *options: str) -> None:
    command = [sys.executable, "-m", "local_aws", "state", action, *options, "--state-dir", str(checkout.aws_state)]
    result = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    if result.returncode:
        raise CommandFailed(result.stderr.strip())
    print(result.stdout.strip())
