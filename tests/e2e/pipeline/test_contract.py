"""pipeline_app, deployed, does what its contract says: schemathesis with every check on."""

from pathlib import Path

from tests.e2e.contract_run import assert_kept
from tests.e2e.demo_user import DemoUser
from tests.e2e.pipeline.operator import APP


def test_the_app_does_what_its_contract_says(stage, tmp_path: Path):
    operator = DemoUser(stage, APP)
    assert_kept(APP, operator.api_url, operator.id_token, tmp_path)
