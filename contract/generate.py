"""`python -m contract.generate FOLDER` prints one app's contract; `contract.loading` runs it."""

import json
import sys
from pathlib import Path

from contract.document import document
from contract.loading import load_api
from deploy.apps import App
from deploy.checkout import DEFAULT_PORT


def main() -> None:
    """Print the contract of the app whose folder is the first argument."""
    folder = Path(sys.argv[1])
    local_url = f"http://localhost:{DEFAULT_PORT + App(folder).port_offset}/api"
    print(json.dumps(document(load_api(folder), local_url), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
