"""schemathesis against a deployed app, with every check on."""

import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.local_stage import ROOT

_CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


def assert_kept(app: str, api_url: str, token: str, folder: Path, *arguments: str) -> None:
    """Assert that an app does what its contract says; what schemathesis writes goes to the folder."""
    done = subprocess.run(
        [
            Path(sys.executable).with_name("st"),
            *("--config-file", _CONFIGURATION),
            *("run", ROOT / app / "openapi.json", "--url", api_url, "--no-color"),
            *("--header", f"Authorization: Bearer {token}", *arguments),
        ],
        # The hooks are found from the checkout.
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
