"""video_app, deployed, does what its contract says: schemathesis with every check on."""

from pathlib import Path

from tests.e2e.contract_run import assert_kept
from tests.e2e.video.buyer import PASSWORD, new_buyer
from tests.e2e.video.viewer import APP


def test_the_app_does_what_its_contract_says(stage, tmp_path: Path):
    viewer = new_buyer(stage)
    # A subscription, so that the requests that change one are answered too.
    viewer.buy(plan="month")
    # Not through the distribution, which puts the site's page in the place of a 403's body.
    api_url = stage.document["apps"][APP]["preview_url"].replace("/preview/", "/api/")
    # Takes nothing that is not signed; tests/e2e/video/test_payments.py sends it signed events.
    assert_kept(
        stage,
        APP,
        api_url,
        *("--exclude-path", "/webhooks/payments"),
        user=viewer.user,
        password=PASSWORD,
        folder=tmp_path,
    )
