"""The stage of pipeline_app's tests, its operator and its warehouse."""

import pytest

from tests.apps import put_on_path
from tests.e2e.local_stage import ROOT, LocalStage, copy_checkout
from tests.e2e.pipeline.operator import APP, Operator


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory):
    """pipeline_app alone: the tests with every app take longest, and these run beside them."""
    local = LocalStage(copy_checkout(ROOT, tmp_path_factory.mktemp("pipeline"), ["pipeline_app"])).start()
    yield local
    local.stop()


@pytest.fixture(scope="session")
def operator(stage):
    return Operator(stage)


@pytest.fixture(scope="session")
def warehouse(stage):
    """The warehouse, as its administrator."""
    put_on_path(APP)
    from chalicelib.pipeline.operators import Operator as AppOperator  # noqa: PLC0415 - after the path is set

    return AppOperator(stage.client, stage.outputs(APP)).warehouse
