"""Apps that are added or removed while `make run` runs: the embedded AWS opens ports for new ones."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

import msgspec

from deploy.apps import App
from deploy.checkout import AppAddresses, Checkout, Run
from deploy.errors import DeployError
from deploy.target import LOCAL

HTTPS_OFFSET = 440


def app_ports(app: App, base_port: int) -> tuple[int, int]:
    """The app's ports for http and https."""
    return base_port + app.port_offset, base_port + HTTPS_OFFSET + app.port_offset


def app_addresses(app: App, base_port: int) -> AppAddresses:
    """Where the embedded AWS serves the app."""
    http_port, https_port = app_ports(app, base_port)
    return AppAddresses(f"http://localhost:{http_port}", f"https://localhost:{https_port}")


def with_new_apps(checkout: Checkout, run: Run, apps: Iterable[App]) -> Run:
    """Let the run serve apps that it does not know yet; returns its record with their addresses.

    Raises
    ------
    DeployError
        A port is taken, or an app needs a local server, which only the start of `make run` starts.
    """
    for app in apps:
        if app.key in run.addresses:
            continue
        if missing := app.stage(LOCAL).servers.keys() - run.servers.keys():
            raise DeployError(f"{app.key} needs the server {min(missing)}: stop `make run` and start it again")
        _open_front(app, run)
        addresses = {**run.addresses, app.key: app_addresses(app, run.port)}
        run = msgspec.structs.replace(run, addresses=addresses)
        checkout.record_run(run)
    return run


def added_apps(root: Path, run: Run | None, apps: Iterable[App]) -> list[App]:
    """The apps that a record of `run` has addresses of, without these."""
    known = {app.key for app in apps}
    return [App(root / key) for key in run.addresses if key not in known] if run else []


def note_deployed(checkout: Checkout, app: App, known: Run) -> None:
    """Tell `run` that an app is deployed which it did not know, or which was removed; `known` is its record before."""
    if run := checkout.recorded_run():
        is_new = app.key not in known.addresses and app.key not in run.added
        if is_new or app.key in run.removed:
            added = [*run.added, app.key] if is_new else run.added
            removed = [key for key in run.removed if key != app.key]
            checkout.record_run(msgspec.structs.replace(run, added=added, removed=removed))


def note_removed(checkout: Checkout, app: App) -> None:
    """Tell `run` that an app is being removed."""
    run = checkout.recorded_run()
    if run and app.key not in run.removed:
        checkout.record_run(msgspec.structs.replace(run, removed=[*run.removed, app.key]))


def _open_front(app: App, run: Run) -> None:
    http_port, https_port = app_ports(app, run.port)
    body = json.dumps({"app": app.key, "http_port": http_port, "https_port": https_port}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{run.endpoint_url}/_quartet/fronts", body, headers, method="PUT")  # noqa: S310
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(request, timeout=10).close()
    except urllib.error.HTTPError as error:
        reason = json.loads(error.read()).get("message", "").partition(":")[0]
        raise DeployError(f"{app.key} cannot be served: {reason}; see `port_offset` in its stages.yaml") from None
