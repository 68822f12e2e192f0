"""What each command does, from parsed arguments; the work is in the other modules."""

import json
import os
import shlex
import shutil
import sys
import time
from argparse import Namespace

from deploy.apps import App, find_apps
from deploy.checkout import House
from deploy.down import bring_down, require_unprotected
from deploy.errors import DeployError, StageNotUp
from deploy.local.dev import role_credentials, serve
from deploy.local.run import run as run_local
from deploy.progress import Progress, out
from deploy.reports.logs import LogReader, follow, print_lines
from deploy.reports.outputs import outputs_document
from deploy.reports.status import print_status
from deploy.reports.tokens import app_of_user, id_token
from deploy.steps.api_stage import PublicStage
from deploy.steps.chalice_cli import bytecode_folder
from deploy.steps.chalice_deploy import recorded_api
from deploy.steps.cloudformation import Stack, stack_outputs
from deploy.target import Target, target
from deploy.tasks import run_task
from deploy.up import bring_up


def up(arguments: Namespace) -> None:
    """Deploy every app, or one."""
    where, apps = _where(arguments)
    _confirm(where, apps, "deploy", yes=arguments.yes)
    with House(arguments.root).deploying():
        for app in apps:
            bring_up(app, where)


def down(arguments: Namespace) -> None:
    """Remove every app's stage, or one's."""
    require_unprotected(find_apps(arguments.root, arguments.app), arguments.stage)
    where, apps = _where(arguments)
    _confirm(where, apps, "REMOVE everything of", yes=arguments.yes)
    with House(arguments.root).deploying():
        for app in apps:
            bring_down(app, where)


def promote(arguments: Namespace) -> None:
    """Move the public stage: to a given deployment, or to a fresh one of what `preview` shows."""
    where, apps = _where(arguments)
    if arguments.to and len(apps) > 1:
        raise DeployError("--to is one app's deployment: name it with --app")
    _confirm(where, apps, "promote", yes=arguments.yes)
    with House(arguments.root).deploying():
        for app in apps:
            _promote(app, where, arguments.to)


def _promote(app: App, where: Target, deployment: str | None) -> None:
    api = recorded_api(app, where.stage) or Stack(app, where).rest_api_id()
    if not api:
        raise DeployError(f"{app.key} has no API in stage {where.stage}")
    progress = Progress(app.key)
    with progress.step("public API"):
        stage = PublicStage(app, where, api, progress)
        if deployment:
            stage.point_to(deployment)
        else:
            stage.publish(str(time.time_ns()))


def task(arguments: Namespace) -> None:
    """Run one app's own command."""
    where = target(arguments.stage, House(arguments.root))
    (app,) = find_apps(arguments.root, arguments.task_app)
    if arguments.region:
        where = where.in_region(arguments.region)
    result = run_task(app, where, stack_outputs(app, where), arguments.name, arguments.arguments)
    if result is not None:
        print(result)


def status(arguments: Namespace) -> None:
    """Print what is deployed."""
    where, apps = _where(arguments)
    print_status(apps, where)


def outputs(arguments: Namespace) -> None:
    """Print the stage's JSON document."""
    where, apps = _where(arguments)
    print(json.dumps(outputs_document(apps, where), indent=2))


def logs(arguments: Namespace) -> None:
    """Print the functions' lines of the last minutes, and new ones."""
    where, apps = _where(arguments)
    since_ms = int((time.time() - 60 * arguments.minutes) * 1000)
    if arguments.follow:
        follow(apps, where, lambda: None, since_ms)
    else:
        print_lines(LogReader(apps, where, since_ms).new_lines(), apps)


def token(arguments: Namespace) -> None:
    """Print one user's ID token."""
    where, apps = _where(arguments)
    if arguments.region:
        where = where.in_region(arguments.region)
    app = app_of_user(apps, where, arguments.user)
    print(id_token(app, where, arguments.user, arguments.password))


def env(arguments: Namespace) -> None:
    """Print lines for a shell, after which `chalice` and the AWS CLI reach the stage."""
    before = set(os.environ)
    where, apps = _where(arguments)
    if not where.is_local:
        raise DeployError("outside local your own environment reaches the stage")
    wanted = {**where.aws_environment, "PYTHONPYCACHEPREFIX": str(bytecode_folder(apps[0]))}
    wanted |= {name: value for name, value in where.child_environment().items() if name.lower() == "no_proxy"}
    for name in sorted(before - set(os.environ)):
        print(f"unset {name}")
    for name, value in wanted.items():
        print(f"export {name}={shlex.quote(value)}")


def run(arguments: Namespace) -> None:
    """Bring everything up locally and stay."""
    run_local(House(arguments.root), find_apps(arguments.root), arguments.port, once=arguments.once)


def dev(arguments: Namespace) -> None:
    """Serve one app with autoreload."""
    where, apps = _where(arguments)
    if len(apps) > 1:
        raise DeployError(f"which app? --app {' or --app '.join(app.key for app in apps)}")
    serve(apps[0], where, House(arguments.root), arguments.port)


def credentials(arguments: Namespace) -> None:
    """Print the API role's temporary credentials, for `dev`."""
    where, apps = _where(arguments)
    print(role_credentials(apps[0], where))


def reset(arguments: Namespace) -> None:
    """Delete the local state and Chalice's records of it."""
    house = House(arguments.root)
    with house.lock():
        for app in find_apps(arguments.root):
            for record in (app.folder / ".chalice" / "deployed").glob("local.*"):
                record.unlink()
        shutil.rmtree(house.aws_state, ignore_errors=True)
    shutil.rmtree(house.local, ignore_errors=True)
    out.print("local state deleted; the next `make run` starts anew")


def _where(arguments: Namespace) -> tuple[Target, list[App]]:
    apps = find_apps(arguments.root, arguments.app)
    for app in apps:
        app.stage(arguments.stage)
    return target(arguments.stage, House(arguments.root)), apps


def _confirm(where: Target, apps: list[App], action: str, *, yes: bool) -> None:
    """Outside local say where this is about to happen, and ask."""
    if where.is_local:
        return
    names = ", ".join(app.key for app in apps)
    out.print(f"{action} {names}: account {where.account()}, region {where.region}, stage {where.stage}")
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        out.print(f"endpoint {endpoint} (AWS_ENDPOINT_URL)")
    if yes:
        return
    if not sys.stdin.isatty():
        raise DeployError("not confirmed: there is no terminal to ask on; give --yes")
    if out.input("Type the stage's name to go on: ").strip() != where.stage:
        raise StageNotUp("not confirmed: nothing was changed")
