"""Devices connect with MQTT over TLS, with their certificate, on a port of this machine alone.

AWS requires a registered, active certificate of every MQTT client
(https://docs.aws.amazon.com/iot/latest/developerguide/x509-client-certs.html), and closes a connection without one.
The endpoint's own certificate is signed by another authority than the devices'
(https://docs.aws.amazon.com/iot/latest/developerguide/server-authentication.html).

This MiniStack listens on all addresses of the machine, serves clients without a certificate, and answers
DescribeEndpoint with a name that does not resolve.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ministack.core.responses import json_response
from ministack.services import iot

from local_aws.hooks import prepares, replaces, wraps
from local_aws.settings import Settings
from local_aws.web import tls

_log = logging.getLogger(__name__)
_listeners: tuple[socket.socket, ...] = ()
_settings = Settings(Path())


@prepares
def _prepare(settings: Settings) -> None:
    global _settings
    _settings = settings


def listen_on(listeners: tuple[socket.socket, ...]) -> None:
    """Serve devices on open sockets, from the server's start on."""
    global _listeners
    _listeners = listeners
    # Clients need the authority before the first of them connects.
    tls.certificate(_settings.state_dir, "mqtt")


class _Servers:
    """The servers on all addresses. MiniStack knows one, which it closes."""

    def __init__(self, servers: Sequence[asyncio.Server]) -> None:
        self._servers = servers

    def close(self) -> None:
        """Close them all."""
        for server in self._servers:
            server.close()


@replaces("ministack.services.iot:_mtls_start_locked")
async def _start() -> None:
    if iot._mtls_server is None and _listeners:
        iot._mtls_loop = asyncio.get_running_loop()
        servers = [
            await iot._mtls_loop.create_server(iot._MtlsAcceptor, sock=listener.dup()) for listener in _listeners
        ]
        iot._mtls_server = _Servers(servers)
        _log.info("devices connect to %s:%s", _settings.host, _settings.mqtt_port)


@replaces("ministack.services.iot:_mtls_ensure_server_cert")
def _server_certificate() -> tuple[str, str]:
    issued = tls.certificate(_settings.state_dir, "mqtt")
    return issued.chain_file.read_text(), issued.key_file.read_text()


@wraps("ministack.services.iot:_mtls_build_ssl_context")
def _with_client_certificates(build: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    context = build()
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@wraps("ministack.services.iot:_describe_endpoint")
def _describe_endpoint(describe: Callable[[Any], Any], query: Any) -> Any:
    """Name the port too, which is 8883 or 443 on AWS and not part of the address there."""
    if _settings.mqtt_port and query.get("endpointType", "iot:Data-ATS") == "iot:Data-ATS":
        return json_response({"endpointAddress": f"localhost:{_settings.mqtt_port}"})
    return describe(query)
