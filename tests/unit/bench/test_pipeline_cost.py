"""The tables of pipeline_app's cost: they are those of the documentation, and follow the price lists."""

from pathlib import Path

import pytest

from bench import telemetry_records
from bench.costs import Line
from bench.pipeline_cost import FLEETS, lines, tables
from bench.pipeline_units import Fleet, Units

PAGE = Path(__file__).parents[3] / "docs" / "pipeline.md"
MILLION = 1_000_000


def dollars(costs: list[Line], name: str) -> float:
    (line,) = [line for line in costs if line.name == name]
    return line.dollars


def test_the_page_has_the_current_tables():
    text = PAGE.read_text()
    assert all(table in text for table in tables())


def test_the_envelope_is_as_large_as_those_that_are_measured():
    sizes = [len(envelope) for envelope in telemetry_records.envelopes(1000)]
    assert sum(sizes) / len(sizes) == pytest.approx(Units().envelope_bytes, rel=0.01)


def test_a_shard_takes_eight_tenths_of_a_thousand_messages_a_second():
    assert Fleet(48_000, Units()).shards == 1
    assert Fleet(48_060, Units()).shards == 2


def test_messages_are_paid_by_tiers():
    five_billion, ten_billion = (Fleet(devices, Units()).messages for devices in (115_740, 231_480))
    assert five_billion == pytest.approx(5e9, rel=1e-4)
    assert dollars(lines(115_740), "IoT Core: messages") == pytest.approx(1000 + 4000 * 0.8, rel=1e-3)
    assert dollars(lines(231_480), "IoT Core: messages") == pytest.approx(4200 + (ten_billion - 5e9) * 0.7e-6, rel=1e-3)


def test_firehose_counts_five_kilobytes_of_each_record():
    units = Units(row_bytes=0, interval_seconds=1e12)
    # 10 records a second are 50 KB: 10 times the documentation's example.
    counted_gib = 10 * 5 * 86_400 * 30 / 1024 / 1024
    assert dollars(lines(600, units), "Firehose") == pytest.approx(counted_gib * (0.029 + 0.018), rel=1e-3)


def test_small_fleets_pay_the_least_that_a_query_and_a_load_cost():
    units = Units()
    runs = units.runs_an_hour * 720 + units.runs_a_day * 30
    assert dollars(lines(10), "Athena") == pytest.approx(runs * 2 * 10e6 / 1e12 * 5)
    assert dollars(lines(10), "Redshift Serverless") == pytest.approx(720 * 5.5 * 60 * 8 / 3600 * 0.375, rel=0.001)


def test_more_devices_never_cost_less():
    sums = [sum(line.dollars for line in lines(devices)) for devices in FLEETS]
    assert sums == sorted(sums)
