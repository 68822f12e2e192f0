"""The stages that end-to-end tests share; tests/scheduling.py says which tests share one.

A process stops its stages after the last of its end-to-end tests: an idle stage takes a twentieth of a CPU.
"""

import pytest

from tests.e2e.local_stage import ROOT, LocalStage, copy_checkout


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory):
    """Every app of the checkout, deployed once by the real tool."""
    local = LocalStage(copy_checkout(ROOT, tmp_path_factory.mktemp("checkout"))).start()
    yield local
    local.stop()


@pytest.fixture(scope="package")
def tiny(tmp_path_factory: pytest.TempPathFactory):
    """The deploy tool's own small app; a test that changes its files restores them."""
    local = LocalStage(copy_checkout(ROOT / "tests" / "e2e" / "checkout", tmp_path_factory.mktemp("tiny"))).start()
    yield local
    local.stop()
