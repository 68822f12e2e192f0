"""The one server process: MiniStack's ASGI application behind ours, on loopback."""

import asyncio
import importlib.util
import logging
import os
import signal
import sys
from typing import Any

from local_aws import environment, logs
from local_aws.application import Server
from local_aws.faults.api import FaultApi
from local_aws.hooks import IncompatibleMiniStack, install_all
from local_aws.services.dynamodb.replication_api import ReplicationApi
from local_aws.services.lambda_.interpreter import CannotBuild
from local_aws.settings import Settings, UnsafeSettings
from local_aws.state import folder as state_folder
from local_aws.state import saver
from local_aws.state.folder import StateInUse
from local_aws.state.snapshots import DamagedState
from local_aws.web import listening
from local_aws.web.listening import PortTaken, Sockets

# What stops a start: one line each, said by the exception itself.
REFUSALS = (UnsafeSettings, PortTaken, StateInUse, IncompatibleMiniStack, DamagedState, CannotBuild)

_log = logging.getLogger("local_aws.server")


def run(settings: Settings) -> int:
    """Serve until SIGINT or SIGTERM, then save the state and stop every worker; returns the exit status.

    The status is 1 when the server refuses to start or cannot save its state. Nothing is read, written or started
    before every port is ours and the state folder is claimed.
    """
    try:
        sockets = listening.listen(settings)
        state_folder.claim(settings.state_dir)
        server = prepared(settings)
    except REFUSALS as refusal:
        return _refused(refusal)
    except OSError as error:
        print(f"cannot use the state folder {settings.state_dir}: {error}", file=sys.stderr)
        return 1
    return _serve(server, sockets, settings)


def prepared(settings: Settings) -> Server:
    """MiniStack with every extension installed, behind the pages and fronts.

    Raises
    ------
    UnsafeSettings
        MiniStack came up without IAM enforcement, or `cryptography` is missing.
    IncompatibleMiniStack
        An extension does not fit the installed MiniStack.
    """
    if importlib.util.find_spec("cryptography") is None:
        raise UnsafeSettings("refusing to run without the package cryptography: Cognito would sign with a static key")
    environment.prepare(settings)
    logs.configure(settings.state_dir / "logs")
    from ministack import app as ministack  # noqa: PLC0415 - reads the environment while it is imported

    if not ministack.AUTH:
        raise UnsafeSettings("refusing to run without IAM enforcement (AUTH)")
    install_all(settings)
    from local_aws.faults import injection  # noqa: PLC0415 - they import MiniStack
    from local_aws.services.dynamodb import global_tables  # noqa: PLC0415 - they import MiniStack

    apis = (
        FaultApi(injection.faults, injection.service_names()),
        ReplicationApi(global_tables.replication),
    )
    return Server(ministack.app, apis, settings)


def _serve(server: Server, sockets: Sockets, settings: Settings) -> int:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(_until_signalled(server, sockets, settings))
    except Exception as error:
        status = _refused(server.failure or error)
    else:
        status = _unsaved()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # MiniStack's pollers are threads that never end; the state is saved and the workers are gone.
    os._exit(status)


async def _until_signalled(server: Server, sockets: Sockets, settings: Settings) -> None:
    from hypercorn.asyncio import serve  # noqa: PLC0415 - MiniStack patches hypercorn while it is imported

    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    await serve(server, _config(sockets, settings), shutdown_trigger=stopping.wait)  # type: ignore[arg-type]


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
    # Session tokens and presigned URLs are long; the fronts have CloudFront's own, lower limits.
    config.h11_max_incomplete_size = 64 * 1024
    config.graceful_timeout = 2
    config.errorlog = logging.getLogger("hypercorn.error")
    config.loglevel = "WARNING"
    return config


def _refused(reason: BaseException) -> int:
    if isinstance(reason, REFUSALS):
        print(reason, file=sys.stderr)
    else:
        _log.error("the embedded AWS failed: %r", reason, exc_info=reason)
    return 1


def _unsaved() -> int:
    reason = saver.unsaved_reason()
    if reason:
        print(f"stopped without saving its state; what changed since the last save is lost: {reason}", file=sys.stderr)
    return 1 if reason else 0
