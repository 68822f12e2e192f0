"""`python -m local_payments --port PORT`: serve until SIGTERM or Ctrl-C."""

import argparse
import signal
import threading
from pathlib import Path

from local_payments.account import Account
from local_payments.server import PaymentServer


def main() -> None:
    """Run the server."""
    parser = argparse.ArgumentParser(prog="python -m local_payments", description="A payment provider without money.")
    parser.add_argument("--port", type=int, default=8009, help="the port on 127.0.0.1")
    parser.add_argument("--state-dir", type=Path, help="the folder of its file; without it everything is forgotten")
    arguments = parser.parse_args()
    file = arguments.state_dir / "account.json" if arguments.state_dir else None
    server = PaymentServer(arguments.port, Account(file))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve()


if __name__ == "__main__":
    main()
