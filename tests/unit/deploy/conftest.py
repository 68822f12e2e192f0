"""An app of the tests' own and a target outside local, with moto behind it."""

import shutil
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from deploy import target as target_module
from deploy.apps import App
from deploy.target import Target

CHECKOUT = Path(__file__).parents[2] / "e2e" / "checkout"


@pytest.fixture
def app(tmp_path):
    """A copy of the tiny app that a test may change."""
    shutil.copytree(
        CHECKOUT / "tiny_app", tmp_path / "tiny_app", ignore=shutil.ignore_patterns(".chalice", "__pycache__")
    )
    return App(tmp_path / "tiny_app")


@pytest.fixture
def aws(monkeypatch):
    """Stage prod in moto's AWS."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    target_module._client.cache_clear()
    with mock_aws():
        boto3.setup_default_session(region_name="us-east-1")
        yield Target("prod", "us-east-1")
    target_module._client.cache_clear()
