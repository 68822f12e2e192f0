"""Each function and operator of Trino that is served has the result that Trino's documentation has.

https://trino.io/docs/current/functions.html. Where the documentation has no example, the result follows from its text.
"""

import duckdb
import pytest

from local_aws.sql import sandbox
from local_aws.sql.athena.engine import _columns, _query_error
from local_aws.sql.athena.values import text_of
from local_aws.sql.trino import corrections, functions, syntax, translation
from local_aws.sql.trino.errors import MalformedQuery, QueryError, UnsupportedStatement

COLUMNS = {"name": "VARCHAR", "number": "INTEGER", "value": "DOUBLE", "time": "TIMESTAMP", "day": "VARCHAR"}
ROWS = """VALUES ('a', 1, 1.5::DOUBLE, TIMESTAMP '2026-11-27 17:00:00.25', '2026-11-27'),
    ('a', 2, 2.5, TIMESTAMP '2026-11-27 17:00:10.75', '2026-11-27'),
    ('b', 3, NULL, TIMESTAMP '2026-11-27 18:30:00', '2026-11-28'), ('b', 4, 4.5, NULL, '2026-11-28')"""


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    with sandbox.connect(tmp_path_factory.mktemp("query")) as connection:
        for macro in corrections.MACROS:
            connection.execute(macro)
        names = ", ".join(COLUMNS)
        connection.execute(f"CREATE TABLE readings AS SELECT * FROM ({ROWS}) v({names})")
        yield connection


def columns_of(database, table):
    if (database, table) != ("telemetry", "readings"):
        raise QueryError("TABLE_NOT_FOUND", table)
    return COLUMNS


def run(connection, sql):
    """The types and rows of a query on `readings`, as Athena shows them."""
    statement = syntax.parse(sql)
    syntax.check_served(statement, sql)
    translated = translation.translate(statement.select, "telemetry", columns_of, lambda database, table: ("day",))
    for scan in translated.scans:
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {scan.view} AS SELECT * FROM readings")
    try:
        cursor = connection.execute(translated.sql)
        types = [column.type for column in _columns(cursor)]
        return types, [[text_of(value) for value in row] for row in cursor.fetchall()]
    except duckdb.Error as error:
        raise _query_error(error) from error


# expression, type, text of the result
SCALARS = [
    ("abs(-3)", "integer", "3"),
    ("abs(-1.5e0)", "double", "1.5"),
    ("round(2.5e0)", "double", "3.0"),
    ("round(-2.5e0)", "double", "-3.0"),
    ("round(2.345e0, 2)", "double", "2.35"),
    ("round(7)", "integer", "7"),
    ("coalesce(NULL, 2, 3)", "integer", "2"),
    ("nullif(2, 2)", "integer", None),
    ("nullif(2, 3)", "integer", "2"),
    ("if(1 < 2, 'yes', 'no')", "varchar", "yes"),
    ("if(1 > 2, 'yes')", "varchar", None),
    ("CASE WHEN 1 > 2 THEN 'a' ELSE 'b' END", "varchar", "b"),
    ("CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END", "varchar", "b"),
    ("try(1 / 0)", "integer", None),
    ("try(8 / 2)", "integer", "4"),
    # Division of integers truncates; a double by zero is infinite or not a number.
    ("7 / 2", "integer", "3"),
    ("-7 / 2", "integer", "-3"),
    ("7 / 2e0", "double", "3.5"),
    ("1e0 / 0", "double", "Infinity"),
    ("-1e0 / 0", "double", "-Infinity"),
    ("0e0 / 0", "double", "NaN"),
    ("5 % 3", "integer", "2"),
    ("-5 % 3", "integer", "-2"),
    ("0.1 + 0.2", "decimal", "0.3"),
    ("0.5 * 2e0", "double", "1.0"),
    # Casts
    ("cast('17' AS integer)", "integer", "17"),
    ("try_cast('17.5' AS integer)", "integer", None),
    ("try_cast('a' AS integer)", "integer", None),
    ("cast(2.5e0 AS integer)", "integer", "3"),
    ("cast(-2.5e0 AS bigint)", "bigint", "-3"),
    ("cast(0.5e0 AS integer)", "integer", "1"),
    ("cast(3 AS double)", "double", "3.0"),
    ("cast(17 AS varchar)", "varchar", "17"),
    ("cast(2.345e0 AS decimal(4, 2))", "decimal", "2.35"),
    ("cast('2026-11-27' AS date)", "date", "2026-11-27"),
    ("cast(TIMESTAMP '2026-11-27 17:05:00' AS date)", "date", "2026-11-27"),
    # Dates and times
    ("date('2026-11-27')", "date", "2026-11-27"),
    ("date(TIMESTAMP '2026-11-27 17:05:00')", "date", "2026-11-27"),
    ("from_iso8601_date('2020-05-11')", "date", "2020-05-11"),
    ("from_iso8601_timestamp('2020-05-11')", "timestamp with time zone", "2020-05-11 00:00:00.000 UTC"),
    ("from_iso8601_timestamp('2020-05-11T11:15:05')", "timestamp with time zone", "2020-05-11 11:15:05.000 UTC"),
    ("from_iso8601_timestamp('2020-05-11T11:15:05.055Z')", "timestamp with time zone", "2020-05-11 11:15:05.055 UTC"),
    ("from_iso8601_timestamp('2020-05-11T11:15')", "timestamp with time zone", "2020-05-11 11:15:00.000 UTC"),
    ("to_iso8601(DATE '2026-11-27')", "varchar", "2026-11-27"),
    ("to_iso8601(TIMESTAMP '2026-11-27 17:05:00.25')", "varchar", "2026-11-27T17:05:00.250"),
    ("to_iso8601(from_unixtime(0.25e0))", "varchar", "1970-01-01T00:00:00.250Z"),
    ("from_unixtime(1475997336)", "timestamp with time zone", "2016-10-09 07:15:36.000 UTC"),
    ("to_unixtime(TIMESTAMP '1970-01-01 00:01:00.5')", "double", "60.5"),
    ("date_trunc('second', TIMESTAMP '2001-08-22 03:04:05.321')", "timestamp", "2001-08-22 03:04:05.000"),
    ("date_trunc('minute', TIMESTAMP '2001-08-22 03:04:05.321')", "timestamp", "2001-08-22 03:04:00.000"),
    ("date_trunc('hour', TIMESTAMP '2001-08-22 03:04:05.321')", "timestamp", "2001-08-22 03:00:00.000"),
    ("date_trunc('day', TIMESTAMP '2001-08-22 03:04:05.321')", "timestamp", "2001-08-22 00:00:00.000"),
    ("date_trunc('week', TIMESTAMP '2001-08-22 03:04:05.321')", "timestamp", "2001-08-20 00:00:00.000"),
    ("date_trunc('month', DATE '2001-08-22')", "date", "2001-08-01"),
    ("date_trunc('quarter', DATE '2001-08-22')", "date", "2001-07-01"),
    ("date_trunc('year', DATE '2001-08-22')", "date", "2001-01-01"),
    ("date_add('second', 86, TIMESTAMP '2020-03-01 00:00:00')", "timestamp", "2020-03-01 00:01:26.000"),
    ("date_add('hour', 9, TIMESTAMP '2020-03-01 00:00:00')", "timestamp", "2020-03-01 09:00:00.000"),
    ("date_add('day', -1, TIMESTAMP '2020-03-01 00:00:00')", "timestamp", "2020-02-29 00:00:00.000"),
    ("date_add('month', 1, DATE '2026-01-31')", "date", "2026-02-28"),
    ("DATE '2012-08-08' + INTERVAL '2' DAY", "date", "2012-08-10"),
    ("TIMESTAMP '2012-08-08 01:00:00' + INTERVAL '29' HOUR", "timestamp", "2012-08-09 06:00:00.000"),
    ("TIMESTAMP '2012-08-08 01:00:00' - INTERVAL '2' DAY", "timestamp", "2012-08-06 01:00:00.000"),
    ("date_diff('second', TIMESTAMP '2020-03-01 00:00:00', TIMESTAMP '2020-03-02 00:00:00')", "bigint", "86400"),
    ("date_diff('day', DATE '2020-03-01', DATE '2020-03-02')", "bigint", "1"),
    ("date_diff('hour', TIMESTAMP '2020-03-01 00:59:00', TIMESTAMP '2020-03-01 01:01:00')", "bigint", "0"),
    ("date_diff('day', TIMESTAMP '2020-03-02 00:00:00', TIMESTAMP '2020-03-01 12:00:00')", "bigint", "0"),
    # How a double is written
    ("1e7", "double", "1.0E7"),
    ("12345678.9e0", "double", "1.23456789E7"),
    ("0.001e0", "double", "0.001"),
    ("0.00025e0", "double", "2.5E-4"),
]
AGGREGATES = [
    ("count(*)", "bigint", "4"),
    ("count(value)", "bigint", "3"),
    ("count(DISTINCT name)", "bigint", "2"),
    ("count_if(number > 2)", "bigint", "2"),
    ("count_if(NULL > number)", "bigint", "0"),
    ("sum(number)", "bigint", "10"),
    ("sum(value)", "double", "8.5"),
    ("sum(number) FILTER (WHERE name = 'a')", "bigint", "3"),
    ("sum(number) / count(*)", "bigint", "2"),
    ("avg(number)", "double", "2.5"),
    ("min(value)", "double", "1.5"),
    ("max(time)", "timestamp", "2026-11-27 18:30:00.000"),
    ("approx_percentile(number, 0.5)", "integer", "2"),
    ("approx_percentile(value, 0.95)", "double", "4.5"),
    ("approx_percentile(number, ARRAY[0.5, 1.0])[2]", "integer", "4"),
    ("stddev(number)", "double", "1.2909944487358056"),
]
WINDOWS = [
    ("row_number() OVER (ORDER BY number DESC)", ["4", "3", "2", "1"]),
    ("lag(number) OVER (ORDER BY number)", [None, "1", "2", "3"]),
    ("lag(number, 2, 0) OVER (ORDER BY number)", ["0", "0", "1", "2"]),
    ("lead(name) OVER (PARTITION BY name ORDER BY number)", ["a", None, "b", None]),
    ("sum(number) OVER (ORDER BY number)", ["1", "3", "6", "10"]),
    ("sum(number) OVER (ORDER BY number ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)", ["1", "3", "5", "7"]),
    ("date_diff('second', lag(time) OVER (ORDER BY number), time)", [None, "10", "5389", None]),
]


@pytest.mark.parametrize(("expression", "kind", "text"), SCALARS)
def test_scalar(connection, expression, kind, text):
    assert run(connection, f"SELECT {expression}") == ([kind], [[text]])


@pytest.mark.parametrize(("expression", "kind", "text"), AGGREGATES)
def test_aggregate(connection, expression, kind, text):
    assert run(connection, f"SELECT {expression} FROM readings") == ([kind], [[text]])


@pytest.mark.parametrize(("expression", "texts"), WINDOWS)
def test_window(connection, expression, texts):
    _, rows = run(connection, f"SELECT number, {expression} AS w FROM readings ORDER BY number")
    assert [row[1] for row in rows] == texts


def test_every_served_function_has_a_test():
    tested = " ".join(entry[0] for entry in (*SCALARS, *AGGREGATES, *WINDOWS))
    assert [name for name in functions.ARGUMENTS if f"{name}(" not in tested] == []


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("WITH a AS (SELECT name, max(number) n FROM readings GROUP BY name) SELECT name FROM a WHERE n > 2", [["b"]]),
        ("WITH readings AS (SELECT number n FROM readings) SELECT n FROM readings WHERE n > 3", [["4"]]),
        ("SELECT r.name, count(*) FROM telemetry.readings r GROUP BY 1 ORDER BY 2, 1 DESC", [["b", "2"], ["a", "2"]]),
        ("SELECT DISTINCT name FROM readings WHERE value IS NOT NULL AND NOT number IN (1, 2)", [["b"]]),
        ("SELECT number FROM readings ORDER BY value DESC LIMIT 1", [["4"]]),
        ("SELECT number FROM readings ORDER BY value, number LIMIT 4", [["1"], ["2"], ["4"], ["3"]]),
        (
            "SELECT x.number, y.number FROM readings x LEFT JOIN readings y ON y.number = x.number + 1 "
            "WHERE x.number > 2 ORDER BY 1",
            [["3", "4"], ["4", None]],
        ),
        ("SELECT name FROM readings GROUP BY name HAVING sum(number) > 3", [["b"]]),
        (
            "SELECT number FROM readings WHERE time BETWEEN TIMESTAMP '2026-11-27 17:00:05' AND "
            "TIMESTAMP '2026-11-27 18:00:00' -- a comment",
            [["2"]],
        ),
    ],
)
def test_clauses(connection, sql, rows):
    assert run(connection, sql)[1] == rows


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT ifnull(number, 1) FROM readings", "FUNCTION_NOT_FOUND: line 1:8: Function 'ifnull' not registered"),
        ("SELECT \"read_text\"('x')", "FUNCTION_NOT_FOUND"),
        ("SELECT approx_percentile(number, 1, 0.5) FROM readings", "FUNCTION_NOT_FOUND"),
        ("SELECT 1\n  , nope(2)", "FUNCTION_NOT_FOUND: line 2:5"),
        ("SELECT nothing FROM readings", "COLUMN_NOT_FOUND"),
        ("SELECT number AS n FROM readings WHERE n > 1", "COLUMN_NOT_FOUND"),
        ("SELECT number AS n FROM readings GROUP BY n", "COLUMN_NOT_FOUND"),
        ("SELECT name, number FROM readings GROUP BY name", "EXPRESSION_NOT_AGGREGATE"),
        ("SELECT * FROM nothing", "TABLE_NOT_FOUND"),
        ("WITH a AS (SELECT * FROM duckdb_tables), duckdb_tables AS (SELECT 1 x) SELECT * FROM a", "TABLE_NOT_FOUND"),
        ("SELECT number = '1' FROM readings", "TYPE_MISMATCH"),
        ("SELECT day = DATE '2026-11-27' FROM readings", "TYPE_MISMATCH"),
        ("SELECT number IN (1, 'a') FROM readings", "TYPE_MISMATCH"),
        ("SELECT number BETWEEN '1' AND '2' FROM readings", "TYPE_MISMATCH"),
        ("SELECT number + day FROM readings", "TYPE_MISMATCH"),
        ("SELECT coalesce(number, name) FROM readings", "TYPE_MISMATCH"),
        ("SELECT if(number > 1, 1, 'a') FROM readings", "TYPE_MISMATCH"),
        ("SELECT 1 / 0", "DIVISION_BY_ZERO"),
        ("SELECT 1 % 0", "DIVISION_BY_ZERO"),
        ("SELECT cast('a' AS integer)", "INVALID_CAST_ARGUMENT"),
        ("SELECT cast('2.5' AS integer)", "INVALID_CAST_ARGUMENT"),
        ("SELECT from_iso8601_timestamp('2020-05-11 11:15:05')", "INVALID_CAST_ARGUMENT"),
        # Trino keeps an offset, and DuckDB does not.
        ("SELECT from_iso8601_timestamp('2020-05-11T11:15:05+05:30')", "INVALID_CAST_ARGUMENT"),
        ("SELECT 2147483647 + 1", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("SELECT date_trunc('fortnight', time) FROM readings", "INVALID_FUNCTION_ARGUMENT"),
        ("SELECT hour(time) FROM readings", "FUNCTION_NOT_FOUND"),
        ("SELECT 7 / 2.0", "NOT_SUPPORTED"),
        ("SELECT cast(value AS varchar) FROM readings", "NOT_SUPPORTED"),
        ("SELECT name || 'a' FROM readings", "NOT_SUPPORTED"),
        ("SELECT number::varchar FROM readings", "NOT_SUPPORTED"),
        ("SELECT current_timestamp", "NOT_SUPPORTED"),
        ("SELECT name FROM readings WHERE name LIKE 'a'", "NOT_SUPPORTED"),
        ("SELECT lag(number) IGNORE NULLS OVER (ORDER BY number) FROM readings", "NOT_SUPPORTED"),
        ("SELECT ARRAY[1, 2]", "NOT_SUPPORTED"),
    ],
)
def test_what_trino_refuses_or_is_not_served_is_refused(connection, sql, code):
    with pytest.raises(QueryError) as refused:
        run(connection, sql)
    assert str(refused.value).startswith(code)


@pytest.mark.parametrize(
    "sql",
    ["SELEC 1", "SELEC", "1 + 1", "SELECT (1", "SELECT 1; SELECT 2", "UNLOAD (SELECT 1", "UNLOAD (SELECT 1) TO x"],
)
def test_a_malformed_query_is_refused(sql):
    with pytest.raises(MalformedQuery):
        syntax.parse(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (a int)",
        "INSERT INTO t SELECT 1",
        "SHOW TABLES",
        "SELECT 1 UNION SELECT 2",
        "DROP TABLE readings",
    ],
)
def test_other_statements_are_refused(sql):
    with pytest.raises(UnsupportedStatement):
        syntax.parse(sql)


@pytest.mark.parametrize(
    ("where", "condition"),
    [
        ("day = '2026-11-27' AND number > 1", "\"day\" = '2026-11-27'"),
        ("r.day BETWEEN 'a' AND 'b' AND day IN ('a', 'b')", "\"day\" BETWEEN 'a' AND 'b' AND \"day\" IN ('a', 'b')"),
        ("day = 'a' OR (day = 'b' AND day > 'c')", "\"day\" = 'a' OR (\"day\" = 'b' AND \"day\" > 'c')"),
        ("day = 'a' OR number > 1", ""),
        ("day = name", ""),
        ("number > 1", ""),
    ],
)
def test_conditions_on_partition_keys_choose_the_partitions(where, condition):
    sql = f"WITH a AS (SELECT number FROM readings r WHERE {where}) SELECT * FROM a WHERE number = 7"
    translated = translation.translate(syntax.parse(sql).select, "telemetry", columns_of, lambda *table: ("day",))
    assert [scan.condition for scan in translated.scans] == [condition]
