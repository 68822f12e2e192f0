"""Connects streams of DynamoDB and Kinesis with functions: replaces MiniStack's pollers with `lambda_.event_sources`.

Lambda reads each shard in order, one batch at a time, or up to ten batches of different items at a time. It waits for
the batching window, skips the records that no filter matches, and invokes the function until the batch is processed. A
batch that exceeds its age or its retries is discarded and reported to a destination. Lambda can bisect a failing batch,
and continues after the records that a function reports as processed
(https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html, https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
and the pages below).

MiniStack serves all mappings with one thread, keeps list indexes as positions, and ignores most settings.
"""

import logging
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import partial
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge, lambda_svc

from local_aws import main_loop
from local_aws.faults import regions
from local_aws.hooks import prepares, put, replaces, wraps
from local_aws.services.kinesis import reader
from local_aws.services.lambda_ import execution_roles
from local_aws.services.lambda_.event_sources import destination
from local_aws.services.lambda_.event_sources.delivery import SubBatch
from local_aws.services.lambda_.event_sources.dynamodb import DynamoDbStreams
from local_aws.services.lambda_.event_sources.kinesis import KinesisStreams
from local_aws.services.lambda_.event_sources.source import Shard, Source
from local_aws.services.lambda_.event_sources.supervisor import LambdaCallbacks, Mapping, MappingId, Supervisor
from local_aws.settings import Settings
from local_aws.state import persistence

_LAMBDA = "ministack.services.lambda_svc"

_log = logging.getLogger(__name__)
_endpoint_url = ""
# StartingPositionTimestamp of the mapping that is being created.
_timestamp: ContextVar[float | None] = ContextVar("_timestamp", default=None)


class _Wake:
    """Replaces the event that MiniStack's DynamoDB sets for each stream record."""

    def set(self) -> None:
        _dynamodb.wake()


put("ministack.services.dynamodb:esm_wake", _Wake(), __name__)


@prepares
def _prepare(settings: Settings) -> None:
    global _endpoint_url
    _endpoint_url = settings.endpoint_url
    reader.listen(_kinesis.wake)
    for supervisor in _supervisors:
        main_loop.call_before_stop(supervisor.stop)


@wraps("ministack.services.lambda_svc:_ensure_poller")
def _ensure_poller_when_loaded(ensure: Callable[[], None]) -> None:
    """Start to serve loaded mappings when all state is loaded: functions use queues, secrets and logs."""
    persistence.when_loaded(ensure)


@replaces("ministack.services.lambda_svc:_poll_dynamodb_streams")
def _poll_dynamodb() -> bool:
    """Replace MiniStack's poll of all streams, which runs every second."""
    _dynamodb.reconcile()
    return False


@replaces("ministack.services.lambda_svc:_poll_kinesis")
def _poll_kinesis() -> bool:
    _kinesis.reconcile()
    return False


@wraps("ministack.services.lambda_svc:_create_esm")
def _create_from_position(create: Callable[[Mapping], Any], data: Mapping) -> Any:
    token = _timestamp.set(data.get("StartingPositionTimestamp"))
    try:
        return _with_reconcile(create, data)
    finally:
        _timestamp.reset(token)


@wraps(
    "ministack.services.lambda_svc:_update_esm",
    "ministack.services.lambda_svc:_delete_esm",
)
def _with_reconcile(operation: Callable[..., Any], *arguments: Any) -> Any:
    answer = operation(*arguments)
    for supervisor in _supervisors:
        supervisor.reconcile()
        supervisor.wake()
    return answer


@replaces("ministack.services.lambda_svc:_init_stream_position")
def _init_stream_position(esm_id: str, source_arn: str, starting: str) -> None:
    mapping_id = MappingId(get_account_id(), get_region(), esm_id)
    mapping = {
        "EventSourceArn": source_arn,
        "StartingPosition": starting,
        "StartingPositionTimestamp": _timestamp.get(),
    }
    for supervisor in _supervisors:
        supervisor.start_mapping(mapping_id, mapping)


def _mappings() -> Iterator[tuple[MappingId, Mapping]]:
    for account, region, mapping in lambda_svc._iter_all_esms():
        mapping_id = MappingId(account, region, mapping["UUID"])
        if mapping.get("Enabled", True) and _function(mapping_id, mapping) is not None:
            yield mapping_id, mapping


def _mapping(mapping_id: MappingId) -> Mapping | None:
    mapping = lambda_svc._esms.get_scoped(*mapping_id)
    is_served = mapping and mapping.get("Enabled", True) and not regions.is_down(mapping_id.region)
    return mapping if is_served else None


def _function(mapping_id: MappingId, mapping: Mapping) -> dict[str, Any] | None:
    with request_scope(mapping_id.account, mapping_id.region):
        function, _ = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
    return function  # type: ignore[no-any-return]


def _matches(source: Source, mapping: Mapping, event: dict[str, Any]) -> bool:
    """Whether a filter matches a record. Filters are EventBridge patterns."""
    filters = (mapping.get("FilterCriteria") or {}).get("Filters")
    if not filters:
        return True
    described = source.filtered(event)
    alternatives = (pattern for item in filters for pattern in eventbridge._compiled_pattern(item["Pattern"]) or ())
    return any(eventbridge._matches_detail(described, alternative) for alternative in alternatives)


def _invoke(source: Source, mapping_id: MappingId, mapping: Mapping, events: list[dict[str, Any]]) -> dict[str, Any]:
    function = _function(mapping_id, mapping)
    if function is None:
        return {"throttle": True}
    with request_scope(mapping_id.account, mapping_id.region):
        records = [source.completed(event, function["config"]["Role"]) for event in events]
        return lambda_svc._execute_function(function, {"Records": records})  # type: ignore[no-any-return]


def _report(
    source: Source, mapping_id: MappingId, mapping: Mapping, shard: Shard, sub_batch: SubBatch, condition: str
) -> None:
    """Report discarded records to the mapping's destination, as the function's role. Only botocore retries."""
    arn = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    function = _function(mapping_id, mapping)
    if not arn or function is None:
        return
    document = destination.document(mapping, shard, sub_batch, condition, source.batch_info)
    service = arn.split(":")[2]
    try:
        client = execution_roles.client(service, function["config"]["Role"], mapping_id.region, _endpoint_url)
        destination.send(client, arn, document, sub_batch, destination.object_key(mapping, shard))
    except Exception:
        _log.exception("the destination %s refused a report of %s", arn, mapping["FunctionArn"])


def _supervisor(source: Source) -> Supervisor:
    callbacks = LambdaCallbacks(
        _mappings, _mapping, partial(_matches, source), partial(_invoke, source), partial(_report, source)
    )
    return Supervisor(source, callbacks)


_dynamodb, _kinesis = _supervisors = _supervisor(DynamoDbStreams()), _supervisor(KinesisStreams())
