"""video_app, deployed, does what its contract says: schemathesis with every check on."""

import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.local_stage import ROOT
from tests.e2e.video.buyer import new_buyer
from tests.e2e.video.viewer import APP

_HERE = Path(__file__).parent.parent


def test_the_app_does_what_its_contract_says(stage, tmp_path: Path):
    viewer = new_buyer(stage)
    # A subscription, so that the requests that change one are answered too.
    viewer.buy(plan="month")
    # Not through the distribution, which puts the site's page in the place of a 403's body.
    api_url = stage.document["apps"][APP]["preview_url"].replace("/preview/", "/api/")
    done = subprocess.run(
        [
            Path(sys.executable).with_name("st"),
            *("--config-file", _HERE / "schemathesis.toml"),
            *("run", ROOT / APP / "openapi.json", "--url", api_url, "--no-color"),
            *("--header", f"Authorization: Bearer {viewer.token}"),
            # Takes nothing that is not signed; tests/e2e/video/test_payments.py sends it signed events.
            *("--exclude-path", "/webhooks/payments"),
        ],
        # The hooks are found from the checkout; what schemathesis writes stays out of it.
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
