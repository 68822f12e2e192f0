import warnings

import pytest
from moto import mock_aws

from common import clients
from tests.apps import put_on_path
from tests.unit.todo.stage import ENVIRONMENT, Stage, start

put_on_path("todo_app")


@pytest.fixture
def todo_app(monkeypatch: pytest.MonkeyPatch):
    """The app with empty resources."""
    # pytest resets the filter that common.authorizers sets.
    warnings.filterwarnings("ignore", message="UserPoolAuthorizer is not")
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for made_once in (clients.client, clients.public_client, clients.raw_dynamodb):
        made_once.cache_clear()
    with mock_aws():
        stage: Stage = start()
        yield stage
