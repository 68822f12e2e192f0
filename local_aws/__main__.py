"""Serves the embedded AWS (`serve`), lists its hooks (`hooks`), or builds its functions' Python (`build-runtime`)."""

import argparse
import sys
from pathlib import Path

from local_aws.hooks import command
from local_aws.server import run
from local_aws.services.lambda_ import interpreter
from local_aws.settings import Front, Settings, UnsafeSettings
from local_aws.state import command as state_command


def main() -> int:
    """Parse the command line and serve; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local_aws", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve the embedded AWS on loopback")
    serve.add_argument("--state-dir", type=Path, required=True)
    serve.add_argument("--port", type=_port, default=8000)
    serve.add_argument("--host", default="127.0.0.1", help="a loopback address")
    serve.add_argument("--front", action="append", default=[], type=_front, metavar="APP=HTTP_PORT,HTTPS_PORT")
    serve.add_argument("--mqtt-port", type=_port, help="where IoT devices connect, by MQTT over TLS")
    serve.add_argument(
        "--dax-port", type=_port, help="where the first DAX cluster listens; the next nine are for others"
    )
    serve.add_argument(
        "--function-runtime",
        type=_folder,
        help="the folder of the functions' interpreter, which is built if it is missing",
    )
    serve.add_argument("--save-seconds", type=float, default=3.0, help="how often a changed state is saved")
    serve.add_argument(
        "--firehose-time-scale",
        type=float,
        default=1.0,
        help="the times of Firehose's buffers are multiplied by this: with 0.1, 60 s are 6 s",
    )
    hooks = commands.add_parser(
        "hooks", help="list which functions replace or wrap which MiniStack names, the outermost first"
    )
    hooks.add_argument(
        "text", nargs="?", default="", help="list only names that contain this text, such as InitiateAuth"
    )
    hooks.add_argument(
        "--write-names", action="store_true", help="write the file of MiniStack names that the start checks"
    )
    build = commands.add_parser("build-runtime", help="build the functions' interpreter now")
    build.add_argument("function_runtime", type=_folder)
    state = commands.add_parser("state", help="restore the previous saved state, or export or import the state")
    state_command.add_arguments(state)
    arguments = parser.parse_args()
    if arguments.command == "hooks":
        return command.run(arguments.text, write_names=arguments.write_names)
    if arguments.command == "state":
        return state_command.run(arguments)
    if arguments.command == "build-runtime":
        return _build_runtime(arguments.function_runtime)
    try:
        settings = Settings(
            arguments.state_dir.resolve(),
            arguments.port,
            arguments.host,
            fronts=tuple(arguments.front),
            function_runtime_dir=arguments.function_runtime,
            mqtt_port=arguments.mqtt_port,
            dax_port=arguments.dax_port,
            save_seconds=arguments.save_seconds,
            firehose_time_scale=arguments.firehose_time_scale,
        )
    except UnsafeSettings as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return run(settings)


def _build_runtime(folder: Path) -> int:
    try:
        interpreter.ensure(folder, print)
    except interpreter.CannotBuild as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def _folder(text: str) -> Path:
    return Path(text).resolve()


def _front(text: str) -> Front:
    app, _, ports = text.partition("=")
    http_port, _, https_port = ports.partition(",")
    return Front(app, _port(http_port), _port(https_port))


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise ValueError(text)
    return port


if __name__ == "__main__":
    sys.exit(main())
