"""`run` (`make run`): the embedded AWS with every app in it, until Ctrl-C."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from deploy.apps import App
from deploy.checkout import Checkout, Run
from deploy.errors import CommandFailed, DeployError
from deploy.local.apart import run_apart
from deploy.local.brief import bring_up_briefly, tell_details
from deploy.local.embedded_aws import EmbeddedAws
from deploy.local.interrupts import ignore_signals, interrupt_on_signals
from deploy.local.live_tasks import LiveTasks
from deploy.local.local_servers import LocalServers
from deploy.local.new_apps import added_apps
from deploy.local.server_watch import ending_with
from deploy.local.watch import Watch
from deploy.progress import Progress, out, print_rows
from deploy.reports.logs import follow
from deploy.settings import User
from deploy.steps.site import built_site
from deploy.target import Target, local_target
from deploy.up import bring_up

_OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Options:
    """What `run` does beside deploying every app.

    With `once`, it stops as soon as everything is deployed. With `live`, it starts live tasks. With `watch`, it deploys
    the apps whose files are saved. With `is_verbose`, it prints every step and every change.
    """

    once: bool = False
    live: bool = True
    watch: bool = True
    is_verbose: bool = False


def run(checkout: Checkout, apps: list[App], port: int, options: Options) -> None:
    """Start the embedded AWS, deploy every app, start live tasks, print the addresses and follow the logs until Ctrl-C.

    Raises
    ------
    DeployError
        A port is taken, Python is too old, a step failed, or the embedded AWS did not save its state.
    """
    if sys.version_info < _OLDEST_PYTHON:
        raise DeployError("Python 3.11 or newer is needed: make run PYTHON=/path/to/python3.11")
    with checkout.lock_for_run(), interrupt_on_signals() as interrupts:
        server = EmbeddedAws(checkout, port, apps)
        others = LocalServers(checkout, port, apps)
        tasks = LiveTasks(checkout, list(apps) if options.live else [])
        # Of its own: it finds new apps by itself.
        watch = Watch(checkout, list(apps))
        try:
            current_run = _start_servers(checkout, server, others)
            with ending_with(current_run.server_pid, server.reason_of_end):
                target = _deploy_all(checkout, apps, current_run, options)
                if not options.once:
                    tasks.start()
                    if options.watch:
                        watch.start(target, interrupts)
                    changed_apps = _ChangedApps(checkout, apps, tasks if options.live else None)
                    checks = (server.watch, others.require_running, changed_apps.watch)
                    _follow(apps, target, [interrupts.raise_if_received, *checks])
        except KeyboardInterrupt:
            out.print("\nstopping")
        finally:
            with ignore_signals():
                watch.stop()
                tasks.stop()
                others.stop()
                is_saved = server.stop()
        if not is_saved:
            raise CommandFailed(f"the embedded AWS stopped without saving its state; see {server.log_file}")


def _follow(apps: list[App], target: Target, checks: Iterable[Callable[[], None]]) -> None:
    """Follow the logs, and run the checks before each read."""

    def check() -> None:
        for each in checks:
            each()

    follow(apps, target, check)


@dataclass
class _ChangedApps:
    """Apps that were added or removed since the start; `apps` are those whose logs are followed."""

    checkout: Checkout
    apps: list[App]
    tasks: LiveTasks | None
    _with_tasks: set[str] = field(default_factory=set)

    def watch(self) -> None:
        """Follow the logs of new apps, and let the live tasks of all run while their apps are deployed."""
        run = self.checkout.recorded_run()
        if run is None:
            return
        for app in added_apps(self.checkout.root, run, self.apps):
            self.apps.append(app)
            out.print(f"{app.key} is new", style="dim", markup=False)
        for key in set(run.added) - self._with_tasks:
            self._with_tasks.add(key)
            if self.tasks:
                self.tasks.add(App(self.checkout.root / key))
        if self.tasks:
            self.tasks.watch(run.removed)


def _start_servers(checkout: Checkout, server: EmbeddedAws, others: LocalServers) -> Run:
    with Progress("local").step("embedded AWS"):
        current_run = server.start()
        current_run = msgspec.structs.replace(current_run, servers=others.start())
        checkout.record_run(current_run)
    return current_run


def _deploy_all(checkout: Checkout, apps: list[App], current_run: Run, options: Options) -> Target:
    started = time.monotonic()
    target = local_target(current_run)
    with checkout.lock_for_deployment():
        run_apart(lambda: _bring_up_all(checkout, apps, target, options))
        checkout.record_run(msgspec.structs.replace(current_run, up=True))
    watched = " Files that you save are deployed." if options.watch and not options.once else ""
    out.print(f"\nUp in {time.monotonic() - started:.1f} s.{watched} Ctrl-C stops everything.\n", style="bold")
    _print_summary(apps, target.stage, current_run)
    return target


def _bring_up_all(checkout: Checkout, apps: list[App], target: Target, options: Options) -> None:
    if options.is_verbose:
        for app in apps:
            bring_up(app, target)
        return
    checkout.deployment_log.unlink(missing_ok=True)
    for app in apps:
        bring_up_briefly(app, target, checkout)
    tell_details(checkout)


def _print_summary(apps: list[App], stage: str, current_run: Run) -> None:
    rows = [row for app in apps for row in _app_rows(app, stage, current_run)]
    rows += [(name.capitalize(), url) for name, url in current_run.servers.items()]
    rows += [("Embedded AWS", current_run.endpoint_url), ("Mailbox", current_run.mailbox_url)]
    rows += [("CA of https", current_run.ca_file)]
    print_rows(rows)
    out.print("\nTry, in another terminal:\n")
    for app in apps:
        for user in app.stage(stage).users[:1]:
            out.print(f"  {_curl(app, user, current_run)}", markup=False)
    out.print()


def _app_rows(app: App, stage: str, current_run: Run) -> Iterator[tuple[str, str]]:
    addresses = current_run.addresses[app.key]
    api = f"{addresses.http_url}/api   {addresses.https_url}/api"
    if app.renders_site or built_site(app):
        yield app.key, f"{addresses.http_url}   {addresses.https_url}"
        yield "  API", api
    else:
        yield app.key, api
    for user in app.stage(stage).users:
        groups = f" ({', '.join(user.groups)})" if user.groups else ""
        yield "  user", f"{user.username} / {user.password}{groups}"


def _curl(app: App, user: User, current_run: Run) -> str:
    token = f"$(.venv/bin/python -m deploy token --app {app.key} --user {user.username.partition('@')[0]})"
    url = f"{current_run.addresses[app.key].http_url}/api{app.example_route}"
    return f'curl -H "Authorization: {token}" "{url}"'
