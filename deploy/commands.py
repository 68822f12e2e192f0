"""What each command does with its parsed arguments; the work is in the other modules."""

import json
import os
import shlex
import shutil
import time
from argparse import Namespace
from contextlib import suppress
from dataclasses import replace

from deploy.apps import App, find_apps
from deploy.checkout import Checkout
from deploy.confirmation import Confirmation, announce, confirm
from deploy.down import bring_down, require_unprotected
from deploy.errors import DeployError
from deploy.inventory.stacks import Stack, stack_outputs
from deploy.local.brief import bring_up_briefly, tell_details
from deploy.local.dev import role_credentials, serve
from deploy.local.new_apps import note_deployed, note_removed, with_new_apps
from deploy.local.run import Options
from deploy.local.run import run as run_local
from deploy.progress import Progress, err, out, print_rows
from deploy.reports.logs import LogReader, follow, print_lines
from deploy.reports.outputs import addresses, outputs_document
from deploy.reports.status import print_status
from deploy.reports.tokens import app_of_user, id_token
from deploy.steps.api_stage import PublicStage
from deploy.steps.chalice_cli import BYTECODE_FOLDER
from deploy.steps.chalice_record import recorded_api
from deploy.target import Target, target_of
from deploy.tasks import run_task, task_help
from deploy.up import bring_up


def up(arguments: Namespace) -> None:
    """Deploy every app, or one."""
    target, apps = _target_and_apps(arguments)
    announce(target, apps, "deploy", yes=arguments.yes)
    confirmation = Confirmation(is_silent=target.is_local or arguments.yes)
    checkout = Checkout(arguments.root)
    with checkout.lock_for_deployment(_say):
        if known := target.run:
            target = replace(target, run=with_new_apps(checkout, known, apps))
        # The changes of other stages are what the user confirms.
        is_brief = target.is_local and not arguments.verbose
        for app in apps:
            if is_brief:
                bring_up_briefly(app, target, checkout)
            else:
                bring_up(app, target, confirmation=confirmation)
            if known:
                note_deployed(checkout, app, known)
        if is_brief:
            tell_details(checkout)
    print_rows([(app.key, address) for app in apps for address in addresses(app, target)])


def down(arguments: Namespace) -> None:
    """Remove the stage of every app, or of one."""
    require_unprotected(find_apps(arguments.root, arguments.app), arguments.stage)
    target, apps = _target_and_apps(arguments)
    confirm(target, apps, "REMOVE everything of", yes=arguments.yes)
    checkout = Checkout(arguments.root)
    with checkout.lock_for_deployment(_say):
        for app in apps:
            if target.is_local:
                note_removed(checkout, app)
            bring_down(app, target)


def promote(arguments: Namespace) -> None:
    """Move the public stage to the deployment `--to`, or to a new deployment of what `preview` shows.

    Of several apps, those that are not deployed are named and left out.
    """
    target, apps = _target_and_apps(arguments)
    if arguments.to and len(apps) > 1:
        raise DeployError("--to is one app's deployment: name the app with --app")
    confirm(target, apps, "promote", yes=arguments.yes)
    with Checkout(arguments.root).lock_for_deployment(_say):
        apis = {app: recorded_api(app, target.stage) or Stack(app, target).rest_api_id() for app in apps}
        for app, api in apis.items():
            if api:
                _promote(app, target, api, arguments.to)
            elif any(apis.values()):
                _say(f"{_without_api(app, target)}: left out")
        if not any(apis.values()):
            raise DeployError("\n".join(_without_api(app, target) for app in apps))


def _without_api(app: App, target: Target) -> str:
    return f"{app.key} has no API in stage {target.stage}"


def _promote(app: App, target: Target, api: str, deployment: str | None) -> None:
    progress = Progress(app.key)
    with progress.step("public API"):
        stage = PublicStage(app, target, api, progress)
        if deployment:
            stage.point_to(deployment)
        else:
            stage.publish(str(time.time_ns()))


def task(arguments: Namespace) -> None:
    """Run one app's own command and print what it returns; or print how commands are called."""
    (app,) = find_apps(arguments.root, arguments.task_app)
    if not arguments.name or arguments.arguments == ["--help"]:
        print(task_help(app, arguments.name))
        return
    target = target_of(arguments.stage, Checkout(arguments.root))
    if arguments.region:
        target = target.in_region(arguments.region)
    result = run_task(app, target, stack_outputs(app, target), arguments.name, arguments.arguments)
    if result is not None:
        print(result)


def status(arguments: Namespace) -> None:
    """Print what is deployed."""
    target, apps = _target_and_apps(arguments)
    print_status(apps, target)


def outputs(arguments: Namespace) -> None:
    """Print the stage's JSON document."""
    target, apps = _target_and_apps(arguments)
    print(json.dumps(outputs_document(apps, target), indent=2))


def logs(arguments: Namespace) -> None:
    """Print the functions' lines of the last minutes; with `--follow`, new lines too."""
    target, apps = _target_and_apps(arguments)
    since_ms = int((time.time() - 60 * arguments.minutes) * 1000)
    if arguments.follow:
        # Ctrl-C is how it ends, and not an error of `make logs`.
        with suppress(KeyboardInterrupt):
            follow(apps, target, lambda: None, since_ms)
    else:
        print_lines(LogReader(apps, target, since_ms).new_lines(), apps)


def token(arguments: Namespace) -> None:
    """Print one user's ID token."""
    target, apps = _target_and_apps(arguments)
    if arguments.region:
        target = target.in_region(arguments.region)
    app = app_of_user(apps, target, arguments.user)
    print(id_token(app, target, arguments.user, arguments.password))


def env(arguments: Namespace) -> None:
    """Print shell lines after which `chalice` and the AWS CLI reach the stage."""
    original_names = set(os.environ)
    target, _ = _target_and_apps(arguments)
    if not target.is_local:
        raise DeployError("env is for stage local: any other stage is reached with your own environment")
    variables = {**target.aws_environment, "PYTHONPYCACHEPREFIX": str(BYTECODE_FOLDER)}
    variables |= {name: value for name, value in target.child_environment().items() if name.lower() == "no_proxy"}
    for name in sorted(original_names - set(os.environ)):
        print(f"unset {name}")
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")


def run(arguments: Namespace) -> None:
    """Run every app on this machine until Ctrl-C."""
    options = Options(
        once=arguments.once,
        live=not arguments.no_live_tasks,
        watch=not arguments.no_watch,
        is_verbose=arguments.verbose,
    )
    run_local(Checkout(arguments.root), find_apps(arguments.root), arguments.port, options)


def dev(arguments: Namespace) -> None:
    """Serve one app with autoreload."""
    target, apps = _target_and_apps(arguments)
    if len(apps) > 1:
        raise DeployError(f"which app? {', '.join(f'`make dev APP={app.key}`' for app in apps)}")
    serve(apps[0], target, Checkout(arguments.root), arguments.port)


def credentials(arguments: Namespace) -> None:
    """Print temporary credentials of the API function's role, for `dev`."""
    target, apps = _target_and_apps(arguments)
    print(role_credentials(apps[0], target))


def reset(arguments: Namespace) -> None:
    """Delete the local state and Chalice's records of it."""
    checkout = Checkout(arguments.root)
    with checkout.lock_for_run():
        for app in find_apps(arguments.root):
            for record in (app.folder / ".chalice" / "deployed").glob("local.*"):
                record.unlink()
        shutil.rmtree(checkout.aws_state, ignore_errors=True)
    shutil.rmtree(checkout.local, ignore_errors=True)
    out.print("local state deleted; the next `make run` starts anew")


def _say(text: str) -> None:
    err.print(text, markup=False)


def _target_and_apps(arguments: Namespace) -> tuple[Target, list[App]]:
    apps = find_apps(arguments.root, arguments.app)
    for app in apps:
        app.stage(arguments.stage)
    return target_of(arguments.stage, Checkout(arguments.root)), apps
