"""schemathesis against a deployed app, with every check on."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.local_stage import ROOT, LocalStage

_CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


def assert_kept(
    stage: LocalStage, app: str, api_url: str, *arguments: str, user: str, folder: Path, password: str = ""
) -> None:
    """Assert that an app does for a user what its contract says; what schemathesis writes goes to the folder."""
    sign_in = stage.command("token", "--app", app, "--user", user, *(["--password", password] if password else []))
    done = subprocess.run(
        [
            Path(sys.executable).with_name("st"),
            *("--config-file", _CONFIGURATION),
            *("run", ROOT / app / "openapi.json", "--url", api_url, "--no-color", *arguments),
        ],
        # The hooks, and the tool that signs in, are found from the checkout.
        env={**os.environ, "PYTHONPATH": str(ROOT), "SIGN_IN_COMMAND": json.dumps(sign_in)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
