"""The DynamoDB client of a store: through the stage's DAX cluster if it has one, DynamoDB's own client otherwise."""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from common.aws import clients
from common.runtime import logs
from common.runtime.metrics import metric


@cache
def dynamodb(region: str, dax_endpoint: str = "") -> Any:
    """Make a client with parsed responses, once; `dax_endpoint` is the cluster's URL, empty without a cluster."""
    direct = clients.client("dynamodb", region)
    return _through_dax(direct, region, dax_endpoint, lambda response: response) if dax_endpoint else direct


@cache
def raw_dynamodb(region: str, dax_endpoint: str = "") -> Any:
    """Make a client whose responses are `{"raw": bytes}`, once, as `clients.raw_dynamodb` does."""
    direct = clients.raw_dynamodb(region)
    return _through_dax(direct, region, dax_endpoint, _raw) if dax_endpoint else direct


def _raw(response: dict[str, Any]) -> dict[str, bytes]:
    return {"raw": msgspec.json.encode(response)}


def _through_dax(direct: Any, region: str, endpoint: str, as_direct: Callable[[dict[str, Any]], Any]) -> Any:
    # Imported only where a stage has a cluster.
    from common.aws.dax.client import DaxClient  # noqa: PLC0415

    return DaxClient(direct=direct, connection=_connection(region, endpoint), as_direct=as_direct)


@cache
def _connection(region: str, endpoint: str) -> Any:
    """Make what all clients of one cluster share."""
    from common.aws.dax.cluster import Cluster, Within, connect  # noqa: PLC0415
    from common.aws.dax.connection import Connection  # noqa: PLC0415

    cluster = Cluster(lambda: connect(endpoint, region, clients.shared_session()), Within())
    return Connection(cluster, tell=_tell)


def _tell(reason: str, is_change: bool) -> None:
    """Log that the cluster does not answer, or answers again if there is no reason.

    Each failed trial is a value of the metric, so that an alarm can tell minutes without the cluster from one timeout.
    """
    log = logs.logger("dax")
    fields = metric("Quartet", "DaxDegraded", 1 if reason else 0)
    if reason and not is_change:
        log.info("DAX still does not answer", extra={"reason": reason, **fields})
    elif reason:
        log.warning("DAX does not answer; DynamoDB is used", extra={"reason": reason, **fields})
    else:
        log.info("DAX answers again", extra=fields)
