"""Stores the snapshots of an API: its definition at the time of each deployment."""

import hashlib
import json
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from local_aws.services.apigateway.routing import Router

Json = dict[str, Any]


class DeployedApi:
    """One deployed API definition, parsed for routing."""

    def __init__(self, document: Json) -> None:
        self.api: Json = document["api"]
        self.router = Router(document["resources"])
        self.sections: Json = document


# The deployed API that serves the current request; None outside the data plane.
current_deployment: ContextVar[DeployedApi | None] = ContextVar("serving", default=None)


@lru_cache(maxsize=64)
def parse_deployed(text: str) -> DeployedApi:
    """Parse a snapshot's text; each text is parsed once."""
    return DeployedApi(json.loads(text))


def serialize(document: Json) -> str:
    """Serialize a live definition as a snapshot's text."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


class Snapshots:
    """One API's snapshots by deployment. Deployments with equal definitions share one text."""

    def __init__(self, record: Json) -> None:
        self.record = record

    @staticmethod
    def empty() -> Json:
        """A new record for an API, in plain JSON."""
        return {"digests": {}, "texts": {}}

    def put(self, deployment_id: str, text: str) -> None:
        """Store `text` for a deployment."""
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        self.record["digests"][deployment_id] = digest
        self.record["texts"].setdefault(digest, text)

    def get(self, deployment_id: str) -> DeployedApi | None:
        """The deployment's definition."""
        digest = self.record["digests"].get(deployment_id)
        return parse_deployed(self.record["texts"][digest]) if digest else None

    def retain(self, deployment_ids: set[str]) -> None:
        """Delete the snapshots of all other deployments."""
        digests = {key: value for key, value in self.record["digests"].items() if key in deployment_ids}
        used = set(digests.values())
        self.record["digests"] = digests
        self.record["texts"] = {key: value for key, value in self.record["texts"].items() if key in used}
