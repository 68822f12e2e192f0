"""Replicates the writes of global tables (version 2019.11.21) with a lag; the last writer wins.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html: a write is acknowledged
by its own region, which checks its conditions. It usually arrives in the other regions within a second. In each region
the later of two writes of an item remains, and the region's stream has a record of it. Indexes, capacity mode and time
to live are the same in all regions
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-MREC-MRSC.html).

MiniStack applies a write to all regions before it answers, so replicas never lag and a region cannot fail, and it
copies no table settings other than time to live. Here writes are pending for the lag of `dynamodb.replication_api`, and
as long as one of the two regions is down. Pending writes are saved with the tables.
"""

import copy
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, request_scope
from ministack.services import dynamodb

from local_aws import main_loop
from local_aws.faults import regions
from local_aws.hooks import prepares, replaces, wraps
from local_aws.services.dynamodb.replication import Change, Item, Link, Replication
from local_aws.settings import Settings
from local_aws.state import saver

replication = Replication()
_log = logging.getLogger(__name__)
# No event announces that a region is up again.
_POLL_SECONDS = 0.1
_NO_SORT_KEY = "__no_sort__"
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
_SHARED_SETTINGS = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexUpdates",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "SSESpecification",
    "TableClass",
)
_VIEW = "NEW_AND_OLD_IMAGES"


@wraps("ministack.services.dynamodb:get_state")
def _with_replication(get_state: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    return {**get_state(), "replication": replication.state()}


@wraps("ministack.services.dynamodb:load_persisted_state")
def _load_replication(load: Callable[[dict[str, Any]], Any], data: dict[str, Any]) -> Any:
    replication.restore(data.get("replication") or {})
    return load(data)


@prepares
def _prepare(settings: Settings) -> None:
    """Start the thread that delivers writes."""
    threading.Thread(target=_deliver_forever, daemon=True, name="replication").start()


def expires_here(table: dict[str, Any], region: str) -> bool:
    """Whether this region deletes the table's expired items; the deletions replicate to the other regions."""
    present = [other for other in dynamodb._replica_group(table) if not regions.is_down(other)]
    return not present or region == min(present)


@replaces("ministack.services.dynamodb:_replicate_write")
def _queue_write(table: dict[str, Any], event_name: str, old_item: Item | None, new_item: Item | None) -> None:
    """Queue a write for the other regions."""
    account, home, name = get_account_id(), get_region(), table["TableName"]
    links = [Link(account, name, home, region) for region in dynamodb._replica_group(table) if region != home]
    item = new_item if new_item is not None else old_item
    if links and item is not None:
        key = {name: item[name] for name in (table["pk_name"], table["sk_name"]) if name}
        replication.write(links, key, copy.deepcopy(item), is_deleted=new_item is None)


def _deliver_forever() -> None:
    while True:
        seconds = replication.seconds_to_next()
        if seconds is None or seconds > 0:
            replication.has_news.wait(seconds)
            replication.has_news.clear()
            continue
        try:
            main_loop.run_between_requests(_deliver)
        except Exception:
            _log.exception("replication failed")
        if _waits_for_region():
            time.sleep(_POLL_SECONDS)


def _waits_for_region() -> bool:
    return any(regions.is_down(link.source) or regions.is_down(link.target) for link in replication.pending())


def _deliver() -> None:
    for link, change in replication.take_arrived(regions.is_down):
        with request_scope(link.account, link.target):
            _apply(link, change)
        saver.mark_changed()


def _apply(link: Link, change: Change) -> None:
    replica = dynamodb._tables.get(link.table)
    if replica is None:
        return
    partition = dynamodb._extract_key_val(change.item.get(replica["pk_name"]))
    sort = dynamodb._extract_key_val(change.item.get(replica["sk_name"])) if replica["sk_name"] else _NO_SORT_KEY
    current = replica["items"].get(partition, {}).get(sort)
    if change.is_deleted:
        if current is not None:
            dynamodb._remove_item(replica, partition, sort)
            dynamodb._emit_stream_event(link.table, "REMOVE", current, None, replicate=False)
        return
    item = copy.deepcopy(change.item)
    dynamodb._set_item(replica, partition, sort, item)
    dynamodb._emit_stream_event(link.table, "MODIFY" if current else "INSERT", current, item, replicate=False)


@wraps("ministack.services.dynamodb:_apply_replica_updates")
def _update_replicas(
    update: Callable[..., Any], name: str, table: dict[str, Any], updates: list[dict[str, Any]]
) -> Any:
    """Add and remove replicas, with the writes that are pending for them."""
    stream = table.get("StreamSpecification") or {}
    if stream.get("StreamEnabled") and stream.get("StreamViewType") != _VIEW and any("Create" in u for u in updates):
        return _invalid(f"Table must have a stream with view type {_VIEW} or none to become a global table")
    error = update(name, table, updates)
    if error is None:
        for replica_update in updates:
            (action, replica), *_ = replica_update.items()
            if action == "Create":
                replication.add_region(get_account_id(), name, get_region(), replica["RegionName"])
            elif action == "Delete":
                replication.remove_region(get_account_id(), name, replica["RegionName"])
    return error


@wraps("ministack.services.dynamodb:drop_stream_records")
def _drop_pending(drop: Callable[..., None], table_name: str, table: dict[str, Any] | None = None) -> None:
    """Drop the writes that are pending for a deleted table, which a new table of its name would get."""
    drop(table_name, table)
    # MiniStack calls this for a disabled stream too, whose table still exists.
    if table_name not in dynamodb._tables:
        replication.remove_region(get_account_id(), table_name, get_region())


@wraps("ministack.services.dynamodb:_update_table")
def _update_in_all_regions(update: Callable[[dict[str, Any]], Any], data: dict[str, Any]) -> Any:
    """Apply the settings that all replicas share to all of them."""
    name = dynamodb._normalize_table_name(data.get("TableName"))
    others = [region for region in dynamodb._replica_group(dynamodb._tables.get(name) or {}) if region != get_region()]
    if others and (data.get("StreamSpecification") or {}).get("StreamEnabled") is False:
        return _invalid("The stream of a global table cannot be disabled")
    answer = update(data)
    shared = {field: data[field] for field in _SHARED_SETTINGS if field in data}
    if answer[0] == 200 and shared:
        for region in others:
            with request_scope(get_account_id(), region):
                update({"TableName": name, **copy.deepcopy(shared)})
    return answer


def _invalid(why: str) -> Any:
    return error_response_json("ValidationException", f"One or more parameter values were invalid: {why}", 400)
