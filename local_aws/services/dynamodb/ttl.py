"""Expired items leave with a stream record that says so.

DynamoDB deletes items whose time-to-live attribute, a number of seconds since 1970, is in the past, but not more than
five years; the deletion is a stream record with the user identity of the service
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html). In a global table it
is replicated, and only the record of the region where it happened has the identity
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html). AWS takes up to days, this seconds.

This MiniStack's reaper looks once a minute from a thread of its own and deletes without a record; templates' time to
live is ignored. Its deletions (`dynamodb._remove_item` on that thread) are made to do nothing, ours take place between
two requests, and `provisioners._ddb_create` and `_ddb_update` set what the template says.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import dynamodb
from ministack.services.cloudformation import provisioners

from local_aws import main_loop
from local_aws.hooks import Hook
from local_aws.services.dynamodb.global_tables import expires_here
from local_aws.settings import Settings
from local_aws.state import saver

_DYNAMODB = "ministack.services.dynamodb"
_PROVISIONERS = "ministack.services.cloudformation.provisioners"
HOOKS = (
    Hook(f"{_DYNAMODB}:_remove_item", "table,pk_val,sk_val"),
    Hook(f"{_DYNAMODB}:_emit_stream_event", "table_name,event_name,old_item,new_item,replicate"),
    Hook(f"{_DYNAMODB}:_build_change_record", "table,event_name,old_item,new_item,view_type"),
    Hook(f"{_DYNAMODB}:_ttl_settings", "type:AccountRegionScopedDict"),
    Hook(f"{_DYNAMODB}:_tables", "type:AccountRegionScopedDict"),
    Hook(f"{_DYNAMODB}:_update_ttl", "data"),
    Hook(f"{_DYNAMODB}:_ttl_reaper", ""),
    Hook(f"{_PROVISIONERS}:_ddb_create", "logical_id,props,stack_name"),
    Hook(f"{_PROVISIONERS}:_ddb_update", "physical_id,old_props,new_props,stack_name,logical_id"),
    Hook(f"{_PROVISIONERS}:_RESOURCE_HANDLERS", "type:dict"),
    Hook("ministack.core.responses:request_scope", "account_id,region"),
)

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 2.0
# A look may take this part of a core.
_SHARE = 0.05
_LONGEST_AGO_SECONDS = 5 * 365 * 86_400
_MINISTACKS_REAPER = "dynamodb-ttl-reaper"
_SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
_deleting = False
Key = tuple[Any, Any]


def install(settings: Settings) -> None:
    """Put the hooks in place and begin to look."""
    dynamodb._remove_item = _except_the_reaper(dynamodb._remove_item)
    dynamodb._build_change_record = _with_identity(dynamodb._build_change_record)
    provisioners._ddb_create = _with_ttl_of_template(provisioners._ddb_create, 1)
    provisioners._ddb_update = _with_ttl_of_template(provisioners._ddb_update, 2)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    handlers["create"], handlers["update"] = provisioners._ddb_create, provisioners._ddb_update
    threading.Thread(target=_look_regularly, daemon=True, name="time-to-live").start()


def _except_the_reaper(remove: Callable[..., Any]) -> Callable[..., Any]:
    def removed(*arguments: Any) -> Any:
        return None if threading.current_thread().name == _MINISTACKS_REAPER else remove(*arguments)

    return removed


def _with_identity(build: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def built(*arguments: Any) -> dict[str, Any]:
        record = build(*arguments)
        return {**record, "userIdentity": dict(_SERVICE)} if _deleting else record

    return built


def _look_regularly() -> None:
    took = 0.0
    while True:
        time.sleep(max(_LOOK_SECONDS, took / _SHARE))
        began = time.perf_counter()
        try:
            _look()
        except Exception:
            _log.exception("looking for expired items failed")
        took = time.perf_counter() - began


def _look() -> None:
    for (account, region, name), setting in list(dynamodb._ttl_settings.all_items()):
        if setting.get("TimeToLiveStatus") == "ENABLED":
            table = dynamodb._tables.get_scoped(account, region, name) or {}
            attribute = setting["AttributeName"]
            if expires_here(table, region) and any(True for _ in _expired(table, attribute)):
                main_loop.between_requests(lambda: _delete_expired(account, region, table, attribute))  # noqa: B023


def _expired(table: dict[str, Any], attribute: str) -> Iterator[Key]:
    """The keys of items that are to go."""
    now = time.time()
    for partition, items in list(table.get("items", {}).items()):
        for sort, item in list(items.items()):
            seconds = (item.get(attribute) or {}).get("N")
            if seconds is not None and now - _LONGEST_AGO_SECONDS < float(seconds) <= now:
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
    saver.note_change()


def _with_ttl_of_template(provision: Callable[..., Any], properties: int) -> Callable[..., Any]:
    """`properties` is the position of the properties among the provisioner's arguments."""

    def provisioned(*arguments: Any, **named: Any) -> Any:
        name, attributes = provision(*arguments, **named)
        wanted = arguments[properties].get("TimeToLiveSpecification") or {}
        known = dynamodb._ttl_settings.get(name) or {}
        enabled = str(wanted.get("Enabled", bool(wanted))).lower() == "true"
        attribute = wanted.get("AttributeName") or known.get("AttributeName")
        if attribute and enabled != (known.get("TimeToLiveStatus") == "ENABLED"):
            specification = {"Enabled": enabled, "AttributeName": attribute}
            dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": specification})
        return name, attributes

    return provisioned
