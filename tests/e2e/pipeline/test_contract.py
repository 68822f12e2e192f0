"""pipeline_app, deployed, does what its contract says: schemathesis with every check on."""

from pathlib import Path

from tests.e2e.contract_run import assert_kept
from tests.e2e.pipeline.operator import APP


def test_the_app_does_what_its_contract_says(stage, tmp_path: Path):
    assert_kept(stage, APP, stage.document["apps"][APP]["api_url"], user="olga", folder=tmp_path)
