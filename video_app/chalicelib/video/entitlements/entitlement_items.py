"""Entitlements as DynamoDB's API has them."""

from typing import Any

import msgspec
from chalicelib.video.entitlements.model import Entitlement


def entitlement_key(owner: str, what: str) -> dict[str, Any]:
    """Write an entitlement's primary key."""
    return {"owner": {"S": owner}, "what": {"S": what}}


def attributes(entitlement: Entitlement) -> dict[str, Any]:
    """Write an entitlement's item."""
    data = msgspec.json.encode(entitlement).decode()
    return {**entitlement_key(entitlement.owner, entitlement.what), "data": {"S": data}}


def entitlement_of(item: dict[str, Any]) -> Entitlement:
    """Read an entitlement's item."""
    return msgspec.json.decode(item["data"]["S"], type=Entitlement)
