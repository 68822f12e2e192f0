"""What the use cases of entitlements need from outside."""

from typing import Protocol

from chalicelib.video.entitlements.model import Entitlement

from common.values import Page


class EntitlementStore(Protocol):
    """The viewers' entitlements."""

    def page(self, owner: str, limit: int, after: str | None) -> Page[Entitlement]:
        """Return a viewer's entitlements, those that have ended too, after a position."""
