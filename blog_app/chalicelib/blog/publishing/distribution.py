"""The site's CloudFront distribution."""

import secrets
from collections.abc import Callable, Sequence
from typing import Any


class Distribution:
    """The EdgeCache of one CloudFront distribution."""

    def __init__(self, client: Callable[[], Any], distribution_id: str) -> None:
        self._client = client
        self._id = distribution_id

    def invalidate(self, paths: Sequence[str]) -> None:
        """Create an invalidation. Invalidating a path twice does no harm."""
        items = list(paths)
        batch = {"Paths": {"Quantity": len(items), "Items": items}, "CallerReference": secrets.token_hex(16)}
        self._client().create_invalidation(DistributionId=self._id, InvalidationBatch=batch)
