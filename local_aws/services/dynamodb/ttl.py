"""Deletes expired items, with a stream record of the service.

DynamoDB deletes items whose time-to-live attribute, a number of seconds since 1970, is in the past, but not more than
five years ago; the deletion is a stream record with the user identity of the service
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html). In a global table it
is replicated, and only the record of the deleting region has the identity
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html). AWS takes up to days; here it takes
seconds.

MiniStack's reaper thread deletes expired items once a minute and writes no record, and it ignores the time to live of
templates. Here that thread deletes nothing (`dynamodb._remove_item` returns at once), deletions take place between two
requests, and CloudFormation sets a table's time to live.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import dynamodb

from local_aws import main_loop
from local_aws.hooks import prepares, wraps
from local_aws.services.dynamodb.global_tables import expires_here
from local_aws.settings import Settings
from local_aws.state import saver

_PROVISIONERS = "ministack.services.cloudformation.provisioners"

_log = logging.getLogger(__name__)
_POLL_SECONDS = 2.0
# The search may use this share of a core.
_MAX_CORE_SHARE = 0.05
_MAX_AGE_SECONDS = 5 * 365 * 86_400
_REAPER_THREAD = "dynamodb-ttl-reaper"
_SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
_deleting = False
Key = tuple[Any, Any]
Json = dict[str, Any]


@prepares
def _prepare(settings: Settings) -> None:
    """Start the thread that deletes expired items."""
    threading.Thread(target=_poll, daemon=True, name="time-to-live").start()


@wraps("ministack.services.dynamodb:_remove_item")
def _remove_unless_reaper(remove: Callable[..., Any], *arguments: Any) -> Any:
    return None if threading.current_thread().name == _REAPER_THREAD else remove(*arguments)


@wraps("ministack.services.dynamodb:_build_change_record")
def _with_identity(build: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    record = build(*arguments)
    return {**record, "userIdentity": dict(_SERVICE)} if _deleting else record


def _poll() -> None:
    duration = 0.0
    while True:
        time.sleep(max(_POLL_SECONDS, duration / _MAX_CORE_SHARE))
        began = time.perf_counter()
        try:
            _delete_all_expired()
        except Exception:
            _log.exception("the deletion of expired items failed")
        duration = time.perf_counter() - began


def _delete_all_expired() -> None:
    for (account, region, name), setting in list(dynamodb._ttl_settings.all_items()):
        if setting.get("TimeToLiveStatus") == "ENABLED":
            table = dynamodb._tables.get_scoped(account, region, name) or {}
            attribute = setting["AttributeName"]
            if expires_here(table, region) and any(True for _ in _expired(table, attribute)):
                main_loop.run_between_requests(lambda: _delete_expired(account, region, table, attribute))  # noqa: B023


def _expired(table: dict[str, Any], attribute: str) -> Iterator[Key]:
    """The keys of expired items."""
    now = time.time()
    for partition, items in list(table.get("items", {}).items()):
        for sort, item in list(items.items()):
            seconds = (item.get(attribute) or {}).get("N")
            if seconds is not None and now - _MAX_AGE_SECONDS < float(seconds) <= now:
                yield partition, sort


def _delete_expired(account: str, region: str, table: dict[str, Any], attribute: str) -> None:
    global _deleting
    with request_scope(account, region):
        for partition, sort in list(_expired(table, attribute)):
            old = dynamodb._remove_item(table, partition, sort)
            _deleting = True
            try:
                dynamodb._emit_stream_event(table["TableName"], "REMOVE", old, None)
            finally:
                _deleting = False
    saver.mark_changed()


@wraps(f"{_PROVISIONERS}:_ddb_create", f"{_PROVISIONERS}:_RESOURCE_HANDLERS[AWS::DynamoDB::Table][create]")
def _create_with_ttl(create: Callable[..., Any], logical_id: str, props: Json, *rest: Any, **named: Any) -> Any:
    name, attributes = create(logical_id, props, *rest, **named)
    _set_ttl(name, props)
    return name, attributes


@wraps(f"{_PROVISIONERS}:_ddb_update", f"{_PROVISIONERS}:_RESOURCE_HANDLERS[AWS::DynamoDB::Table][update]")
def _update_with_ttl(update: Callable[..., Any], table: str, old: Json, new: Json, *rest: Any, **named: Any) -> Any:
    name, attributes = update(table, old, new, *rest, **named)
    _set_ttl(name, new)
    return name, attributes


def _set_ttl(table: str, properties: Json) -> None:
    """Set a table's time to live from its template."""
    specified = properties.get("TimeToLiveSpecification") or {}
    current = dynamodb._ttl_settings.get(table) or {}
    enabled = str(specified.get("Enabled", bool(specified))).lower() == "true"
    attribute = specified.get("AttributeName") or current.get("AttributeName")
    if attribute and enabled != (current.get("TimeToLiveStatus") == "ENABLED"):
        specification = {"Enabled": enabled, "AttributeName": attribute}
        dynamodb._update_ttl({"TableName": table, "TimeToLiveSpecification": specification})
