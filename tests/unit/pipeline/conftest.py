import pytest

from tests.apps import put_on_path

put_on_path("pipeline_app")

# isort: split
from tests.unit.pipeline.stage import ENVIRONMENT, Stage, start  # noqa: E402 - after the path is set
from tests.unit.stage import emptied, in_moto  # noqa: E402


@pytest.fixture(scope="module")
def one_stage():
    """The app and its resources."""
    with in_moto(ENVIRONMENT, start) as stage:
        yield stage


@pytest.fixture
def pipeline_app(one_stage: Stage):
    """The app with empty resources."""
    return emptied(one_stage)
