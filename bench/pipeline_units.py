"""What pipeline_app needs for one message, and for a fleet of devices in a month of 30 days."""

from dataclasses import dataclass
from math import ceil

DAYS = 30
HOURS = DAYS * 24
_MINUTES = HOURS * 60
# A function has one CPU for each 1,769 MB: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html.
_GB_A_CPU = 1769 / 1024


@dataclass(frozen=True)
class Units:
    """Bytes, writes and CPU are measured or counted. Those of Redshift are estimates: there is none to measure."""

    messages_a_minute: float = 1
    # Four measurements in canonical units: `bench/telemetry_records.py`.
    envelope_bytes: float = 304
    row_bytes: float = 253
    # In Parquet with Snappy; 36 of them are the source id.
    parquet_bytes: float = 61
    # Of a shard's 1,000 messages a second.
    shard_share: float = 0.8
    # CPU, where each message of a batch is another device's, whose state and minute are two requests.
    cpu_seconds_an_update: float = 0.00107
    cpu_seconds_a_transform: float = 0.000020
    batch_messages: float = 1000
    # The state, the old and the new entry of the index, and the minute; both are read consistently.
    write_units: float = 4
    read_units: float = 2
    minute_bytes: float = 526 + 100
    minute_days: float = 30
    # Firehose writes an object for each partition in an interval; some messages are those of another hour.
    interval_seconds: float = 60
    object_bytes_of_rows: float = 64 * 2**20
    partitions: float = 1.1
    gets_of_an_object_a_scan: float = 4
    # Each of two kinds: an hour at 15, 30, 45, 60 minutes and at its end, a day every two hours and at its end.
    runs_an_hour: float = 10
    runs_a_day: float = 26
    # What these runs read of each reading: 3.5 times by the hour and 7.5 times by the day, for two kinds.
    scans: float = 22
    athena_least_bytes: float = 10_000_000
    report_bytes_a_row: float = 400
    # With the provisional rows, which are unloaded and replaced: 5 of an hour, 13 of a day.
    rows_a_device_a_day: float = 24 * 5 + 13
    kept_rows_a_device_a_day: float = 25
    # Loads at the same time share the least time that is billed.
    rpu: float = 8
    loads_an_hour: float = 5.5
    least_seconds_a_load: float = 60
    rows_a_second: float = 200_000
    logged_bytes_an_invocation: float = 500
    calls: float = 500_000
    secrets: float = 2


@dataclass(frozen=True)
class Fleet:
    """A fleet's month."""

    devices: int
    units: Units

    @property
    def messages(self) -> float:
        """Messages a month."""
        return self.devices * self.units.messages_a_minute * _MINUTES

    @property
    def messages_a_second(self) -> float:
        """Messages a second, spread evenly."""
        return self.messages / (_MINUTES * 60)

    @property
    def shards(self) -> int:
        """Shards of the stream, by the number of records: a shard's megabyte would take three times as many."""
        return ceil(self.messages_a_second / (1000 * self.units.shard_share))

    @property
    def updates_at_a_time(self) -> float:
        """Instances of `update_fleet` with one CPU each."""
        return self.messages_a_second * self.units.cpu_seconds_an_update

    @property
    def transforms_at_a_time(self) -> float:
        """Instances of `transform` with one CPU each."""
        return self.messages_a_second * self.units.cpu_seconds_a_transform

    @property
    def gb_seconds(self) -> float:
        """Lambda's time."""
        cpu_seconds = self.units.cpu_seconds_an_update + self.units.cpu_seconds_a_transform
        return self.messages * cpu_seconds * _GB_A_CPU + _MINUTES * 2 * 0.1 + self.units.calls * 0.02

    @property
    def invocations(self) -> float:
        """Lambda's invocations: a batch a second of each shard, or fewer and larger ones; and two each minute."""
        batches = max(self.messages / self.units.batch_messages, min(self.messages, self.shards * _MINUTES * 60))
        return batches + self.messages / self.units.batch_messages + self.objects + _MINUTES * 2 + self.units.calls

    @property
    def write_units(self) -> float:
        """Of DynamoDB, with what notes each object."""
        return self.messages * self.units.write_units + self.objects * 4

    @property
    def read_units(self) -> float:
        """Of DynamoDB, with the fleet's count each minute, which reads the whole index."""
        count = self.devices * 53 / 4096 * 0.5 * _MINUTES
        return self.messages * self.units.read_units + count

    @property
    def stored_minutes_bytes(self) -> float:
        """The items of minutes, before they expire."""
        minutes = self.devices * min(1, self.units.messages_a_minute) * 1440 * self.units.minute_days
        return minutes * self.units.minute_bytes

    @property
    def telemetry_bytes(self) -> float:
        """Of a month, in Parquet."""
        return self.messages * self.units.parquet_bytes

    @property
    def objects(self) -> float:
        """Objects of telemetry a month."""
        units = self.units
        by_time = _MINUTES * 60 / units.interval_seconds * units.partitions
        return max(by_time, self.messages * units.row_bytes / units.object_bytes_of_rows)

    @property
    def runs(self) -> float:
        """Reports that are made, provisional ones too."""
        return self.units.runs_an_hour * HOURS + self.units.runs_a_day * DAYS

    @property
    def scans(self) -> float:
        """How often an object is read."""
        return self.units.scans

    @property
    def report_bytes(self) -> float:
        """What remains of a month's reports on devices, in Parquet and CSV."""
        return self.devices * self.units.kept_rows_a_device_a_day * DAYS * self.units.report_bytes_a_row

    @property
    def athena_bytes(self) -> float:
        """What is billed: an UNLOAD and a SELECT a run, each at least the least."""
        least = self.runs * 2 * self.units.athena_least_bytes
        rows = self.devices * self.units.rows_a_device_a_day * DAYS * self.units.report_bytes_a_row
        return max(least, self.telemetry_bytes * self.units.scans + rows)

    @property
    def rpu_seconds(self) -> float:
        """Redshift's time."""
        loads = self.units.loads_an_hour * HOURS * self.units.least_seconds_a_load
        rows = self.devices * self.units.rows_a_device_a_day * DAYS
        return self.units.rpu * max(loads, rows / self.units.rows_a_second)
