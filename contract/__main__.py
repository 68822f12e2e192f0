"""`python -m contract FOLDER` prints one app's contract; `deploy contract` calls it."""

import json
import sys
from pathlib import Path

from contract.document import document
from contract.loading import load_api
from deploy.apps import App
from deploy.checkout import DEFAULT_PORT

folder = Path(sys.argv[1])
local_url = f"http://localhost:{DEFAULT_PORT + App(folder).port_offset}/api"
print(json.dumps(document(load_api(folder), local_url), indent=2, ensure_ascii=False))
