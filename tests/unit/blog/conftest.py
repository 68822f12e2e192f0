import pytest

from tests.apps import put_on_path
from tests.unit.blog.stage import ENVIRONMENT, Stage, start
from tests.unit.stage import emptied, in_moto

put_on_path("blog_app")


@pytest.fixture(scope="module")
def one_stage():
    """The app and its resources."""
    with in_moto(ENVIRONMENT, start) as stage:
        yield stage


@pytest.fixture
def blog(one_stage: Stage):
    """The app with empty resources."""
    return emptied(one_stage)
