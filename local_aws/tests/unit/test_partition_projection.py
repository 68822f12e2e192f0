"""Partition projection as documented: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html."""

from datetime import UTC, datetime

import pytest

from local_aws.sql.athena.projection import projection
from local_aws.sql.trino.errors import QueryError

NOW = datetime(2026, 11, 27, 17, 5, tzinfo=UTC)


def partition(key, column="c", location="s3://bucket/t/", **properties):
    settings = {f"projection.{column}.{name}": value for name, value in properties.items() if name != "template"}
    settings["projection.enabled"] = "true"
    if "template" in properties:
        settings["storage.location.template"] = properties["template"]
    return projection(location, [column], settings, NOW).partition_of(key)


@pytest.mark.parametrize(
    ("value", "properties", "is_projected"),
    [
        ("a", {"type": "enum", "values": "a, b"}, True),
        ("c", {"type": "enum", "values": "a, b"}, False),
        ("7", {"type": "integer", "range": "0,23"}, True),
        ("24", {"type": "integer", "range": "0,23"}, False),
        ("07", {"type": "integer", "range": "0,23"}, False),
        ("07", {"type": "integer", "range": "0,23", "digits": "2"}, True),
        ("7", {"type": "integer", "range": "0,23", "digits": "2"}, False),
        ("4", {"type": "integer", "range": "0,23", "interval": "2"}, True),
        ("5", {"type": "integer", "range": "0,23", "interval": "2"}, False),
        ("x", {"type": "integer", "range": "0,23"}, False),
        ("2026-01-01", {"type": "date", "range": "2026-01-01,NOW", "format": "yyyy-MM-dd"}, True),
        ("2025-12-31", {"type": "date", "range": "2026-01-01,NOW", "format": "yyyy-MM-dd"}, False),
        ("2026-11-27", {"type": "date", "range": "NOW-1DAYS,NOW", "format": "yyyy-MM-dd"}, True),
        ("2026-11-26", {"type": "date", "range": "NOW-1DAY,NOW", "format": "yyyy-MM-dd"}, True),
        ("2026-11-25", {"type": "date", "range": "NOW-1DAYS,NOW", "format": "yyyy-MM-dd"}, False),
        ("2026-11-28", {"type": "date", "range": "NOW-3YEARS,NOW+1DAYS", "format": "yyyy-MM-dd"}, True),
        ("2023-11-26", {"type": "date", "range": "NOW-3YEARS,NOW", "format": "yyyy-MM-dd"}, False),
        ("2026-13-01", {"type": "date", "range": "2026-01-01,NOW", "format": "yyyy-MM-dd"}, False),
        ("20261127", {"type": "date", "range": "2026-01-01,NOW", "format": "yyyy-MM-dd"}, False),
        ("anything", {"type": "injected"}, True),
    ],
)
def test_a_value_is_projected_or_not(value, properties, is_projected):
    found = partition(f"t/c={value}/x.parquet", **properties)
    assert found == ({"c": value} if is_projected else None)


def test_a_template_says_where_partitions_are():
    template = {
        "template": "s3://bucket/raw/${c}/data/",
        "type": "date",
        "range": "2026/01/01,NOW",
        "format": "yyyy/MM/dd",
    }
    assert partition("raw/2026/11/27/data/x", **template) == {"c": "2026/11/27"}
    assert partition("raw/2026/11/27/other/x", **template) is None
    assert partition("t/c=2026-11-27/x", **template) is None


@pytest.mark.parametrize(
    ("values", "prefix"),
    [
        ({}, "t/day="),
        ({"hour": "17"}, "t/day="),
        ({"day": "2026-11-27"}, "t/day=2026-11-27/hour="),
        ({"day": "2026-11-27", "hour": "17"}, "t/day=2026-11-27/hour=17/"),
    ],
)
def test_known_values_narrow_what_is_listed(values, prefix):
    settings = {"projection.enabled": "true", "projection.day.type": "injected", "projection.hour.type": "injected"}
    assert projection("s3://bucket/t/", ["day", "hour"], settings, NOW).prefix_of(values) == prefix


@pytest.mark.parametrize(
    "properties",
    [
        {"type": "number"},
        {"type": "integer", "range": "1"},
        {"type": "date", "range": "soon,NOW", "format": "yyyy-MM-dd"},
        {"type": "enum", "values": "a", "template": "s3://bucket/t/${d}/"},
    ],
)
def test_a_projection_that_is_not_valid_fails_the_query(properties):
    with pytest.raises(QueryError, match="INVALID_TABLE_PROPERTY"):
        partition("t/c=1/x", **properties)


def test_partitions_without_projection_are_not_served():
    with pytest.raises(QueryError, match="NOT_SUPPORTED"):
        projection("s3://bucket/t/", ["c"], {}, NOW)
