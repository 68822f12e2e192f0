"""For tests in an app's folder: `from app import app` and `chalice.test.Client(app)`, as Chalice's documentation shows.

A run of pytest that begins in an app's folder has moto in place of AWS, with the app's tables, buckets and queues. Each
test finds them empty. The test client verifies tokens, as API Gateway does, by the key of the fixture `token`.
https://aws.github.io/chalice/topics/testing.html
"""

import functools
import importlib
import os
import sys
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import chalice.local
import chalice.test
import pytest
import yaml
from moto import mock_aws

from deploy.apps import App
from deploy.local.id_tokens import CognitoAuthorizer
from deploy.steps.chalice_config import chalice_stage
from tests import apps
from tests.unit import stage as stages

# Chalice's test client gives functions 3 s. They stop earlier than that to have time for a last write.
_FUNCTION_SECONDS = 900
_running = ExitStack()
_stage: Any = None


def app_folder(start: Path) -> Path | None:
    """The app's folder in which a run begins; None for a run that begins elsewhere."""
    parents = [start, *start.parents]
    return next((path for path in parents if path.parent == apps.ROOT and (path / "stages.yaml").is_file()), None)


def start(folder: Path) -> None:
    """Load the app before the tests are collected, because they import it."""
    global _stage
    apps.put_on_path(folder.name)
    name = App(folder).name
    if (apps.ROOT / "tests" / "unit" / name / "stage.py").is_file():
        own = importlib.import_module(f"tests.unit.{name}.stage")
        _stage = _running.enter_context(stages.in_moto(own.ENVIRONMENT, own.start))
        module = _stage.module
    else:
        _running.enter_context(mock_aws())
        os.environ.update(environment(App(folder)))
        module = apps.load_app(folder.name)
    serve(module, _running.enter_context(pytest.MonkeyPatch.context()))


def serve(module: ModuleType, patch: pytest.MonkeyPatch) -> None:
    """Let tests import an app's module as `app`, and Chalice's test client verify tokens."""
    verifier = stages.verifier(os.environ.get("USER_POOL_ID", ""))
    context = functools.partial(chalice.local.LambdaContext, max_runtime_ms=_FUNCTION_SECONDS * 1000)
    patch.setitem(sys.modules, "app", module)
    patch.setattr("chalice.local.LocalGatewayAuthorizer", functools.partial(CognitoAuthorizer, verifier=verifier))
    patch.setattr("chalice.test.LambdaContext", context)


def environment(app: App) -> dict[str, str]:
    """The environment of an app without a stage for unit tests: names of resources that do not exist."""

    class Loader(yaml.SafeLoader):
        """Reads CloudFormation's short forms as nothing."""

    Loader.add_multi_constructor("!", lambda *_: None)
    template = yaml.load((app.folder / "resources.yaml").read_text(), Loader)
    # Those under a condition are of resources that are off by default.
    declared = template.get("Outputs", {}).items()
    outputs = {name: "name" for name, output in declared if "Condition" not in output}
    variables = chalice_stage(app, "local", outputs)["environment_variables"]
    return {**variables, "AWS_REGION": stages.REGION, "AWS_DEFAULT_REGION": stages.REGION}


def pytest_unconfigure() -> None:
    """End moto."""
    _running.close()


@pytest.fixture
def stage() -> Any:
    """The app with empty resources; the class `Stage` in `tests/unit/<app>/stage.py` says what it can do."""
    return _stage


@pytest.fixture
def token() -> Callable[..., str]:
    """Makes ID tokens: `token("alice")`, `token("ada", **{"cognito:groups": ["authors"]})`."""
    return stages.token


@pytest.fixture(autouse=True)
def _empty_resources() -> None:
    # Chalice warns that its test client does not run this authorizer.
    warnings.filterwarnings("ignore", message="UserPoolAuthorizer is not")
    if _stage:
        _stage.empty()
