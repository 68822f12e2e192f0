"""COPY, UNLOAD and privileges on the warehouse's engine."""

import pytest

from local_aws.sql.redshift.privileges import Identity
from local_aws.tests.redshift_engine import ROLE, Warehouse

LOADER = Identity("IAMR:load", roles=("loader", "no_such_role"))
OTHER = Identity("IAMR:other")
COPY = f"COPY hours FROM 's3://reports/run/' IAM_ROLE '{ROLE}' FORMAT AS PARQUET"
COLUMNS = "'d1' AS device, TIMESTAMP '2026-11-27 17:00:00' AS starts, CAST(3 AS BIGINT) AS n, 21.5::DOUBLE AS t"


@pytest.fixture
def warehouse(tmp_path):
    database = Warehouse(tmp_path)
    database.execute(
        "CREATE TABLE hours (device_id VARCHAR(8) NOT NULL, starts TIMESTAMP, readings BIGINT, temperature FLOAT8)"
    )
    return database


def put(warehouse, key: str, query: str) -> None:
    warehouse.s3.put_parquet("reports", key, query, warehouse.folder)


def count(warehouse) -> int:
    return warehouse.value("SELECT COUNT(*) FROM hours")


def test_copy_loads_all_objects_of_a_prefix_by_the_position_of_columns(warehouse):
    put(warehouse, "run/a", f"SELECT {COLUMNS}")
    put(warehouse, "run/b", f"SELECT {COLUMNS} FROM range(2)")
    put(warehouse, "other/c", f"SELECT {COLUMNS}")
    assert warehouse.execute(COPY)[0].row_count == 3
    assert count(warehouse) == 3


def test_copy_loads_csv(warehouse):
    text = 'device,starts\n"d,""1""",2026-11-27 17:00:00\nd2,\n'
    warehouse.s3.objects["reports", "run/a.csv"] = text.encode()
    warehouse.execute(
        "COPY hours (device_id, starts) FROM 's3://reports/run/a.csv' IAM_ROLE default CSV IGNOREHEADER 1"
    )
    assert warehouse.rows("SELECT device_id, readings FROM hours ORDER BY 1") == [('d,"1"', None), ("d2", None)]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT 'd1' AS device, TIMESTAMP '2026-11-27 17:00:00', CAST(3 AS BIGINT)", "has 4 columns"),
        (f"SELECT {COLUMNS.replace('BIGINT', 'INTEGER')}", "incompatible Parquet schema for column 'n'"),
        (f"SELECT {COLUMNS.replace('d1', 'd12345678')}", "too long"),
        (f"SELECT {COLUMNS.replace(chr(39) + 'd1' + chr(39), 'CAST(NULL AS VARCHAR)')}", "NOT NULL"),
    ],
)
def test_copy_refuses_files_that_do_not_fit_the_table(warehouse, query, reason):
    put(warehouse, "run/a", f"SELECT {COLUMNS}")
    put(warehouse, "run/b", query)
    assert reason in warehouse.error(COPY)
    assert count(warehouse) == 0


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (COPY.replace("run/", "nothing/"), "The specified S3 prefix 'nothing/' does not exist"),
        (COPY.replace(ROLE, "arn:aws:iam::000000000000:role/other"), "not authorized to assume"),
        (COPY.replace(f"IAM_ROLE '{ROLE}'", ""), "IAM_ROLE"),
        (COPY.replace("FORMAT AS PARQUET", ""), "FORMAT"),
        (COPY + " MAXERROR 10", "MAXERROR"),
        (COPY + " MANIFEST", "MANIFEST"),
        (COPY.replace("hours", "no_table"), 'relation "no_table" does not exist'),
        (COPY.replace("hours", "hours (device)"), 'column "device"'),
    ],
)
def test_copy_refuses(warehouse, command, reason):
    put(warehouse, "run/a", f"SELECT {COLUMNS}")
    assert reason in warehouse.error(command)


def test_unload_writes_what_copy_reads(warehouse):
    put(warehouse, "run/a", f"SELECT {COLUMNS}")
    unload = f"UNLOAD ('SELECT * FROM hours WHERE device_id = ''d1''') TO 's3://reports/out/' IAM_ROLE '{ROLE}' PARQUET"
    outcomes = warehouse.execute(COPY, unload, COPY.replace("run/", "out/"))
    assert [outcome.row_count for outcome in outcomes] == [1, 1, 1]
    assert ("reports", "out/0000_part_00.parquet") in warehouse.s3.objects
    assert "is not empty" in warehouse.error(unload)
    warehouse.execute(unload + " ALLOWOVERWRITE")
    warehouse.execute(
        "UNLOAD ($$SELECT device_id FROM hours$$) TO 's3://reports/csv' IAM_ROLE default CSV HEADER PARALLEL OFF"
    )
    assert warehouse.s3.objects["reports", "csv000.csv"] == b"device_id\nd1\nd1\n"


def test_a_user_needs_a_grant_for_another_users_table(warehouse):
    put(warehouse, "run/a", f"SELECT {COLUMNS}")
    denied = "permission denied for relation hours"
    for sql in (COPY, "SELECT * FROM hours", "DELETE FROM hours", "INSERT INTO hours SELECT * FROM hours"):
        assert denied in warehouse.error(sql, user=LOADER)
    assert "must be owner" in warehouse.error("DROP TABLE hours", user=LOADER)
    assert "must be owner" in warehouse.error("GRANT ALL ON hours TO PUBLIC", user=LOADER)
    assert 'role "loader" does not exist' in warehouse.error("GRANT SELECT ON hours TO ROLE loader")
    assert "permission denied" in warehouse.error("CREATE ROLE loader", user=LOADER)
    warehouse.execute("CREATE ROLE loader", "GRANT SELECT, INSERT ON TABLE hours TO ROLE loader")
    warehouse.execute(
        COPY, "CREATE TEMP TABLE staged (LIKE hours)", "INSERT INTO staged SELECT * FROM hours", user=LOADER
    )
    for user, sql in ((LOADER, "DELETE FROM hours"), (LOADER, "UPDATE hours SET readings = 1"), (OTHER, COPY)):
        assert denied in warehouse.error(sql, user=user)
    warehouse.execute('GRANT SELECT ON hours TO "IAMR:other"')
    assert warehouse.execute("SELECT COUNT(*) FROM hours", user=OTHER)[0].rows == ((1,),)


@pytest.mark.parametrize(
    "sql",
    [
        "WITH hours AS (SELECT * FROM hours) SELECT * FROM hours",
        "WITH a AS (SELECT * FROM hours), hours AS (SELECT 1 AS b) SELECT * FROM a",
        "SELECT * FROM hours WHERE EXISTS (WITH hours AS (SELECT 1 AS b) SELECT b FROM hours)",
    ],
)
def test_a_common_table_expression_of_the_same_name_hides_no_table(warehouse, sql):
    assert "permission denied for relation hours" in warehouse.error(sql, user=OTHER)
    assert warehouse.execute(sql)[0].rows == ()


def test_a_common_table_expression_needs_no_grant(warehouse):
    warehouse.execute("CREATE TABLE own (a INT)", user=OTHER)
    sql = "WITH hours AS (SELECT a FROM own), more AS (SELECT a FROM hours) SELECT * FROM more JOIN hours USING (a)"
    assert warehouse.execute(sql, user=OTHER)[0].rows == ()


def test_only_a_view_can_be_replaced_and_by_its_owner(warehouse):
    warehouse.execute("CREATE VIEW devices AS SELECT device_id FROM hours")
    assert "must be owner" in warehouse.error("CREATE OR REPLACE VIEW devices AS SELECT 1 AS a", user=OTHER)
    assert "syntax error" in warehouse.error("CREATE OR REPLACE TABLE hours AS SELECT 1 AS a", user=OTHER)
    warehouse.execute(
        "CREATE OR REPLACE VIEW devices AS SELECT 1 AS a", "CREATE OR REPLACE VIEW other AS SELECT 2 AS a"
    )
    assert warehouse.rows("SELECT devices.a, other.a FROM devices CROSS JOIN other") == [(1, 2)]


def test_a_view_needs_a_grant_for_itself_only(warehouse):
    warehouse.execute("CREATE VIEW devices AS SELECT device_id FROM hours", "GRANT SELECT ON devices TO PUBLIC")
    assert warehouse.execute("SELECT * FROM devices", user=OTHER)[0].rows == ()
    assert "permission denied" in warehouse.error("SELECT * FROM hours", user=OTHER)


def test_a_dropped_table_keeps_no_grants(warehouse):
    warehouse.execute("GRANT ALL ON hours TO PUBLIC", "DROP TABLE hours", "CREATE TABLE hours (a INT)")
    assert "permission denied" in warehouse.error("SELECT * FROM hours", user=OTHER)


def test_everybody_can_create_tables(warehouse):
    warehouse.execute("CREATE TABLE own (a INT)", "INSERT INTO own VALUES (1)", "LOCK own, hours", user=OTHER)
    assert warehouse.execute("DELETE FROM own", user=OTHER)[0].row_count == 1
