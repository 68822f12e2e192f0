"""Global tables (version 2019.11.21): writes replicate after a while, and the last writer wins.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html: a write is acknowledged
by its own region, where alone its conditions are checked; it arrives in the others usually within a second, in all of
them the later of two writes stays, each has a stream with a record for it. Indexes, capacity mode and time to live are
the same in all (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-MREC-MRSC.html).

MiniStack applies a write to all regions before it answers, so an app never meets a replica that is behind, and a region
cannot fail; table settings other than time to live are not carried over. Here writes are on their way for
`dynamodb.replication_api`'s lag, or as long as one of two regions is away, and are saved together with the tables.

Hooked: `dynamodb._replicate_write`, `_apply_replica_updates`, `_update_table`, `get_state`, `load_persisted_state`, and
`drop_stream_records`, which every deletion of a table ends in.
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
# A region that is away comes back without a word.
_LOOK_SECONDS = 0.1
_NO_SORT_KEY = "__no_sort__"
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
_SYNCHRONISED = (
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
    """Begin to deliver."""
    threading.Thread(target=_deliver_always, daemon=True, name="replication").start()


def expires_here(table: dict[str, Any], region: str) -> bool:
    """Whether this region is the one that deletes the table's expired items; the others get the deletions."""
    present = [other for other in dynamodb._replica_group(table) if not regions.is_down(other)]
    return not present or region == min(present)


@replaces("ministack.services.dynamodb:_replicate_write")
def _send(table: dict[str, Any], event_name: str, old_item: Item | None, new_item: Item | None) -> None:
    """In place of MiniStack's: put a write on its way."""
    account, home, name = get_account_id(), get_region(), table["TableName"]
    links = [Link(account, name, home, region) for region in dynamodb._replica_group(table) if region != home]
    item = new_item if new_item is not None else old_item
    if links and item is not None:
        key = {name: item[name] for name in (table["pk_name"], table["sk_name"]) if name}
        replication.write(links, key, copy.deepcopy(item), is_deleted=new_item is None)


def _deliver_always() -> None:
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
        if _is_held():
            time.sleep(_LOOK_SECONDS)


def _is_held() -> bool:
    return any(regions.is_down(link.source) or regions.is_down(link.target) for link in replication.pending())


def _deliver() -> None:
    for link, change in replication.arrived(regions.is_down):
        with request_scope(link.account, link.target):
            _apply(link, change)
        saver.mark_changed()


def _apply(link: Link, change: Change) -> None:
    replica = dynamodb._tables.get(link.table)
    if replica is None:
        return
    partition = dynamodb._extract_key_val(change.item.get(replica["pk_name"]))
    sort = dynamodb._extract_key_val(change.item.get(replica["sk_name"])) if replica["sk_name"] else _NO_SORT_KEY
    before = replica["items"].get(partition, {}).get(sort)
    if change.is_deleted:
        if before is not None:
            dynamodb._remove_item(replica, partition, sort)
            dynamodb._emit_stream_event(link.table, "REMOVE", before, None, replicate=False)
        return
    item = copy.deepcopy(change.item)
    dynamodb._set_item(replica, partition, sort, item)
    dynamodb._emit_stream_event(link.table, "MODIFY" if before else "INSERT", before, item, replicate=False)


@wraps("ministack.services.dynamodb:_apply_replica_updates")
def _update_replicas(
    update: Callable[..., Any], name: str, table: dict[str, Any], updates: list[dict[str, Any]]
) -> Any:
    """Replicas that come and go, with what is on its way to them."""
    stream = table.get("StreamSpecification") or {}
    if stream.get("StreamEnabled") and stream.get("StreamViewType") != _VIEW and any("Create" in u for u in updates):
        return _invalid(f"Table must have a stream with view type {_VIEW} or none to become a global table")
    refused = update(name, table, updates)
    if refused is None:
        for each in updates:
            (action, replica), *_ = each.items()
            if action == "Create":
                replication.add_region(get_account_id(), name, get_region(), replica["RegionName"])
            elif action == "Delete":
                replication.remove_region(get_account_id(), name, replica["RegionName"])
    return refused


@wraps("ministack.services.dynamodb:drop_stream_records")
def _drop_pending(drop: Callable[..., None], table_name: str, table: dict[str, Any] | None = None) -> None:
    """A table that is deleted gets nothing more: another one of its name would get it."""
    drop(table_name, table)
    # A table whose stream is disabled is still there.
    if table_name not in dynamodb._tables:
        replication.remove_region(get_account_id(), table_name, get_region())


@wraps("ministack.services.dynamodb:_update_table")
def _update_in_all_regions(update: Callable[[dict[str, Any]], Any], data: dict[str, Any]) -> Any:
    """What is the same in all replicas is changed in all."""
    name = dynamodb._normalize_table_name(data.get("TableName"))
    others = [region for region in dynamodb._replica_group(dynamodb._tables.get(name) or {}) if region != get_region()]
    if others and (data.get("StreamSpecification") or {}).get("StreamEnabled") is False:
        return _invalid("The stream of a global table cannot be disabled")
    answer = update(data)
    shared = {field: data[field] for field in _SYNCHRONISED if field in data}
    if answer[0] == 200 and shared:
        for region in others:
            with request_scope(get_account_id(), region):
                update({"TableName": name, **copy.deepcopy(shared)})
    return answer


def _invalid(why: str) -> Any:
    return error_response_json("ValidationException", f"One or more parameter values were invalid: {why}", 400)
