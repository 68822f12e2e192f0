"""The endpoints of clusters: each listens on a port of this machine, and keeps it over a restart."""

import asyncio
import logging
import socket
from pathlib import Path
from typing import Any

from ministack.core import responses

from local_aws import main_loop
from local_aws.hooks import prepares
from local_aws.services.dax import authorization, cbor, clusters
from local_aws.services.dax.attribute_lists import AttributeLists
from local_aws.services.dax.calls import Call
from local_aws.services.dax.clusters import ClusterKey
from local_aws.services.dax.connection import Connection
from local_aws.services.dax.dynamodb_calls import RoleDynamoDb
from local_aws.services.dax.node import Node
from local_aws.services.json_services import Json
from local_aws.settings import Settings
from local_aws.state import saver
from local_aws.web import listening

_CLUSTER_PORTS = 10
_LEADER = 1
_SESSION_ID = 1
_settings = Settings(Path())
_endpoints: dict[ClusterKey, "Endpoint"] = {}
_log = logging.getLogger(__name__)


@prepares
def _prepare(settings: Settings) -> None:
    global _settings
    _settings = settings


class Endpoint:
    """The endpoint of one cluster."""

    def __init__(self, key: ClusterKey, record: Json, listener: socket.socket) -> None:
        self.key, self._record, self._listener = key, record, listener
        self.port = int(listener.getsockname()[1])
        self.node = Node(
            RoleDynamoDb(record["Role"], key[1]),
            AttributeLists(clusters.attribute_lists.setdefault(key, {}), saver.mark_changed),
            lambda: clusters.ttl_millis(key, clusters.RECORD_TTL),
            lambda: clusters.ttl_millis(key, clusters.QUERY_TTL),
        )
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._is_closed = False

    async def serve(self) -> None:
        """Accept connections until the endpoint is closed."""
        if not self._is_closed:
            self._server = await asyncio.start_server(self._connected, sock=self._listener)
            _log.info("the DAX cluster %s answers at %s", self.key[2], clusters.url_of(self._record))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        account, region, _ = self.key
        responses.set_request_account_id(account)
        responses.set_request_region(region)
        self._connections.add(writer)
        try:
            await Connection(self.node, _Guard(self.key), self._nodes(), reader, writer).serve()
        finally:
            self._connections.discard(writer)
            writer.close()

    def _nodes(self) -> bytes:
        """The answer to a client that asks for the cluster's nodes: there is one, the leader."""
        family = socket.AF_INET6 if ":" in _settings.host else socket.AF_INET
        address = socket.inet_pton(family, _settings.host)
        members = (0, "localhost", address, self.port, _LEADER, f"{self.key[1]}a", _SESSION_ID)
        return cbor.encode([dict(enumerate(members))])

    def close(self) -> None:
        """Stop listening, and close all connections."""
        self._is_closed = True
        if self._server:
            self._server.close()
        self._listener.close()
        for writer in self._connections:
            writer.transport.abort()


class _Guard:
    """Authorization and faults of one cluster."""

    def __init__(self, key: ClusterKey) -> None:
        self._key = key

    def authenticate(self, values: list[Any]) -> str:
        access_key, signature, string_to_sign, token, _ = values
        if not (isinstance(access_key, str) and isinstance(signature, str) and isinstance(string_to_sign, bytes)):
            raise cbor.Malformed("an authorization without a signature")
        authorization.authenticate(access_key, signature, string_to_sign, token, self._key[1])
        return access_key

    def require(self, access_key: str, call: Call, values: list[Any]) -> None:
        operations, enclosing = call.permissions(values)
        authorization.require(access_key, self._key, operations, enclosing)

    async def fault(self, operation: str) -> str:
        return ""


def open_endpoint(key: ClusterKey, record: Json) -> int:
    """Open a cluster's endpoint; returns its port. Raises OSError if no port is free."""
    listener = _listener(record.get("Port"))
    endpoint = _endpoints[key] = Endpoint(key, record, listener)
    main_loop.start_soon(endpoint.serve)
    return endpoint.port


def _listener(kept: int | None) -> socket.socket:
    if kept is not None:
        return listening.open_listener(_settings.host, kept)
    if not _settings.dax_port:
        return listening.open_listener(_settings.host, 0)
    used = {endpoint.port for endpoint in _endpoints.values()}
    free = (port for port in range(_settings.dax_port, _settings.dax_port + _CLUSTER_PORTS) if port not in used)
    for port in free:
        try:
            return listening.open_listener(_settings.host, port)
        except listening.PortTaken as taken:
            _log.info("%s", taken)
    raise OSError(f"no port from {_settings.dax_port} to {_settings.dax_port + _CLUSTER_PORTS - 1} is free")


def close_endpoint(key: ClusterKey) -> None:
    """Close a cluster's endpoint; its caches are lost."""
    if endpoint := _endpoints.pop(key, None):
        main_loop.call_soon(endpoint.close)


def open_all() -> None:
    """Open the endpoints of all clusters after a start. One whose port is taken does not answer."""
    for key, record in clusters.clusters._data.items():
        try:
            open_endpoint(key, record)
        except listening.PortTaken as taken:
            _log.error("the DAX cluster %s does not answer: %s", key[2], taken)


def close_all() -> None:
    """Close all endpoints."""
    for key in list(_endpoints):
        close_endpoint(key)


def all_endpoints() -> list[Endpoint]:
    """The open endpoints."""
    return list(_endpoints.values())
