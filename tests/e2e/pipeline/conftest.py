"""The stage of pipeline_app's tests."""

import pytest

from tests.e2e.local_stage import ROOT, LocalStage, copy_checkout


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory):
    """pipeline_app alone: the tests with every app take longest, and these run beside them."""
    local = LocalStage(copy_checkout(ROOT, tmp_path_factory.mktemp("pipeline"), ["pipeline_app"])).start()
    yield local
    local.stop()
