"""DynamoDB streams as event sources of functions.

Lambda reads each shard in order, a batch at a time, or up to ten batches of different items at a time; it waits for a
batching window, leaves out what a filter does not match, and invokes the function until the batch is processed or, by
age or number of retries, given up and told to a destination; it can halve a failing batch and go on behind the records
that a function reports as processed (https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html and the pages below).

MiniStack serves all mappings with one thread, keeps list indexes as positions, and stores most settings unused. Its
poller (`lambda_svc._poll_dynamodb_streams`) is replaced by `lambda_.event_sources`; `_create_esm`, `_update_esm` and
`_delete_esm` are wrapped so that a change takes effect at once, as are `dynamodb.esm_wake` (new records) and
`_init_stream_position` (a new mapping's place).
"""

import logging
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge, lambda_svc

from local_aws import main_loop
from local_aws.faults import regions
from local_aws.hooks import prepares, put, replaces, wraps
from local_aws.services.lambda_ import execution_roles
from local_aws.services.lambda_.event_sources import destination
from local_aws.services.lambda_.event_sources import dynamodb as dynamodb_source
from local_aws.services.lambda_.event_sources.delivery import SubBatch
from local_aws.services.lambda_.event_sources.source import Shard
from local_aws.services.lambda_.event_sources.supervisor import Lambda, Mapping, Owner, Supervisor
from local_aws.settings import Settings

_LAMBDA = "ministack.services.lambda_svc"

_log = logging.getLogger(__name__)
_endpoint_url = ""
_source = dynamodb_source.DynamoDbStreams()


class _Wake:
    """In place of the event that MiniStack's DynamoDB sets for each stream record."""

    def set(self) -> None:
        supervisor.wake()


put("ministack.services.dynamodb:esm_wake", _Wake(), __name__)


@prepares
def _prepare(settings: Settings) -> None:
    global _endpoint_url
    _endpoint_url = settings.endpoint_url
    main_loop.before_stop(supervisor.stop)


@replaces("ministack.services.lambda_svc:_poll_dynamodb_streams")
def _look() -> bool:
    """In place of MiniStack's pass over all streams; it asks every second."""
    supervisor.look()
    return False


@wraps(
    "ministack.services.lambda_svc:_create_esm",
    "ministack.services.lambda_svc:_update_esm",
    "ministack.services.lambda_svc:_delete_esm",
)
def _then_look(operation: Callable[..., Any], *arguments: Any) -> Any:
    answer = operation(*arguments)
    supervisor.look()
    supervisor.wake()
    return answer


@replaces("ministack.services.lambda_svc:_init_stream_position")
def _init_stream_position(esm_id: str, source_arn: str, starting: str) -> None:
    owner = Owner(get_account_id(), get_region(), esm_id)
    supervisor.start_mapping(owner, {"EventSourceArn": source_arn, "StartingPosition": starting})


def _mappings() -> Iterator[tuple[Owner, Mapping]]:
    for account, region, mapping in lambda_svc._iter_all_esms():
        owner = Owner(account, region, mapping["UUID"])
        if mapping.get("Enabled", True) and _function(owner, mapping) is not None:
            yield owner, mapping


def _mapping(owner: Owner) -> Mapping | None:
    mapping = lambda_svc._esms.get_scoped(*owner)
    is_served = mapping and mapping.get("Enabled", True) and not regions.is_away(owner.region)
    return mapping if is_served else None


def _function(owner: Owner, mapping: Mapping) -> dict[str, Any] | None:
    with request_scope(owner.account, owner.region):
        function, _ = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
    return function  # type: ignore[no-any-return]


def _matches(mapping: Mapping, event: dict[str, Any]) -> bool:
    """Whether a filter lets a record through; filters are written as EventBridge's patterns."""
    filters = (mapping.get("FilterCriteria") or {}).get("Filters")
    if not filters:
        return True
    alternatives = (each for given in filters for each in eventbridge._compiled_pattern(given["Pattern"]) or ())
    return any(eventbridge._matches_detail(event, alternative) for alternative in alternatives)


def _invoke(owner: Owner, mapping: Mapping, events: list[dict[str, Any]]) -> dict[str, Any]:
    function = _function(owner, mapping)
    if function is None:
        return {"throttle": True}
    with request_scope(owner.account, owner.region):
        return lambda_svc._execute_function(function, {"Records": events})  # type: ignore[no-any-return]


def _report(owner: Owner, mapping: Mapping, shard: Shard, sub_batch: SubBatch, condition: str) -> None:
    """Tell the mapping's destination, with the rights of the function's role; one attempt after botocore's own."""
    arn = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    function = _function(owner, mapping)
    if not arn or function is None:
        return
    told = destination.document(mapping, shard, sub_batch, condition, _source.batch_info)
    service = arn.split(":")[2]
    try:
        client = execution_roles.client(service, function["config"]["Role"], owner.region, _endpoint_url)
        destination.send(client, arn, told, sub_batch, destination.object_key(mapping, shard))
    except Exception:
        _log.exception("the destination %s did not take a report of %s", arn, mapping["FunctionArn"])


supervisor = Supervisor(_source, Lambda(_mappings, _mapping, _matches, _invoke, _report))
