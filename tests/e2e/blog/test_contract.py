"""blog_app, deployed, does what its contract says: schemathesis with every check on."""

from pathlib import Path

from tests.e2e.contract_run import assert_kept
from tests.e2e.local_stage import LocalStage

APP = "blog_app"


def test_posts_are_as_the_contract_says(stage: LocalStage, tmp_path: Path):
    # Not through the distribution, whose edge keeps answers and puts the site's page in the place of a 403's body.
    api_url = stage.document["apps"][APP]["preview_url"].replace("/preview/", "/api/")
    assert_kept(stage, APP, api_url, user="ada", folder=tmp_path)
