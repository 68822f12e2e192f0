"""Runs the server process: our ASGI application in front of MiniStack's, on loopback."""

import asyncio
import importlib.util
import logging
import os
import signal
import socket
import sys
from typing import Any

from local_aws import environment, logs, memory
from local_aws.application import Server
from local_aws.faults.api import FaultApi
from local_aws.hooks import IncompatibleMiniStack, install_all
from local_aws.services.dynamodb.replication_api import ReplicationApi
from local_aws.services.lambda_.interpreter import CannotBuild
from local_aws.settings import Front, Settings, UnsafeSettings
from local_aws.state import disk, saver
from local_aws.state import folder as state_folder
from local_aws.state.api import StateApi
from local_aws.state.folder import StateInUse
from local_aws.state.snapshots import DamagedState
from local_aws.web import listening
from local_aws.web.listening import PortTaken, Sockets

# Expected errors of a start. Their messages of one line are shown without a traceback.
STARTUP_ERRORS = (UnsafeSettings, PortTaken, StateInUse, IncompatibleMiniStack, DamagedState, CannotBuild)

_log = logging.getLogger("local_aws.server")


def run(settings: Settings) -> int:
    """Serve until SIGINT or SIGTERM, then save the state and stop every worker; returns the exit status.

    The status is 1 when the server refuses to start or cannot save its state. The server reads, writes and starts
    nothing before it listens on all ports and has locked the state folder.
    """
    try:
        sockets = listening.listen(settings)
        state_folder.claim(settings.state_dir)
        disk.require_room_for_start(settings.state_dir)
        server = build_server(settings)
        if sockets.mqtt:
            _serve_devices(sockets.mqtt)
    except STARTUP_ERRORS as refusal:
        return _report_failure(refusal)
    except OSError as error:
        print(f"cannot use the state folder {settings.state_dir}: {error}", file=sys.stderr)
        return 1
    return _serve(server, sockets, settings)


def build_server(settings: Settings) -> Server:
    """Import MiniStack, install all hooks, and build the application in front of it.

    Raises
    ------
    UnsafeSettings
        MiniStack does not enforce IAM, or `cryptography` is missing.
    IncompatibleMiniStack
        A hook does not fit the installed MiniStack.
    """
    if importlib.util.find_spec("cryptography") is None:
        raise UnsafeSettings("refusing to run without the package cryptography: Cognito would sign with a static key")
    memory.configure_allocator()
    environment.prepare(settings)
    logs.configure(settings.state_dir / "logs")
    with environment.without_duckdb():
        from ministack import app as ministack  # noqa: PLC0415 - reads the environment while it is imported

        if not ministack.AUTH:
            raise UnsafeSettings("refusing to run without IAM enforcement (AUTH)")
        install_all(settings)
    from local_aws.faults import injection  # noqa: PLC0415 - they import MiniStack
    from local_aws.services.dax.api import DaxApi  # noqa: PLC0415 - they import MiniStack
    from local_aws.services.dynamodb import global_tables  # noqa: PLC0415 - they import MiniStack

    apis = (
        FaultApi(injection.faults, injection.service_names()),
        ReplicationApi(global_tables.replication),
        StateApi(),
        DaxApi(),
    )
    return Server(ministack.app, apis, settings)


def _serve_devices(mqtt: tuple[socket.socket, ...]) -> None:
    from local_aws.services.iot import listener  # noqa: PLC0415 - imports MiniStack

    listener.listen_on(mqtt)


def _serve(server: Server, sockets: Sockets, settings: Settings) -> int:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(_until_signalled(server, sockets, settings))
    except Exception as error:
        status = _report_failure(server.failure or error)
    else:
        status = _report_unsaved_state()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # MiniStack's poller threads never end. The state is saved and the workers have ended.
    os._exit(status)


async def _until_signalled(server: Server, sockets: Sockets, settings: Settings) -> None:
    from hypercorn.asyncio import serve  # noqa: PLC0415 - MiniStack patches hypercorn while it is imported

    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    later_fronts: list[asyncio.Task[None]] = []

    async def open_ports(front: Front) -> None:
        config = _config(listening.listen_at(front, settings.host), settings)
        serving = serve(server.serve_front, config, shutdown_trigger=stopping.wait)  # type: ignore[arg-type]
        later_fronts.append(asyncio.create_task(serving))

    server.open_ports = open_ports
    await serve(server, _config(sockets, settings), shutdown_trigger=stopping.wait)  # type: ignore[arg-type]
    await asyncio.gather(*later_fronts)


def _config(sockets: Sockets, settings: Settings) -> Any:
    from hypercorn.config import Config  # noqa: PLC0415

    config = Config()
    plain = [f"fd://{listener.detach()}" for listener in sockets.plain]
    if sockets.secure:
        from local_aws.web import tls  # noqa: PLC0415 - after the check that cryptography is here

        certificate = tls.certificate(settings.state_dir)
        config.certfile, config.keyfile = str(certificate.chain_file), str(certificate.key_file)
        config.bind = [f"fd://{listener.detach()}" for listener in sockets.secure]
        config.insecure_bind = plain
    else:
        config.bind = plain
    config.keep_alive_timeout = 75
    config.keep_alive_max_requests = 1_000_000
    # Session tokens and presigned URLs are long. The fronts have CloudFront's lower limits.
    config.h11_max_incomplete_size = 64 * 1024
    config.graceful_timeout = 2
    config.errorlog = logging.getLogger("hypercorn.error")
    config.loglevel = "WARNING"
    return config


def _report_failure(reason: BaseException) -> int:
    if isinstance(reason, STARTUP_ERRORS):
        print(reason, file=sys.stderr)
    else:
        _log.error("the embedded AWS failed: %r", reason, exc_info=reason)
    return 1


def _report_unsaved_state() -> int:
    reason = saver.unsaved_reason()
    if reason:
        print(f"stopped without saving its state; changes since the last save are lost: {reason}", file=sys.stderr)
    return 1 if reason else 0
