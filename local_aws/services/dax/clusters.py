"""Clusters, parameter groups and subnet groups, and their state.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Accelerator_(DAX).html
"""

from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from local_aws.services.json_services import Json

DEFAULT_GROUP = "default.dax1.0"
DEFAULT_SUBNET_GROUP = "default"
QUERY_TTL, RECORD_TTL = "query-ttl-millis", "record-ttl-millis"
_DEFAULT_TTL_MILLIS = "300000"
# Account, region and name.
ClusterKey = tuple[str, str, str]
# By name.
clusters: Any = AccountRegionScopedDict()
parameter_groups: Any = AccountRegionScopedDict()
subnet_groups: Any = AccountRegionScopedDict()
# The names of each attribute list, by cluster and number.
attribute_lists: dict[ClusterKey, dict[int, list[str]]] = {}


def key_of(name: str) -> ClusterKey:
    """The key of a cluster in the current account and region."""
    return get_account_id(), get_region(), name


def record_of(key: ClusterKey) -> Json:
    """The record of a cluster."""
    account, region, name = key
    record: Json = clusters.get_scoped(account, region, name)
    return record


def arn_of(key: ClusterKey) -> str:
    """The ARN of a cluster."""
    account, region, name = key
    return f"arn:aws:dax:{region}:{account}:cache/{name}"


def ttl_millis(key: ClusterKey, parameter: str) -> int:
    """How long a cluster keeps entries, `query-ttl-millis` or `record-ttl-millis`; 0 is without end."""
    account, region, _ = key
    group = parameter_groups.get_scoped(account, region, record_of(key)["ParameterGroup"]) or {}
    return int(group.get(parameter, _DEFAULT_TTL_MILLIS))


def url_of(record: Json) -> str:
    """The URL that clients connect to."""
    return f"{'daxs' if record['Encryption'] == 'TLS' else 'dax'}://localhost:{record['Port']}"


def state() -> Json:
    """The state for a save."""
    stores = {"clusters": clusters, "parameter_groups": parameter_groups, "subnet_groups": subnet_groups}
    lists = [[list(key), list(names.items())] for key, names in attribute_lists.items()]
    return {
        **{name: [[list(key), value] for key, value in store._data.items()] for name, store in stores.items()},
        "attribute_lists": lists,
    }


def load(saved: Json) -> None:
    """Take over a saved state."""
    for name, store in (
        ("clusters", clusters),
        ("parameter_groups", parameter_groups),
        ("subnet_groups", subnet_groups),
    ):
        store._data.update({tuple(key): value for key, value in saved.get(name, [])})
    for key, lists in saved.get("attribute_lists", []):
        attribute_lists[tuple(key)] = {int(number): list(names) for number, names in lists}
