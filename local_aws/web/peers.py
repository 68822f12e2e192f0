"""The port of the client that sent the current request, which MiniStack does not pass on."""

from contextvars import ContextVar

from local_aws.web.asgi import Scope

_port: ContextVar[int] = ContextVar("peer_port", default=0)


def record_port(scope: Scope) -> None:
    """Record the client's port for this request."""
    client = scope.get("client")
    _port.set(client[1] if client else 0)


def port() -> int:
    """The port of the current request's client; 0 if it is not known."""
    return _port.get()
