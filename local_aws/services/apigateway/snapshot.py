"""A deployment: an API's definition as it was when it was deployed."""

import hashlib
import json
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from local_aws.services.apigateway.routing import Router

Json = dict[str, Any]


class Deployed:
    """One deployed definition, ready to serve."""

    def __init__(self, document: Json) -> None:
        self.api: Json = document["api"]
        self.router = Router(document["resources"])
        self.parts: Json = document


# What the current request is served from; None outside the data plane.
serving: ContextVar[Deployed | None] = ContextVar("serving", default=None)


@lru_cache(maxsize=64)
def deployed(text: str) -> Deployed:
    """The definition that a snapshot's text holds, parsed once."""
    return Deployed(json.loads(text))


def text_of(document: Json) -> str:
    """A snapshot of a live definition."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


class Snapshots:
    """One API's snapshots by deployment. Deployments without a change between them share one text."""

    def __init__(self, record: Json) -> None:
        self.record = record

    @staticmethod
    def empty() -> Json:
        """The record to keep for an API, plain JSON."""
        return {"digests": {}, "texts": {}}

    def put(self, deployment_id: str, text: str) -> None:
        """Keep `text` for the deployment."""
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        self.record["digests"][deployment_id] = digest
        self.record["texts"].setdefault(digest, text)

    def get(self, deployment_id: str) -> Deployed | None:
        """The deployment's definition."""
        digest = self.record["digests"].get(deployment_id)
        return deployed(self.record["texts"][digest]) if digest else None

    def keep_only(self, deployment_ids: set[str]) -> None:
        """Forget all other deployments."""
        digests = {key: value for key, value in self.record["digests"].items() if key in deployment_ids}
        used = set(digests.values())
        self.record["digests"] = digests
        self.record["texts"] = {key: value for key, value in self.record["texts"].items() if key in used}
