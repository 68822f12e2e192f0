"""blog_app, deployed, does what its contract says: schemathesis with every check on."""

import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.local_stage import ROOT, LocalStage

APP = "blog_app"
_HERE = Path(__file__).parent.parent


def test_posts_are_as_the_contract_says(stage: LocalStage, tmp_path: Path):
    token = stage.token(APP, "ada")
    # Not through the distribution, whose edge keeps answers and puts the site's page in the place of a 403's body.
    api_url = stage.document["apps"][APP]["preview_url"].replace("/preview/", "/api/")
    done = subprocess.run(
        [
            Path(sys.executable).with_name("st"),
            *("--config-file", _HERE / "schemathesis.toml"),
            *("run", ROOT / APP / "openapi.json", "--url", api_url, "--no-color"),
            *("--header", f"Authorization: Bearer {token}"),
        ],
        # The hooks are found from the checkout; what schemathesis writes stays out of it.
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
