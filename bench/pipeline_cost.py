"""What pipeline_app costs on AWS, on paper: measured units times list prices. `python -m bench.pipeline_cost` prints.

That Firehose counts each record as 5 KB, for its conversion too, and that Athena counts at least 10 MB for a query, are
from AWS's pages. The prices were written down in November 2026 from memory of the price lists of us-east-1. Look them
up before you rely on them:
https://aws.amazon.com/iot-core/pricing/, https://aws.amazon.com/kinesis/data-streams/pricing/,
https://aws.amazon.com/firehose/pricing/, https://aws.amazon.com/lambda/pricing/,
https://aws.amazon.com/dynamodb/pricing/on-demand/, https://aws.amazon.com/s3/pricing/,
https://aws.amazon.com/athena/pricing/, https://aws.amazon.com/redshift/pricing/, https://aws.amazon.com/sqs/pricing/,
https://aws.amazon.com/cloudwatch/pricing/, https://aws.amazon.com/secrets-manager/pricing/.
"""

from bench import costs
from bench.costs import GB, MILLION, REST, Line, Tiers, above, tiered
from bench.pipeline_units import DAYS, HOURS, Fleet, Units

FLEETS = (1_000, 1_000_000, 100_000_000)
_GIB = 2**30
_MESSAGES: Tiers = ((1000 * MILLION, 1.00 / MILLION), (4000 * MILLION, 0.80 / MILLION), (REST, 0.70 / MILLION))
_DELIVERED_GIB: Tiers = ((500 * 1024, 0.029), (1536 * 1024, 0.025), (REST, 0.020))
_STORED_GB: Tiers = ((50_000, 0.023), (450_000, 0.022), (REST, 0.021))


def lines(devices: int, units: Units | None = None) -> list[Line]:
    """Every cost of a month, a year after the beginning: what is stored is that of a year."""
    fleet = Fleet(devices, units or Units())
    return [
        Line("IoT Core: connections", devices * DAYS * 1440 / MILLION * 0.08),
        Line("IoT Core: messages", tiered(fleet.messages, _MESSAGES)),
        Line("IoT Core: rule and action", fleet.messages / MILLION * 0.30),
        Line("Kinesis", fleet.shards * HOURS * 0.015 + fleet.messages / MILLION * 0.014),
        Line("Firehose", _firehose(fleet)),
        Line("Lambda", costs.lambda_(fleet.invocations, fleet.gb_seconds)),
        Line("DynamoDB: states and minutes", _dynamodb(fleet)),
        Line("DynamoDB: stored minutes", above(fleet.stored_minutes_bytes / GB, 25) * (0.25 + 0.20)),
        Line("S3: requests, SQS", _requests(fleet)),
        Line("S3: stored", tiered(12 * (fleet.telemetry_bytes + fleet.report_bytes) / GB, _STORED_GB)),
        Line("Athena", fleet.athena_bytes / 1e12 * 5),
        Line("Redshift Serverless", _redshift(fleet)),
        Line("CloudWatch Logs", above(fleet.invocations * fleet.units.logged_bytes_an_invocation / GB, 5) * 0.50),
        Line("Read API, secrets", fleet.units.calls / MILLION * 3.50 + fleet.units.secrets * 0.40),
    ]


def _firehose(fleet: Fleet) -> float:
    # Each record counts as 5 KB: https://aws.amazon.com/firehose/pricing/.
    counted_gib = fleet.messages * 5 * 1024 / _GIB
    partitioned_gib = fleet.messages * fleet.units.row_bytes / _GIB
    partitioning = partitioned_gib * 0.020 + fleet.objects / 1000 * 0.005
    return tiered(counted_gib, _DELIVERED_GIB) + counted_gib * 0.018 + partitioning


def _dynamodb(fleet: Fleet) -> float:
    return (fleet.write_units * 0.625 + fleet.read_units * 0.125) / MILLION


def _requests(fleet: Fleet) -> float:
    puts, gets = fleet.objects + fleet.runs * 4, fleet.scans * fleet.objects * fleet.units.gets_of_an_object_a_scan
    messages = above(3 * (fleet.objects + fleet.runs * 4), MILLION)
    return puts / 1000 * 0.005 + gets / 1000 * 0.0004 + messages / MILLION * 0.40


def _redshift(fleet: Fleet) -> float:
    return fleet.rpu_seconds / 3600 * 0.375 + 12 * fleet.report_bytes / GB * 0.024


def sizes() -> str:
    """The table of what a fleet needs."""
    fleets = [Fleet(devices, Units()) for devices in FLEETS]
    rows = [
        ("messages a second", [f"{fleet.messages_a_second:,.0f}" for fleet in fleets]),
        ("shards", [f"{fleet.shards:,}" for fleet in fleets]),
        ("`update_fleet` at a time", [f"{fleet.updates_at_a_time:,.1f}" for fleet in fleets]),
        ("`transform` at a time", [f"{fleet.transforms_at_a_time:,.1f}" for fleet in fleets]),
        ("objects an hour", [f"{fleet.objects / HOURS:,.0f}" for fleet in fleets]),
        ("megabytes of an object", [f"{fleet.telemetry_bytes / fleet.objects / 1e6:,.2f}" for fleet in fleets]),
        ("gigabytes of telemetry a day", [f"{fleet.telemetry_bytes / DAYS / GB:,.2f}" for fleet in fleets]),
        (
            "gigabytes that a report of an hour reads",
            [f"{fleet.telemetry_bytes / HOURS / GB:,.4f}" for fleet in fleets],
        ),
    ]
    head = ["devices", *(f"{devices:,}" for devices in FLEETS)]
    table = [head, ["---", *("---:" for _ in FLEETS)], *([name, *values] for name, values in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in table)


def tables() -> list[str]:
    """The tables of docs/pipeline.md."""
    return [sizes(), costs.table("devices", FLEETS, [lines(devices) for devices in FLEETS])]


if __name__ == "__main__":
    print("\n\n".join(tables()))
