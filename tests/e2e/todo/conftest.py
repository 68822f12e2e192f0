"""The stage of todo_app's tests."""

import pytest
import requests

from tests.e2e.local_stage import ROOT, LocalStage, copy_checkout
from tests.e2e.todo.user import TodoUser


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory):
    """todo_app alone, because other apps take longer to deploy."""
    local = LocalStage(copy_checkout(ROOT, tmp_path_factory.mktemp("todo"), ["todo_app"])).start()
    yield local
    local.stop()


@pytest.fixture
def faults(stage):
    """Creates rules of the fault API, and removes them after the test."""
    url = f"{stage.document['endpoint_url']}/_quartet/faults"

    def inject(**rule):
        response = requests.post(url, json=rule)
        assert response.status_code in (200, 201), response.text

    def injected():
        return [rule["injected"] for rule in requests.get(url).json()]

    inject.injected = injected
    yield inject
    requests.delete(url)


@pytest.fixture(scope="module")
def alice(stage):
    return TodoUser(stage).sign_up().sign_in()


@pytest.fixture(scope="module")
def bob(stage):
    return TodoUser(stage).sign_up().sign_in()
