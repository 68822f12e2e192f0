"""Opens the server's listening sockets first, so that a port in use is reported at once."""

import errno
import socket
from contextlib import ExitStack
from dataclasses import dataclass

from local_aws.settings import Front, Settings

_IPV4, _IPV6 = "127.0.0.1", "::1"


class PortTaken(OSError):
    """Another program listens on a port that this server was told to use."""


@dataclass(frozen=True)
class Sockets:
    """Open listening sockets: plain for http, secure for https, and those for MQTT over TLS."""

    plain: tuple[socket.socket, ...]
    secure: tuple[socket.socket, ...]
    mqtt: tuple[socket.socket, ...] = ()


def listen(settings: Settings) -> Sockets:
    """Listen on all ports of `settings`, or on none.

    `localhost` is two addresses on most machines, so 127.0.0.1 stands for `::1` too where the machine has it.

    Raises
    ------
    PortTaken
        The message names the port and how to choose others.
    """
    plain_ports = (settings.port, *(front.http_port for front in settings.fronts))
    secure_ports = tuple(front.https_port for front in settings.fronts)
    mqtt_ports = (settings.mqtt_port,) if settings.mqtt_port else ()
    return _open_all(settings.host, plain_ports, secure_ports, mqtt_ports)


def listen_at(front: Front, host: str) -> Sockets:
    """Listen on both ports of a front, or on none.

    Raises
    ------
    PortTaken
        The message names the port.
    """
    return _open_all(host, (front.http_port,), (front.https_port,))


def _open_all(host: str, *ports_of_each_kind: tuple[int, ...]) -> Sockets:
    with ExitStack() as opened:
        sockets = [
            tuple(opened.enter_context(open_listener(address, port)) for port in ports for address in _hosts(host))
            for ports in ports_of_each_kind
        ]
        opened.pop_all()
        return Sockets(*sockets)


def _hosts(host: str) -> tuple[str, ...]:
    return (host, _IPV6) if host == _IPV4 and has_address(_IPV6) else (host,)


def has_address(host: str) -> bool:
    """Whether this machine has a loopback address."""
    try:
        with socket.socket(_family(host)) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True


def open_listener(host: str, port: int) -> socket.socket:
    """Listen on a port of an address; raises PortTaken."""
    listener = socket.socket(_family(host))
    # With SO_REUSEADDR, a port in TIME_WAIT can be used after a restart.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Responses are small and sent at once, so Nagle's algorithm would only delay them.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
        # Listen at once, because two sockets that are bound but do not listen may share a port.
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise PortTaken(_reason(port, error)) from error
    return listener


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _reason(port: int, error: OSError) -> str:
    what = "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
    return f"port {port} {what}: stop that program, or choose other ports with `make run PORT=9000`"
