import pytest
from moto import mock_aws

from common.aws import clients
from tests.apps import put_on_path
from tests.unit.todo.stage import ENVIRONMENT, Stage, start

put_on_path("todo_app")


@pytest.fixture(scope="module")
def one_stage():
    """The app and its resources, made once a module: making them takes longer than most tests."""
    for made_once in (clients.client, clients.public_client, clients.raw_dynamodb):
        made_once.cache_clear()
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name, value in ENVIRONMENT.items():
            environment.setenv(name, value)
        yield start()


@pytest.fixture
def todo_app(one_stage: Stage):
    """The app with empty resources."""
    one_stage.empty()
    return one_stage
