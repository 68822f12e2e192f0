"""`python -m local_aws serve`: the embedded AWS, until it is interrupted."""

import argparse
import sys
from pathlib import Path

from local_aws.server import run
from local_aws.settings import Front, Settings, UnsafeSettings


def main() -> int:
    """Parse the command line and serve; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local_aws", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve the embedded AWS on loopback")
    serve.add_argument("--state-dir", type=Path, required=True)
    serve.add_argument("--port", type=_port, default=8000)
    serve.add_argument("--host", default="127.0.0.1", help="a loopback address")
    serve.add_argument("--front", action="append", default=[], type=_front, metavar="APP=HTTP_PORT,HTTPS_PORT")
    given = parser.parse_args()
    try:
        settings = Settings(given.state_dir.resolve(), given.port, given.host, fronts=tuple(given.front))
    except UnsafeSettings as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return run(settings)


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
