"""The command line of the tool."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from deploy import commands, invocation
from deploy.checkout import DEFAULT_PORT, Checkout, default_root
from deploy.errors import DeployError, unusable_file
from deploy.events import kinds
from deploy.local import saved_state
from deploy.local.embedded_aws import is_server
from deploy.local.server_watch import ending_with
from deploy.new_app.command import new
from deploy.progress import err, replace_unprintable
from deploy.target import LOCAL

_Command = Callable[[argparse.Namespace], None]


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    replace_unprintable()
    parsed = _parser().parse_args(arguments)
    try:
        with _needing_the_server(parsed):
            parsed.command(parsed)
    except DeployError as error:
        err.print(f"{error}", markup=False)
        return 1
    except (ClientError, BotoCoreError) as error:
        err.print(f"AWS: {error}", markup=False)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for the interpreter's own flush at exit
    except OSError as error:
        if error.filename is None:
            raise
        err.print(unusable_file(error), markup=False)
        return 1
    return 0


@contextmanager
def _needing_the_server(parsed: argparse.Namespace) -> Iterator[None]:
    """End a command on stage local with the embedded AWS. Commands without a stage start or delete it themselves."""
    checkout = Checkout(parsed.root)
    run = checkout.recorded_run() if getattr(parsed, "stage", "") == LOCAL and checkout.is_locked() else None
    # A `make run` that has just begun has the record of the last one; the command itself says that nothing answers.
    # Its number may be that of another process by now.
    is_there = run is not None and is_server(run.server_pid, checkout.aws_state)
    with ending_with(run.server_pid, checkout.reason_of_end) if run and is_there else nullcontext():
        yield


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy", description="One deploy tool, for local and for AWS.")
    parser.add_argument("--root", type=Path, default=default_root(), help="the folder that holds the apps")
    names = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: _Command, text: str, *, staged: bool = True) -> argparse.ArgumentParser:
        command_parser = names.add_parser(name, help=text, description=text)
        command_parser.set_defaults(command=run)
        if staged:
            command_parser.add_argument("--stage", default="local", help="the stage (default: local)")
            command_parser.add_argument("--app", help="one app's folder; all apps when it is left out")
        return command_parser

    _add_deploying(command)
    _add_reading(command)
    _add_invoking(command)
    _add_local(command)
    return parser


def _add_deploying(command: Callable[..., argparse.ArgumentParser]) -> None:
    up = command("up", commands.up, "deploy the apps' folders")
    up.add_argument("--yes", action="store_true", help="do not ask")
    up.add_argument("--verbose", "-v", action="store_true", help="stage local: print every step and every change")
    down = command("down", commands.down, "remove everything of a stage")
    down.add_argument("--yes", action="store_true", help="do not ask")
    promote = command("promote", commands.promote, "move the public API stage to a deployment")
    promote.add_argument("--to", metavar="DEPLOYMENT", help="an earlier deployment; default: what `preview` shows")
    promote.add_argument("--yes", action="store_true", help="do not ask")
    task = command("task", commands.task, "run an app's own command (APP/tasks.py)")
    task.add_argument("--region", help="the replica's region; default: the stage's first")
    task.add_argument("task_app", metavar="APP")
    task.add_argument(
        "name", metavar="NAME", nargs="?", default="", help="the command; without it, print how each is called"
    )
    task.add_argument(
        "arguments", metavar="ARGUMENT", nargs=argparse.REMAINDER, help="its arguments; --help prints what it does"
    )


def _add_reading(command: Callable[..., argparse.ArgumentParser]) -> None:
    command("status", commands.status, "what is deployed")
    command("outputs", commands.outputs, "one JSON document about a stage")
    logs = command("logs", commands.logs, "what the functions print")
    logs.add_argument("--follow", action="store_true")
    logs.add_argument("--minutes", type=_minutes, default=15, help="how far back (default: 15)")
    token = command("token", commands.token, "sign a user in by SRP and print the ID token")
    token.add_argument("--region", help="the replica's region; default: the stage's first")
    token.add_argument("--user", required=True)
    token.add_argument("--password")
    command("env", commands.env, "shell lines under which `chalice` reaches the stage, for eval")


def _add_invoking(command: Callable[..., argparse.ArgumentParser]) -> None:
    invoke = command("invoke", invocation.invoke, "call one function, and print its answer and its log")
    invoke.add_argument("--region", help="the replica's region; default: the stage's first")
    invoke.add_argument("invoked_app", metavar="APP")
    invoke.add_argument("function", metavar="FUNCTION", help="as `status` lists it")
    invoke.add_argument("event", metavar="EVENT.json", nargs="?", help="`-` for standard input; default: {}")
    kinds.add_arguments(command("event", kinds.print_event, "print a sample event, for `invoke`", staged=False))


def _add_local(command: Callable[..., argparse.ArgumentParser]) -> None:
    run = command("run", commands.run, "the embedded AWS with every app in it, until Ctrl-C", staged=False)
    run.add_argument("--port", type=_port, default=os.environ.get("PORT") or str(DEFAULT_PORT))
    run.add_argument("--once", action="store_true", help="stop again as soon as everything is up")
    run.add_argument("--verbose", "-v", action="store_true", help="print every step and every change of the deployment")
    run.add_argument("--no-watch", action="store_true", help="do not deploy files that are saved")
    run.add_argument("--no-live-tasks", action="store_true", help="do not start the live tasks of stages.yaml")
    state = command("state", saved_state.state, "save, restore, export or import the local state", staged=False)
    state.add_argument("action", choices=("save", "restore", "export", "import"))
    state.add_argument("file", nargs="?", type=Path, metavar="FILE", help="the file of export and import")
    state.add_argument("--replace", action="store_true", help="import: delete the state that is there")
    new_parser = command("new", new, "write the smallest app", staged=False)
    new_parser.add_argument(
        "name", metavar="NAME", help="2 to 20 lower-case letters and digits; the folder is NAME_app"
    )
    command("reset", commands.reset, "delete the local state", staged=False)
    dev = command("dev", commands.dev, "`chalice local` with autoreload against the running embedded AWS")
    dev.add_argument("--port", type=_port, default=8100)
    command("credentials", commands.credentials, "temporary credentials of an app's API role, as JSON")


def _minutes(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of minutes, 1 or more")
    return int(text)


def _port(text: str) -> int:
    # The apps' https ports are above it.
    if not text.isdecimal() or not 1024 <= int(text) <= 65_000:
        raise argparse.ArgumentTypeError(f"{text} is not a port from 1024 to 65000")
    return int(text)
