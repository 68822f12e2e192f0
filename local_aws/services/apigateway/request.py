"""The request to a stage, with its request context."""

import base64
import os
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

Json = dict[str, Any]
Response = tuple[int, Json, bytes]


@dataclass(slots=True)
class StageRequest:
    """A request to a stage. Header names are in lower case; `path` has its escapes, but not the stage."""

    api_id: str
    stage_name: str
    http_method: str
    path: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, list[str]]
    account: str
    region: str
    source_ip: str
    host: str
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    extended_request_id: str = field(default_factory=lambda: base64.b64encode(os.urandom(11)).decode())
    started: float = field(default_factory=time.time)
    stage: Json = field(default_factory=dict)
    resource: Json = field(default_factory=dict)
    path_parameters: dict[str, str] = field(default_factory=dict)
    authorizer: Json | None = None
    caller: Json | None = None
    integration_started: float = 0
    integration_ended: float = 0
    error_message: str = ""
    error_type: str = ""

    @property
    def request_time(self) -> str:
        """The time as in access logs: `23/Nov/2026:13:40:00 +0000`."""
        return datetime.fromtimestamp(self.started, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")

    @property
    def full_path(self) -> str:
        """The path with the stage."""
        return f"/{self.stage_name}{self.path}"

    @property
    def identity(self) -> Json:
        """`requestContext.identity`. It contains the caller's AWS identity only with IAM authorization."""
        own = {"sourceIp": self.source_ip, "userAgent": self.headers.get("user-agent")}
        return {**_EMPTY_IDENTITY, **own, **(self.caller or {})}

    @property
    def sent_headers(self) -> dict[str, str]:
        """The headers that a function gets: with API Gateway's own, and names in canonical case."""
        headers = {header_name(name): value for name, value in self.headers.items()}
        forwarded = self.headers.get("x-forwarded-for")
        headers["X-Forwarded-For"] = f"{forwarded}, {self.source_ip}" if forwarded else self.source_ip
        headers.setdefault("X-Forwarded-Proto", "https" if self.headers.get("x-forwarded-proto") else "http")
        headers.setdefault("X-Forwarded-Port", "443" if headers["X-Forwarded-Proto"] == "https" else "80")
        headers.setdefault("X-Amzn-Trace-Id", self.trace_id)
        headers["Host"] = self.headers.get("host", self.host)
        return headers

    @property
    def trace_id(self) -> str:
        """The caller's trace id, or a new one for this request."""
        own = self.headers.get("x-amzn-trace-id")
        return own or f"Root=1-{int(self.started):08x}-{self.request_id.replace('-', '')[:24]}"


_EMPTY_IDENTITY = dict.fromkeys(
    (
        "accessKey",
        "accountId",
        "caller",
        "cognitoAuthenticationProvider",
        "cognitoAuthenticationType",
        "cognitoIdentityId",
        "cognitoIdentityPoolId",
        "principalOrgId",
        "user",
        "userArn",
    )
)


@lru_cache(maxsize=1024)
def header_name(name: str) -> str:
    """`x-api-key` -> `X-Api-Key`; ASGI does not keep the client's spelling."""
    return "-".join(part.capitalize() for part in name.split("-"))
