"""`python -m local_aws serve`: the embedded AWS, until it is interrupted."""

import argparse
from pathlib import Path

from local_aws.server import run
from local_aws.settings import Front, Settings


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m local_aws", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve the embedded AWS on loopback")
    serve.add_argument("--state-dir", type=Path, required=True)
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--front", action="append", default=[], type=_front, metavar="APP=HTTP_PORT,HTTPS_PORT")
    arguments = parser.parse_args()
    run(Settings(state_dir=arguments.state_dir.resolve(), port=arguments.port, fronts=tuple(arguments.front)))


def _front(text: str) -> Front:
    app, _, ports = text.partition("=")
    http_port, _, https_port = ports.partition(",")
    return Front(app, int(http_port), int(https_port))


if __name__ == "__main__":
    main()
