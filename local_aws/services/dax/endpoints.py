"""The endpoints of clusters: each listens on a port of this machine, and keeps it over a restart."""

import asyncio
import logging
import socket
import ssl
from pathlib import Path

from ministack.core import responses

from local_aws import main_loop
from local_aws.faults.injection import faults
from local_aws.hooks import prepares
from local_aws.services.dax import cbor, clusters
from local_aws.services.dax.attribute_lists import AttributeLists
from local_aws.services.dax.clusters import ClusterKey
from local_aws.services.dax.connection import Connection
from local_aws.services.dax.dynamodb_calls import RoleDynamoDb
from local_aws.services.dax.guard import Guard
from local_aws.services.dax.node import Node
from local_aws.services.json_services import Json
from local_aws.settings import Settings
from local_aws.state import saver
from local_aws.web import listening, tls

_CLUSTER_PORTS = 10
_LEADER = 1
_SESSION_ID = 1
_REPORT_SECONDS = 30.0
_settings = Settings(Path())
_endpoints: dict[ClusterKey, "Endpoint"] = {}
_log = logging.getLogger(__name__)


@prepares
def _prepare(settings: Settings) -> None:
    global _settings
    _settings = settings
    faults.watch(_refuse_or_listen)
    # What is acknowledged is in the last save.
    main_loop.call_before_stop(_close_before_stop)


class Endpoint:
    """The endpoint of one cluster."""

    def __init__(self, key: ClusterKey, record: Json, listener: socket.socket) -> None:
        self.key = key
        self.port = int(listener.getsockname()[1])
        self._listener: socket.socket | None = listener
        self.url = clusters.url_of({**record, "Port": self.port})
        self.node = Node(
            RoleDynamoDb(record["Role"], key[1]),
            AttributeLists(clusters.attribute_lists.setdefault(key, {}), saver.mark_changed),
            lambda: clusters.ttl_millis(key, clusters.RECORD_TTL),
            lambda: clusters.ttl_millis(key, clusters.QUERY_TTL),
        )
        self.node.endpoints = self._nodes()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._report: asyncio.TimerHandle | None = None

    async def serve(self) -> None:
        """Accept connections until the endpoint is closed."""
        if self._listener:
            self._server = await asyncio.start_server(self._connected, sock=self._listener, ssl=self._encryption())
            _log.info("the DAX cluster %s answers at %s", self.key[2], self.url)

    def _encryption(self) -> ssl.SSLContext | None:
        """The cluster's certificate, which functions trust, if the cluster encrypts its connections."""
        if clusters.record_of(self.key)["Encryption"] != "TLS":
            return None
        issued = tls.certificate(_settings.state_dir, "dax")
        tls.trust(issued.ca_file, _settings.trusted_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(issued.chain_file, issued.key_file)
        return context

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        account, region, _ = self.key
        responses.set_request_account_id(account)
        responses.set_request_region(region)
        self._connections.add(writer)
        try:
            await Connection(self.node, Guard(self.key, self._report_later), reader, writer).serve()
        finally:
            self._connections.discard(writer)
            writer.close()

    def _nodes(self) -> bytes:
        """The answer to a client that asks for the cluster's nodes: there is one, the leader."""
        family = socket.AF_INET6 if ":" in _settings.host else socket.AF_INET
        address = socket.inet_pton(family, _settings.host)
        members = (0, "localhost", address, self.port, _LEADER, f"{self.key[1]}a", _SESSION_ID)
        return cbor.encode([dict(enumerate(members))])

    def _report_later(self) -> None:
        if self._report is None:
            self._report = asyncio.get_running_loop().call_later(_REPORT_SECONDS, self._log_counts)

    def _log_counts(self) -> None:
        self._report = None
        items, queries = self.node.items.counts, self.node.queries.counts
        _log.info(
            "the DAX cluster %s has answered %d of %d reads of items and %d of %d queries from its caches",
            self.key[2],
            items.hits,
            items.hits + items.misses,
            queries.hits,
            queries.hits + queries.misses,
        )

    def listen_again(self) -> None:
        """Listen again at the same port, unless the endpoint listens."""
        if self._listener is None:
            try:
                self._listener = listening.open_listener(_settings.host, self.port)
            except listening.PortTaken as taken:
                _log.error("the DAX cluster %s does not answer: %s", self.key[2], taken)
            else:
                main_loop.start_soon(self.serve)

    def close(self) -> None:
        """Stop listening, and close all connections."""
        if self._server:
            self._server.close()
        elif self._listener:
            self._listener.close()
        self._listener = self._server = None
        for writer in self._connections:
            writer.transport.abort()


def open_endpoint(key: ClusterKey, record: Json) -> int:
    """Open a cluster's endpoint; returns its port. Raises OSError if no port is free."""
    endpoint = _endpoints[key] = Endpoint(key, record, _listener(record.get("Port")))
    if faults.refuses_connections(key[1]):
        endpoint.close()
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


def _refuse_or_listen() -> None:
    """Follow the rules of the fault API."""
    for endpoint in all_endpoints():
        if faults.refuses_connections(endpoint.key[1]):
            endpoint.close()
        else:
            endpoint.listen_again()


def _close_before_stop() -> None:
    for endpoint in all_endpoints():
        endpoint.close()


def all_endpoints() -> list[Endpoint]:
    """The open endpoints."""
    return list(_endpoints.values())
