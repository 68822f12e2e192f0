"""The stage of todo_app's tests."""

import pytest

from tests.e2e.local_stage import ROOT, LocalStage, copy_checkout


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory):
    """todo_app alone, because other apps take longer to deploy."""
    local = LocalStage(copy_checkout(ROOT, tmp_path_factory.mktemp("todo"), ["todo_app"])).start()
    yield local
    local.stop()
