"""The one server process: MiniStack's ASGI application behind ours, on loopback."""

import asyncio
from typing import Any

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from local_aws import environment
from local_aws.extension import install_all
from local_aws.settings import Settings, UnsafeSettings


def application(settings: Settings) -> Any:
    """MiniStack with every extension installed, as an ASGI application.

    Raises
    ------
    UnsafeSettings
        MiniStack came up without IAM enforcement.
    IncompatibleMiniStack
        An extension does not fit the installed MiniStack.
    """
    environment.prepare(settings)
    from ministack import app as ministack  # noqa: PLC0415 - reads the environment while it is imported

    if not ministack.AUTH:
        raise UnsafeSettings("refusing to run without IAM enforcement (AUTH)")
    install_all(settings)
    return ministack.app


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, then save the state and stop every worker."""
    config = Config()
    config.bind = [f"{settings.host}:{settings.port}"]
    config.keep_alive_timeout = 75
    config.keep_alive_max_requests = 1_000_000
    config.loglevel = "WARNING"
    asyncio.run(hypercorn_serve(application(settings), config))
