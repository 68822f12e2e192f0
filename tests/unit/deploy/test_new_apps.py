"""What `run` is told of apps that are deployed or removed while it runs."""

import pytest

from deploy.checkout import AppAddresses, Checkout, Run
from deploy.local.new_apps import note_deployed, note_removed

RUN = Run(8000, "http://127.0.0.1:8000", "", "", 1, 2, {"tiny_app": AppAddresses("", "")}, up=True)


@pytest.fixture
def checkout(app):
    """A checkout whose `run` has deployed the app."""
    made = Checkout(app.folder.parent)
    made.local.mkdir()
    made.record_run(RUN)
    return made


def test_an_app_is_removed_until_it_is_deployed_again(app, checkout):
    note_removed(checkout, app)
    note_removed(checkout, app)
    assert checkout.recorded_run().removed == ["tiny_app"]
    note_deployed(checkout, app, RUN)
    assert checkout.recorded_run() == RUN


def test_an_app_that_was_added_and_removed_is_deployed_again(app, checkout):
    before = Run(8000, "http://127.0.0.1:8000", "", "", 1, 2, {})
    note_deployed(checkout, app, before)
    assert checkout.recorded_run().added == ["tiny_app"]
    note_removed(checkout, app)
    note_deployed(checkout, app, RUN)
    run = checkout.recorded_run()
    assert (run.added, run.removed) == (["tiny_app"], [])
