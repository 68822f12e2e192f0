"""Migrations: each once, in order, also when two programs run at once."""

import pytest
from chalicelib.pipeline.warehouse import migrating
from chalicelib.pipeline.warehouse.migrating import MigrationChanged
from chalicelib.pipeline.warehouse.ports import StatementFailed
from chalicelib.pipeline.warehouse.statements import migrations
from msgspec.structs import replace

from tests.unit.pipeline.warehouse.stage import LOADER, Stage


@pytest.fixture
def empty_stage(tmp_path):
    return Stage(tmp_path)


def versions(stage) -> list[int]:
    return [
        row[0] for row in stage.warehouse.rows("SELECT version FROM schema_migrations ORDER BY applied_at, version")
    ]


def test_all_migrations_are_applied_once(empty_stage):
    numbers = [migration.version for migration in migrations()]
    assert [migration.version for migration in empty_stage.migrate().apply()] == numbers
    assert empty_stage.migrate().apply() == []
    assert versions(empty_stage) == numbers


def test_the_second_of_two_at_once_goes_on(empty_stage):
    first, second = empty_stage.migrate(), empty_stage.migrate()
    # The second one looks at an empty warehouse; the first one applies all before the second writes.
    second._sql.run([migrating._CREATE], {})
    empty_stage.sql.meanwhile = lambda: first.apply() and None
    assert second._apply(migrations()[0], {}) is False
    assert second.apply() == []
    assert versions(empty_stage) == [migration.version for migration in migrations()]


def test_a_migration_that_fails_leaves_nothing(empty_stage, monkeypatch):
    broken = replace(migrations()[1], statements=("CREATE TABLE half (n INT)", "SELECT * FROM nothing"))
    monkeypatch.setattr(migrating, "migrations", lambda: (migrations()[0], broken))
    with pytest.raises(StatementFailed, match="nothing"):
        empty_stage.migrate().apply()
    assert versions(empty_stage) == [1]
    assert "does not exist" in empty_stage.warehouse.error("SELECT * FROM half")


def test_a_changed_file_is_refused(stage, monkeypatch):
    changed = replace(migrations()[0], digest="another")
    monkeypatch.setattr(migrating, "migrations", lambda: (changed, *migrations()[1:]))
    with pytest.raises(MigrationChanged, match="migration 1"):
        stage.migrate().apply()


def test_a_warehouse_that_has_all_is_not_woken(empty_stage):
    assert empty_stage.migrate().apply_if_new()
    empty_stage.sql.meanwhile = lambda: pytest.fail("the warehouse was asked")
    assert empty_stage.migrate().apply_if_new() == []
    empty_stage.sql.meanwhile = None
    assert empty_stage.migrate("warehouse-2").apply_if_new() == []


def test_the_loading_function_may_load_and_nothing_else(stage):
    for sql in ("DROP TABLE loads", "UPDATE loads SET row_count = 0", "SELECT * FROM schema_migrations"):
        assert stage.warehouse.error(sql, user=LOADER)
