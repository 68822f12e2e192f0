"""Redshift's SQL on the warehouse's engine: each translated function, statements, parameters, and refusals."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from local_aws.tests.redshift_engine import Warehouse

TABLE = """
CREATE TABLE IF NOT EXISTS public.hours (
    device_id VARCHAR(8) NOT NULL ENCODE zstd,
    starts TIMESTAMP NOT NULL,
    readings BIGINT,
    temperature DOUBLE PRECISION,
    PRIMARY KEY (device_id, starts)
) DISTSTYLE KEY DISTKEY (device_id) COMPOUND SORTKEY (starts, device_id)
"""
ROWS = """
INSERT INTO hours VALUES
    ('d1', '2026-11-27 17:00:00', 3, 1.5), ('d1', '2026-11-27 18:30:00', 4, NULL), ('d2', '2026-11-27 17:00:00', 4, 3)
"""


@pytest.fixture(scope="module")
def read_only(tmp_path_factory):
    """A warehouse for tests that change nothing."""
    database = Warehouse(tmp_path_factory.mktemp("warehouse"))
    database.execute(TABLE, ROWS)
    return database


@pytest.fixture
def warehouse(read_only, tmp_path):
    return read_only.copy_of(tmp_path)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("COUNT(*)", 3),
        ("COUNT(DISTINCT device_id)", 2),
        ("APPROXIMATE COUNT(DISTINCT device_id)", 2),
        ("SUM(readings)", 11),
        ("MIN(readings)", 3),
        ("MAX(device_id)", "d2"),
        ("AVG(readings)", 3),  # an average of integers is truncated
        ("AVG(temperature)", 2.25),
        ("AVG(DISTINCT readings)", 3),
        ("MEDIAN(temperature)", 2.25),
        ("PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY readings)", 4.0),
        ("ROUND(STDDEV_SAMP(readings), 3)", 0.577),
        ("ROUND(STDDEV(readings), 3)", 0.577),
        ("LISTAGG(device_id, '/') WITHIN GROUP (ORDER BY device_id DESC, starts)", "d2/d1/d1"),
    ],
)
def test_an_aggregate_function(read_only, expression, expected):
    assert read_only.value(f"SELECT {expression} FROM hours") == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("ROW_NUMBER() OVER (ORDER BY starts, device_id)", [1, 2, 3]),
        ("RANK() OVER (ORDER BY readings DESC)", [3, 1, 1]),
        ("DENSE_RANK() OVER (ORDER BY readings)", [1, 2, 2]),
        ("LAG(readings) OVER (ORDER BY starts, device_id)", [None, 3, 4]),
        ("LEAD(readings, 1) OVER (ORDER BY starts, device_id)", [4, 4, None]),
        ("FIRST_VALUE(readings) OVER (ORDER BY starts ROWS UNBOUNDED PRECEDING)", [3, 3, 3]),
        ("LAST_VALUE(starts) OVER (PARTITION BY device_id ORDER BY starts) IS NULL", [False, False, False]),
        ("AVG(readings) OVER ()", [3, 3, 3]),
        ("SUM(readings) OVER (PARTITION BY device_id)", [7, 4, 7]),
    ],
)
def test_a_window_function(read_only, expression, expected):
    rows = read_only.rows(f"SELECT {expression} AS value FROM hours ORDER BY starts, device_id")
    assert [row[0] for row in rows] == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("7 / 2", "3"),  # a quotient of integers is truncated
        ("7 % 2", "1"),
        ("7 / 2.0", "3.5"),
        ("'a' || 'b'", "ab"),
        ("'abc' ILIKE 'A%'", "true"),
        ("NVL(NULL, 5)", "5"),
        ("COALESCE(NULL, NULL, 5)", "5"),
        ("NVL2(NULL, 1, 2)", "2"),
        ("NULLIF(1, 1) IS NULL", "true"),
        ("DECODE(2, 1, 'one', 2, 'two', 'many')", "two"),
        ("CASE WHEN 1 > 2 THEN 'a' ELSE 'b' END", "b"),
        ("GREATEST(1, 3, 2)", "3"),
        ("LEAST(3, 1, 2)", "1"),
        ("ABS(-1)", "1"),
        ("ROUND(1.256, 2)", "1.26"),
        ("CEIL(1.2)", "2"),
        ("FLOOR(1.8)", "1"),
        ("SQRT(4)", "2.0"),
        ("TRUNC(1.26, 1)", "1.2"),
        ("UPPER('a')", "A"),
        ("LOWER('A')", "a"),
        ("LEN('äb')", "2"),
        ("TRIM(' a ')", "a"),
        ("SUBSTRING('abc', 2, 1)", "b"),
        ("LEFT('abc', 2)", "ab"),
        ("RIGHT('abc', 2)", "bc"),
        ("SPLIT_PART('a/b', '/', 2)", "b"),
        ("REPLACE('abc', 'b', 'x')", "axc"),
        ("'5'::INT + 1", "6"),
        ("DATE_TRUNC('hour', '2026-11-27 17:30:00'::TIMESTAMP)", "2026-11-27 17:00:00"),
        ("DATEADD(hour, -1, '2026-11-27 17:30:00'::TIMESTAMP)", "2026-11-27 16:30:00"),
        ("DATEDIFF(hour, '2026-11-27 17:59:00'::TIMESTAMP, '2026-11-27 18:01:00'::TIMESTAMP)", "1"),
        ("DATE_PART(hour, '2026-11-27 17:30:00'::TIMESTAMP)", "17"),
        ("EXTRACT(day FROM '2026-11-27 17:30:00'::TIMESTAMP)", "27"),
        ("TO_CHAR('2026-11-27 17:30:05'::TIMESTAMP, 'YYYY-MM-DD HH24:MI:SS')", "2026-11-27 17:30:05"),
        ("CONVERT_TIMEZONE('Europe/Berlin', '2026-07-01 12:00:00'::TIMESTAMP)", "2026-07-01 14:00:00"),
        ("CONVERT_TIMEZONE('Europe/Berlin', 'UTC', '2026-07-01 12:00:00'::TIMESTAMP)", "2026-07-01 10:00:00"),
        ("GETDATE() = SYSDATE", "true"),
        ("CURRENT_DATE = GETDATE()::DATE", "true"),
        ("EXISTS (SELECT 1 FROM hours)", "true"),
    ],
)
def test_a_scalar_function(read_only, expression, expected):
    assert read_only.value(f"SELECT CAST({expression} AS VARCHAR)") == expected


def test_result_columns_are_named_as_redshift_names_them(read_only):
    outcome = read_only.execute("SELECT device_id, COUNT(*), Readings AS Most, 1 + 1 FROM hours GROUP BY 1, 3")[0]
    assert [name for name, _ in outcome.columns] == ["device_id", "count", "most", "?column?"]


def test_null_is_the_largest_value(read_only):
    assert read_only.value("SELECT temperature FROM hours ORDER BY temperature DESC LIMIT 1") is None


def test_queries_can_be_joined_and_nested(read_only):
    query = """
    WITH most AS (SELECT device_id, MAX(readings) AS readings FROM hours GROUP BY device_id HAVING MAX(readings) > 3)
    SELECT h.device_id FROM hours h JOIN most m ON m.device_id = h.device_id AND m.readings = h.readings
    UNION ALL SELECT device_id FROM (SELECT device_id FROM hours WHERE readings IN (3)) s ORDER BY 1
    """
    assert read_only.rows(query) == [("d1",), ("d1",), ("d2",)]


def test_rows_are_changed_and_counted(warehouse):
    outcomes = warehouse.execute(
        "CREATE TEMP TABLE staged (LIKE hours)",
        "INSERT INTO staged SELECT device_id, starts, readings + 1, 9 FROM hours WHERE device_id = 'd1'",
        "UPDATE hours SET readings = staged.readings FROM staged WHERE hours.starts = staged.starts AND "
        "hours.device_id = staged.device_id",
        "DELETE FROM hours USING staged WHERE hours.device_id = staged.device_id AND hours.readings > 4",
        "MERGE INTO hours USING staged ON hours.device_id = staged.device_id AND hours.starts = staged.starts "
        "WHEN MATCHED THEN UPDATE SET temperature = staged.temperature "
        "WHEN NOT MATCHED THEN INSERT (device_id, starts, readings) VALUES (staged.device_id, staged.starts, 0)",
    )
    assert [outcome.row_count for outcome in outcomes] == [0, 2, 2, 1, 2]
    assert warehouse.rows("SELECT device_id, readings, temperature FROM hours ORDER BY 1, 2") == [
        ("d1", 0, None),
        ("d1", 4, 9.0),
        ("d2", 4, 3.0),
    ]


def test_a_temporary_table_ends_with_its_session(warehouse):
    warehouse.execute("CREATE TEMP TABLE staged (LIKE hours)", "INSERT INTO staged SELECT * FROM hours")
    assert 'relation "staged" does not exist' in warehouse.error("SELECT * FROM staged")


def test_a_failed_statement_undoes_the_transaction(warehouse):
    assert "oops" in warehouse.error("DELETE FROM hours", "SELECT * FROM oops")
    assert warehouse.value("SELECT COUNT(*) FROM hours") == 3


def test_primary_keys_are_not_enforced(warehouse):
    warehouse.execute("INSERT INTO hours SELECT * FROM hours")
    assert warehouse.value("SELECT COUNT(*) FROM hours") == 6


def test_text_longer_than_its_column_is_refused(warehouse):
    assert "too long" in warehouse.error("INSERT INTO hours VALUES ('d1234567x', '2026-11-27 17:00:00', 1, 1)")
    # The length is in bytes.
    assert "too long" in warehouse.error("INSERT INTO hours VALUES ('ääääa', '2026-11-27 17:00:00', 1, 1)")


def test_columns_are_added_and_tables_and_views_dropped(warehouse):
    warehouse.execute(
        "ALTER TABLE hours ADD COLUMN humidity DOUBLE PRECISION", "CREATE VIEW wet AS SELECT humidity FROM hours"
    )
    assert warehouse.value("SELECT COUNT(*) FROM wet") == 3
    warehouse.execute("DROP VIEW wet", "DROP TABLE hours", "DROP TABLE IF EXISTS hours")
    assert "does not exist" in warehouse.error("DROP TABLE hours")


@settings(max_examples=30)
@given(value=st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=("Cs",))))
@example(value="'; DROP TABLE hours; --")
@example(value="\\' :value $1")
def test_a_parameter_is_a_value_whatever_it_contains(read_only, value):
    assert read_only.rows("SELECT :value AS v, ':value' AS w", value=value) == [(value, ":value")]


def test_a_parameter_gets_the_type_of_its_use(read_only):
    query = "SELECT COUNT(*) FROM hours WHERE readings = :readings AND starts >= :starts AND :readings::int > 0"
    assert read_only.value(query, readings="4", starts="2026-11-27 18:00:00") == 1


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT read_blob('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        'SELECT * FROM "/etc/passwd"',
        "SELECT * FROM glob('/*')",
        "COPY hours TO '/tmp/hours.csv'",
        "COPY hours FROM '/etc/passwd' IAM_ROLE default CSV",
        "ATTACH '/tmp/other.duckdb'",
        "EXPORT DATABASE '/tmp/export'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA database_list",
        "SET enable_external_access = true",
        "SELECT * FROM duckdb_settings()",
        "SELECT getenv('HOME')",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM pg_class",
        "SELECT * FROM redshift.grants",
        "SELECT 1; SELECT 2",
        "BEGIN",
        "COMMIT",
        "TRUNCATE hours",
        "CREATE SCHEMA other",
        "CREATE MACRO f() AS 1",
        "CALL f()",
        "EXPLAIN SELECT 1",
        "SHOW TABLES",
        "ALTER TABLE hours DROP COLUMN readings",
        "CREATE TABLE t (a SUPER)",
        "CREATE TABLE t (a INT IDENTITY(1, 1))",
        "INSERT INTO hours VALUES (1) ON CONFLICT DO NOTHING",
        "SELECT COLUMNS(*) FROM hours",
        "SELECT * EXCLUDE (readings) FROM hours",
        "SELECT [1, 2]",
        "SELECT TO_CHAR(GETDATE(), 'Day')",
        "SELECT 'unterminated",
        "SELEC 1",
        "-- nothing",
        "CREATE TABLE :name (a INT)",
    ],
)
def test_other_sql_is_refused(read_only, sql):
    assert read_only.error(sql, name="x")
    assert read_only.value("SELECT COUNT(*) FROM hours") == 3


def test_text_that_begins_with_no_keyword_is_a_syntax_error(warehouse):
    for sql in ("SELEC", "readings", "1 + 1"):
        assert "syntax error at or near" in warehouse.error(sql)
