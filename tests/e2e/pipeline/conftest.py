"""The stage of pipeline_app's tests, its operator and its warehouse."""

import re

import pytest

from tests.apps import put_on_path
from tests.e2e.local_stage import ROOT, LocalStage, copy_checkout
from tests.e2e.pipeline.operator import APP, Operator

# Between two reports of one hour, and between two attempts of a load: the tests wait for both.
SHORT_TIMES = ("REPORT_GRACE_SECONDS", "PROVISIONAL_HOUR_SECONDS", "LATE_REPORT_SECONDS", "LOAD_RETRY_SECONDS")


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory):
    """pipeline_app alone: the tests with every app take longest, and these run beside them."""
    root = copy_checkout(ROOT, tmp_path_factory.mktemp("pipeline"), [APP])
    settings = root / APP / "stages.yaml"
    text, changed = re.subn(rf'({"|".join(SHORT_TIMES)}): "\d+"', r'\1: "1"', settings.read_text())
    assert changed == len(SHORT_TIMES)
    settings.write_text(text)
    local = LocalStage(root).start()
    yield local
    local.stop()


@pytest.fixture(scope="package")
def operator(stage):
    return Operator(stage)


@pytest.fixture(scope="package")
def warehouse(stage):
    """The warehouse, as its administrator."""
    put_on_path(APP)
    from chalicelib.pipeline.operators import Operator as AppOperator  # noqa: PLC0415 - after the path is set

    return AppOperator(stage.client, stage.outputs(APP)).warehouse
