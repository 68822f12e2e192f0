"""Opens the server's listening sockets first, so that a port in use is reported at once."""

import errno
import socket
from dataclasses import dataclass

from local_aws.settings import Settings


class PortTaken(Exception):
    """Another program listens on a port that this server was told to use."""


@dataclass(frozen=True)
class Sockets:
    """Open listening sockets: plain for http, secure for https, and the one for MQTT over TLS."""

    plain: tuple[socket.socket, ...]
    secure: tuple[socket.socket, ...]
    mqtt: socket.socket | None = None


def listen(settings: Settings) -> Sockets:
    """Listen on all ports of `settings`, or on none.

    Raises
    ------
    PortTaken
        The message names the port and how to choose others.
    """
    plain_ports = (settings.port, *(front.http_port for front in settings.fronts))
    secure_ports = tuple(front.https_port for front in settings.fronts)
    mqtt_ports = (settings.mqtt_port,) if settings.mqtt_port else ()
    opened: list[socket.socket] = []
    try:
        for port in (*plain_ports, *secure_ports, *mqtt_ports):
            opened.append(_open_listener(settings.host, port))
    except PortTaken:
        for listener in opened:
            listener.close()
        raise
    mqtt = opened.pop() if mqtt_ports else None
    return Sockets(tuple(opened[: len(plain_ports)]), tuple(opened[len(plain_ports) :]), mqtt)


def _open_listener(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
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


def _reason(port: int, error: OSError) -> str:
    what = "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
    return f"port {port} {what}: stop that program, or choose other ports with `make run PORT=9000`"
