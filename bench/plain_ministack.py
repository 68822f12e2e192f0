"""`python -m bench.plain_ministack PORT STATE_DIR`: MiniStack as it is installed, without our modules.

Its settings are those that the embedded AWS gives it, and it is served by its own command.
"""

import sys
from pathlib import Path

from local_aws import environment
from local_aws.settings import Settings


def main() -> None:
    """Serve until it is terminated."""
    environment.prepare(Settings(Path(sys.argv[2]), int(sys.argv[1])))
    sys.argv[1:] = []
    from ministack.app import main as ministack  # noqa: PLC0415 - reads the environment while it is imported

    ministack()


if __name__ == "__main__":
    main()
