"""Operators' commands of pipeline_app: `python -m deploy task pipeline_app NAME`."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

# The deploy tool loads this file by its path and knows no app's packages.
sys.path.append(str(Path(__file__).parent))

from chalicelib.pipeline.devices.registry import Registry
from chalicelib.pipeline.operators import Operator, now
from chalicelib.pipeline.warehouse.migrating import MigrationChanged
from chalicelib.pipeline.warehouse.parking import retry_parked
from chalicelib.pipeline.warehouse.ports import StatementFailed
from operations.athena import Athena
from operations.counts import counted
from operations.csv_text import csv_text
from operations.dead_letters.rule_errors import put_rule_errors
from operations.dead_letters.stream_records import StreamRecords
from operations.delivery_errors import DeliveryErrors
from operations.lease import Lease
from operations.quarantine import Release, existing
from operations.reconciliation.report_progress import LOADS_SQL, ReportProgress
from operations.reconciliation.sources import Sources, compare
from operations.reconciliation.summary import summary
from operations.remaking import remake
from operations.replay import replay as replay_stream
from operations.telemetry_stream import TelemetryStream
from operations.time_range import TimeRange
from rich.progress import track
from simulator.keys import KeyFolder
from simulator.ledger import delete, entries

from common.redrive.queue import DeadLetterQueue
from common.redrive.redriving import queue_urls
from common.redrive.redriving import redrive as redrive_queue

# Keys and ledgers of each stage.
LOCAL = Path(__file__).parents[1] / ".local" / "pipeline"


def mail_alerts(context: Any, email: str) -> str:
    """Send a mail to an address for each alert that is raised or cleared, once its owner has confirmed that."""
    if "@" not in email:
        raise ValueError(f"{email!r} is not a mail address")
    _operator(context).alert_topic.subscribe(email)
    if context.endpoint_url:
        return f"{email} is subscribed, but the embedded AWS sends no mail for SNS: `make run` prints alerts"
    return f"{email} gets a mail; its owner confirms with the link in it"


def replay(context: Any, since: str, until: str, source: str = "stream") -> str:
    """Deliver again what arrived in a time, such as `2026-11-27T17:00Z 2026-11-27T18:00Z`; nothing counts twice.

    From the `stream`, which has the last 24 hours, each message is delivered once more. From the `objects` in S3 the
    reports on these hours and days are made and loaded again.
    """
    times = TimeRange.of(since, until, now())
    if source == "objects":
        remade = remake(_operator(context).report_windows, times.since_ms, times.until_ms, now())
        windows = ", ".join(window.start for window in remade)
        return f"reports are made again on {windows}" if windows else "there are no objects of this time"
    if source != "stream":
        raise ValueError(f"the source is stream or objects, not {source}")
    stream = _stream(context)
    times.require_end_after(now() - stream.retention_ms(), "the stream")
    return str(replay_stream(stream, times.since_ms, times.until_ms, now))


def redrive(context: Any, queue: str) -> str:
    """Handle again what is in a dead-letter queue, such as `Stream`; an unknown name prints the names.

    From `RuleErrors` the messages that the topic rule could not put into the stream are put there. `Delivery` is no
    queue, but the records that the delivery could not transform or convert, in Firehose's error documents.
    """
    if queue == "Delivery":
        errors = DeliveryErrors(partial(context.client, "s3"), context.outputs["TelemetryBucketName"])
        lease = _lease(context, "redrive Delivery")
        return str(Release(errors, _stream(context), lease, now).release(""))
    if queue == "RuleErrors":
        rule_errors = DeadLetterQueue(partial(context.client, "sqs"), context.outputs["RuleErrorsUrl"])
        put = put_rule_errors(rule_errors, _stream(context), now)
        kept = f"; kept, because they are no messages of devices: {put.unreadable}" if put.unreadable else ""
        return f"put into the stream: {counted(put.put, 'message')}{kept}"
    urls = queue_urls(context.outputs)
    if queue not in urls:
        names = sorted([*urls, "Delivery", "RuleErrors"])
        raise ValueError(f"there is no queue {queue}; there are: {', '.join(names)}")
    dead_letters = DeadLetterQueue(partial(context.client, "sqs"), urls[queue])
    return redrive_queue(dead_letters, StreamRecords(context.client), now).text()


def quarantine(context: Any, action: str, prefix: str = "") -> str:
    """List or release what is in quarantine: `list`, or `release wrong_type/2026-11-27`.

    Files are named by reason, day and batch; a prefix chooses some of them, and release needs one. Released records are
    in the stream again, are validated once more, and are counted once.
    """
    files = _operator(context).quarantine
    if action == "list":
        listed = existing(files, prefix)
        lines = [f"{name}: {counted(len(records), 'record')}; {records[0].detail}" for name, records in listed]
        return "\n".join(lines) or "nothing is in quarantine"
    if action != "release" or not prefix:
        raise ValueError("`quarantine list [PREFIX]` or `quarantine release PREFIX`")
    return str(Release(files, _stream(context), _lease(context, "quarantine release"), now).release(prefix))


def _lease(context: Any, name: str) -> Lease:
    return Lease(partial(context.client, "dynamodb"), context.outputs["BatchesTableName"], name, now)


def reconcile(context: Any, ledger: str = "", settle: str = "60") -> str:
    """Compare the ledger of the devices with the stream, S3, the quarantine and the warehouse.

    Names every message that is missing and every count that is too high; then it fails. `ledger` is a folder; the
    default is that of this stage's simulations. Without a ledger the messages in the stream must all have arrived.
    A message of the last `settle` seconds that is nowhere yet is on its way.
    """
    if not settle.isdecimal():
        raise ValueError(f"settle must be a whole number of seconds, not {settle!r}")
    settle_ms = int(settle) * 1000
    client, outputs = partial(partial, context.client), context.outputs
    operator = _operator(context)
    windows = operator.report_windows
    warehouse = operator.warehouse
    sources = Sources(
        stream=_stream(context),
        queries=Athena(client("athena"), outputs["WorkgroupName"], outputs["CatalogName"]),
        quarantine=(record for _, records in existing(operator.quarantine, "") for record in records),
        warehouse=warehouse,
        progress=lambda: ReportProgress(windows, warehouse.rows(LOADS_SQL, {}), now()),
    )
    folder = Path(ledger) if ledger else _ledger(context)
    if ledger and not folder.is_dir():
        raise ValueError(f"there is no folder {ledger}")
    try:
        differences = compare(entries(folder), sources, now(), settle_ms)
    except StatementFailed as error:
        raise ValueError(str(error)) from error
    if not differences.agree:
        raise ValueError(summary(differences))
    return summary(differences)


def _stream(context: Any) -> TelemetryStream:
    return TelemetryStream(partial(context.client, "kinesis"), context.outputs["TelemetryStreamName"])


def migrate(context: Any) -> str:
    """Apply the migrations that the warehouse does not have; each is applied once."""
    try:
        applied = _operator(context).migrating.apply()
    except (MigrationChanged, StatementFailed) as error:
        raise ValueError(str(error)) from error
    return ", ".join(f"{each.version} {each.name}" for each in applied) or "the warehouse has all migrations"


def after_deployment(context: Any) -> str | None:
    """Apply new migrations to the warehouse."""
    try:
        applied = _operator(context).migrating.apply_if_new()
    except (MigrationChanged, StatementFailed) as error:
        raise ValueError(str(error)) from error
    return f"migrations applied: {', '.join(each.name for each in applied)}" if applied else None


def retry_loads(context: Any) -> str:
    """Load the reports again whose loads were given up; prints why they were."""
    operator = _operator(context)
    parked = retry_parked(operator.loads, operator.load_queues)
    return "\n".join(f"{each.load.manifest_key}: {each.reason}" for each in parked) or "no load is parked"


def query_warehouse(context: Any, sql: str) -> str:
    """Print the rows of a query on the warehouse as CSV; it runs as the administrator."""
    try:
        return csv_text(_operator(context).warehouse.rows(sql, {})) or "no rows"
    except StatementFailed as error:
        raise ValueError(str(error)) from error


def add_device(context: Any, name: str) -> str:
    """Add a device that publishes on its own topic only, or give it a new key if its key is not on this machine.

    The private key is made here and never leaves this machine.
    """
    folder = _keys(context)
    if not _registry(context).add(name):
        return f"{name} exists: its key is in {folder / name}"
    return f"{name} is added: its certificate and private key are in {folder / name}"


def list_devices(context: Any) -> str:
    """List the devices, the statuses of their certificates, and whether their keys are on this machine."""
    keys = KeyFolder(_keys(context))
    lines = []
    for device in _registry(context).devices():
        statuses = ", ".join(sorted(status.lower() for status in device.certificates.values())) or "no certificate"
        where = "its key is here" if keys.certificate_id(device.name) in device.certificates else "its key is not here"
        lines.append(f"{device.name}  {statuses}  {where}")
    return "\n".join(lines) or "there are no devices"


def remove_device(context: Any, name: str) -> str:
    """Remove a device with its certificate, which stops working at once, and its key on this machine."""
    _registry(context).remove(name)
    return f"{name} is removed"


def before_removal(context: Any) -> str | None:
    """Remove all devices, because a policy and a thing type that are in use cannot be deleted, and the ledger."""
    registry = _registry(context)
    names = [device.name for device in registry.devices()]
    for name in names:
        registry.remove(name)
    delete(_ledger(context))
    return f"{counted(len(names), 'device')} removed" if names else None


def _ledger(context: Any) -> Path:
    return LOCAL / str(context.stage) / "ledger"


def simulate(
    context: Any,
    devices: str = "5",
    rate: str = "5",
    seconds: str = "60",
    gaps: str = "0",
    duplicates: str = "0",
    late: str = "0",
    wrong: str = "0",
    heat: str = "0",
    name: str = "simulated",
    port: str = "",
) -> str:
    """Let devices send realistic messages by MQTT: together `rate` a second, for some `seconds`; 0 is until Ctrl-C.

    `gaps`, `duplicates`, `late` and `wrong` are shares from 0 to 1: of time without messages, and of messages that are
    sent twice, hours late or invalid. `heat` is added to each temperature. Devices that do not exist are added, as
    NAME-1, NAME-2, ... `port` may be 443. What AWS IoT acknowledged is written to the ledger in .local/pipeline.
    """
    from simulator import arguments, shown, simulation  # noqa: PLC0415 - no other task needs MQTT

    options = arguments.read(devices=devices, rate=rate, seconds=seconds, name=name, port=port)
    faults = arguments.faults(heat, gaps=gaps, duplicates=duplicates, late=late, wrong=wrong)
    planned = simulation.Simulation(
        devices=options.names,
        rate=options.rate,
        seconds=options.seconds,
        endpoint=arguments.endpoint_of(_operator(context).mqtt_address(), options.port),
        keys=_keys(context),
        ledger=_ledger(context),
        faults=faults,
    )
    registry = _registry(context)
    for device in track(options.names, "adding devices", transient=True, disable=not sys.stdout.isatty()):
        registry.add(device)
    with shown.progress(options.seconds) as report:
        return shown.text(simulation.run(planned, report))


def _keys(context: Any) -> Path:
    return LOCAL / str(context.stage) / "devices"


def _registry(context: Any) -> Registry:
    return _operator(context).registry(KeyFolder(_keys(context)))


def _operator(context: Any) -> Operator:
    return Operator(context.client, context.outputs)
