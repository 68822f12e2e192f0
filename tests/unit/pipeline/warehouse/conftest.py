import pytest

from tests.unit.pipeline.warehouse.stage import Stage


@pytest.fixture(scope="session")
def migrated_stage(tmp_path_factory):
    """A warehouse with all migrations, to be copied."""
    stage = Stage(tmp_path_factory.mktemp("migrated"))
    stage.migrate().apply()
    return stage


@pytest.fixture
def stage(migrated_stage, tmp_path):
    return Stage(tmp_path, like=migrated_stage)
