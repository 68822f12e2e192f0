"""The SQL of the reports: runs as it is, with the numbers that its comments define."""

from datetime import UTC, datetime

import pytest
from chalicelib.pipeline.reports import statements
from chalicelib.pipeline.reports.model import InvalidWindow, Kind, Run, Window

from local_aws.sql import sandbox
from local_aws.sql.trino import corrections, syntax, translation

HOUR, DAY = Window("2026-11-27T17"), Window("2026-11-27")
COLUMNS = {
    **{"device_id": "VARCHAR", "message_id": "VARCHAR", "source_id": "VARCHAR"},
    **{"event_time": "TIMESTAMP", "received_at": "TIMESTAMP"},
    **{"temperature": "DOUBLE", "humidity": "DOUBLE", "pressure": "DOUBLE", "battery": "DOUBLE"},
    **{"event_date": "VARCHAR", "event_hour": "INTEGER"},
}
RUN = Run("v3-abc-1", 3, "abc", 0, True)


@pytest.fixture
def connection(tmp_path):
    with sandbox.connect(tmp_path) as connection:
        for macro in corrections.MACROS:
            connection.execute(macro)
        types = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        connection.execute(f"CREATE TABLE telemetry ({types})")
        yield connection


def add(connection, device, message, at, delay=1, temperature=20.0, hour=17, **values):
    """A message `at` so many seconds of an hour, which arrived `delay` seconds later."""
    event = datetime(2026, 11, 27, hour, at // 60, at % 60)
    received = datetime.fromtimestamp(event.replace(tzinfo=UTC).timestamp() + delay, UTC).replace(tzinfo=None)
    measurements = [temperature, values.get("humidity"), values.get("pressure"), values.get("battery")]
    row = [device, message, f"{message}-{delay}", event, received, *measurements, "2026-11-27", hour]
    connection.execute("INSERT INTO telemetry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def rows(connection, kind, window):
    """The rows of a report by column."""
    sql = statements.select(kind, window)
    statement = syntax.parse(sql)
    syntax.check_served(statement, sql)
    translated = translation.translate(
        statement.select, "pipeline", lambda *table: COLUMNS, lambda *table: ("event_date", "event_hour")
    )
    for scan in translated.scans:
        select = f"SELECT * FROM telemetry WHERE {scan.condition}"
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {scan.view} AS {select}")
    cursor = connection.execute(translated.sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_a_device_hour_counts_readings_duplicates_late_messages_and_gaps(connection):
    for number, at in enumerate([0, 60, 120, 400, 521]):
        add(connection, "a", f"m{number}", at, temperature=20.0 + number)
    add(connection, "a", "m1", 60, delay=7)
    add(connection, "a", "m5", 530, delay=301)
    add(connection, "a", "before", 3599, hour=16)
    add(connection, "b", "m0", 10, temperature=None, battery=0.5)
    first, second = rows(connection, Kind.DEVICE_HOUR, HOUR)
    assert first["device_id"] == "a"
    assert first["window_start"] == datetime(2026, 11, 27, 17)
    assert (first["readings"], first["duplicates"], first["late"]) == (6, 1, 1)
    # The pauses are 60, 60, 280, 121 and 9 seconds.
    assert (first["gaps"], first["longest_gap_seconds"]) == (2, 280)
    assert (first["first_event_time"].minute, first["last_event_time"].second) == (0, 50)
    assert (second["readings"], second["gaps"], second["longest_gap_seconds"]) == (1, 0, 0)
    assert (second["temperature_mean"], second["battery_min"]) == (None, 0.5)


def test_percentiles_are_of_each_message_once(connection):
    for number in range(1, 101):
        add(connection, "a", f"m{number}", number, temperature=float(number))
        add(connection, "a", f"m{number}", number, delay=9, temperature=float(number))
    [row] = rows(connection, Kind.DEVICE_HOUR, HOUR)
    assert (row["temperature_mean"], row["temperature_p50"]) == (50.5, 50.0)
    assert (row["temperature_p95"], row["temperature_p99"]) == (95.0, 99.0)


def test_an_anomaly_is_three_deviations_from_the_devices_mean(connection):
    for number in range(30):
        add(connection, "steady", f"m{number}", number, temperature=20.0 + number % 2)
        add(connection, "constant", f"m{number}", number, temperature=4.0)
    add(connection, "steady", "hot", 40, temperature=60.0)
    by_device = {row["device_id"]: row["anomalies"] for row in rows(connection, Kind.DEVICE_HOUR, HOUR)}
    assert by_device == {"steady": 1, "constant": 0}


def test_a_fleet_report_adds_up_the_devices(connection):
    for device in "abc":
        for number, at in enumerate([0, 60, 200]):
            add(connection, device, f"m{number}", at if device == "a" else at // 2)
    add(connection, "c", "m0", 0, delay=400)
    devices, [fleet] = rows(connection, Kind.DEVICE_HOUR, HOUR), rows(connection, Kind.FLEET_HOUR, HOUR)
    for count in ("readings", "duplicates", "late", "gaps", "anomalies"):
        assert fleet[count] == sum(device[count] for device in devices)
    assert (fleet["devices"], fleet["devices_with_gaps"], fleet["longest_gap_seconds"]) == (3, 1, 140)


def test_a_day_has_all_its_hours(connection):
    for hour in (0, 17, 23):
        add(connection, "a", f"m{hour}", 0, hour=hour)
    assert [row["readings"] for row in rows(connection, Kind.DEVICE_DAY, DAY)] == [3]
    assert [row["readings"] for row in rows(connection, Kind.FLEET_DAY, DAY)] == [3]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_report_of_nothing_has_no_rows_and_the_columns_are_known(connection, kind):
    window = HOUR if kind.grain == "hour" else DAY
    assert rows(connection, kind, window) == []
    add(connection, "a", "m", 0)
    assert tuple(rows(connection, kind, window)[0]) == statements.column_names(kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_report_reads_its_own_partitions_only(kind):
    window = HOUR if kind.grain == "hour" else DAY
    translated = translation.translate(
        syntax.parse(statements.select(kind, window)).select,
        "pipeline",
        lambda *table: COLUMNS,
        lambda *table: ("event_date", "event_hour"),
    )
    hour = ' AND "event_hour" = 17' if kind.grain == "hour" else ""
    assert [scan.condition for scan in translated.scans] == [f"\"event_date\" = '2026-11-27'{hour}"]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_report_scans_its_objects_once(kind):
    """Athena runs a WITH query once for each use: https://trino.io/docs/current/sql/select.html#with-clause."""
    sql = statements.select(kind, HOUR)
    for name in ("telemetry", "copies", "readings"):
        assert sql.count(f"FROM {name}\n") + sql.count(f"JOIN {name} ") == 1


@pytest.mark.parametrize("step", [statements.UNLOAD, statements.CSV])
def test_a_statement_says_which_step_of_which_run_it_is(step):
    unload = statements.unload(Kind.DEVICE_HOUR, HOUR, RUN, "reports")
    sql = unload if step == statements.UNLOAD else statements.csv(Kind.DEVICE_HOUR, HOUR, RUN)
    assert statements.step_of(sql) == (Kind.DEVICE_HOUR, HOUR, "v3-abc-1", step)
    parsed = syntax.parse(sql)
    assert parsed.target == (
        None if step == "csv" else "s3://reports/reports/device_hour/window_id=2026-11-27T17/run_id=v3-abc-1/"
    )


def test_the_select_of_an_unload_is_the_report():
    unload = statements.unload(Kind.DEVICE_HOUR, HOUR, RUN, "reports")
    assert statements.select_of(unload) == statements.select(Kind.DEVICE_HOUR, HOUR)


@pytest.mark.parametrize("sql", ["SELECT 1", "-- report device_hour 2026-11-27T99 run r step csv\n", "-- report x y\n"])
def test_other_statements_are_no_step(sql):
    assert statements.step_of(sql) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-27T24",
        "2026-11-31",
        "2026-11-27T17:00",
        "2026-1-2",
        "2026-11-27T7",
        "x' OR '1'='1",
        "２０２６-11-27",
    ],
)
def test_what_is_no_window_is_refused(text):
    with pytest.raises(InvalidWindow):
        Window.of(text)
