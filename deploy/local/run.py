"""`run` (`make run`): the embedded AWS with every app in it, until Ctrl-C."""

import sys
import time
from collections.abc import Iterator

import msgspec
from rich.table import Table

from deploy.apps import App
from deploy.checkout import House, Run
from deploy.errors import CommandFailed, DeployError
from deploy.local.embedded_aws import Server
from deploy.local.interrupts import deaf_to_interrupts, interruptible
from deploy.progress import Progress, out
from deploy.reports.logs import follow
from deploy.settings import User
from deploy.steps.site import built_site
from deploy.target import Target, local_target
from deploy.up import bring_up

_OLDEST_PYTHON = (3, 11)


def run(house: House, apps: list[App], port: int, *, once: bool = False) -> None:
    """Start the embedded AWS, deploy, print where everything is, follow the logs; on Ctrl-C stop what was started.

    With `once`, return as soon as everything is up and stopped again.

    Raises
    ------
    DeployError
        A port is taken, Python is too old, a step failed, or the embedded AWS did not save its state.
    """
    if sys.version_info < _OLDEST_PYTHON:
        raise DeployError("Python 3.11 or newer is needed: make run PYTHON=/path/to/python3.11")
    started = time.monotonic()
    with house.lock(), interruptible():
        server = Server(house, port, apps)
        try:
            with Progress("local").step("embedded AWS"):
                where = server.start()
            target = local_target(where)
            with house.deploying():
                for app in apps:
                    bring_up(app, target)
            house.record_run(msgspec.structs.replace(where, up=True))
            _print_summary(apps, target, time.monotonic() - started)
            if not once:
                follow(apps, target, server.watch)
        except KeyboardInterrupt:
            out.print("\nstopping")
        finally:
            with deaf_to_interrupts():
                saved = server.stop()
        if not saved:
            raise CommandFailed(f"the embedded AWS stopped without saving its state; see {server.log_file}")


def _print_summary(apps: list[App], target: Target, seconds: float) -> None:
    run = target.run
    if run is None:
        return
    table = Table(show_header=False, box=None, padding=(0, 2))
    for app in apps:
        for title, text in _app_rows(app, run):
            table.add_row(title, text)
    table.add_row("Embedded AWS", run.endpoint_url)
    table.add_row("Mailbox", run.mailbox_url)
    table.add_row("CA of the https addresses", run.ca_file)
    out.print(f"\nUp in {seconds:.1f} s. Ctrl-C stops everything.\n", style="bold")
    out.print(table)
    out.print("\nTry, in another terminal:\n")
    for app in apps:
        for user in app.stage(target.stage).users[:1]:
            out.print(f"  {_curl(app, user, run)}", markup=False)
    out.print()


def _app_rows(app: App, run: Run) -> Iterator[tuple[str, str]]:
    front = run.fronts[app.key]
    api = f"{front.http_url}/api   {front.https_url}/api"
    if app.renders_site or built_site(app):
        yield app.key, f"{front.http_url}   {front.https_url}"
        yield "  API", api
    else:
        yield app.key, api
    for user in app.stage("local").users:
        groups = f" ({', '.join(user.groups)})" if user.groups else ""
        yield "  user", f"{user.username} / {user.password}{groups}"


def _curl(app: App, user: User, run: Run) -> str:
    token = f"$(.venv/bin/python -m deploy token --app {app.key} --user {user.username.partition('@')[0]})"
    return f'curl -H "Authorization: {token}" "{run.fronts[app.key].http_url}/api{app.example_route}"'
