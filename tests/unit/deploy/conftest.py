"""An app of the tests' own and a target outside local, with moto behind it."""

import shutil
from pathlib import Path

import pytest

from deploy.apps import App
from tests.unit.deploy.aws import moto_aws

CHECKOUT = Path(__file__).parents[2] / "e2e" / "checkout"


@pytest.fixture
def app(tmp_path):
    """A copy of the tiny app that a test may change."""
    shutil.copytree(
        CHECKOUT / "tiny_app", tmp_path / "tiny_app", ignore=shutil.ignore_patterns(".chalice", "__pycache__")
    )
    return App(tmp_path / "tiny_app")


@pytest.fixture
def aws():
    """Stage prod in moto's AWS."""
    with moto_aws() as target:
        yield target
