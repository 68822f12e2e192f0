"""The stage of todo_app's tests; with DAX=off in the environment it has no DAX cluster."""

import os
from pathlib import Path

import pytest
import requests

from tests.e2e.local_stage import ROOT, LocalStage, copy_checkout
from tests.e2e.todo.user import TodoUser


def without_dax(root: Path) -> Path:
    """Turn the cluster of stage local off in a copy of the app."""
    stages = root / "todo_app" / "stages.yaml"
    before = stages.read_text()
    after = before.replace('DaxNodes: "1"', 'DaxNodes: "0"').replace("more_requirements: requirements-dax.txt", "")
    assert after.count("requirements-dax.txt") == 0 < before.count('DaxNodes: "1"')
    stages.write_text(after)
    return root


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory):
    """todo_app alone, because other apps take longer to deploy."""
    root = copy_checkout(ROOT, tmp_path_factory.mktemp("todo"), ["todo_app"])
    local = LocalStage(without_dax(root) if os.environ.get("DAX") == "off" else root).start()
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
