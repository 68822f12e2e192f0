"""The ASGI application: fronts by port, our own pages and API by path, and MiniStack for everything else."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from local_aws import main_loop
from local_aws.settings import Settings
from local_aws.state import saver
from local_aws.state.snapshots import DamagedState
from local_aws.web import origins, pages
from local_aws.web.asgi import Application, Message, Receive, Reply, Scope, Send
from local_aws.web.fronts import Fronts


class OwnApi(Protocol):
    """An API that only the embedded AWS has."""

    async def reply(self, scope: Scope, receive: Receive) -> Reply | None:
        """The answer; None when the request is not for this API."""


class Server:
    """What hypercorn serves."""

    def __init__(self, ministack: Application, apis: Sequence[OwnApi], settings: Settings) -> None:
        self._ministack = ministack
        self._fronts = Fronts(settings)
        self._pages = pages.Pages(settings)
        self._apis = apis
        self._save_seconds = settings.save_seconds
        self.failure: Exception | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection's scope."""
        if scope["type"] == "http":
            origins.note_sender(scope)
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif front := self._fronts.at(scope):
            await self._fronts.serve(front, scope, receive, send)
        elif not await self._own(scope, receive, send):
            if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
                saver.note_change()
            await self._ministack(scope, receive, send)

    async def _own(self, scope: Scope, receive: Receive, send: Send) -> bool:
        if scope["type"] != "http":
            return False
        reply = origins.refusal(scope) or self._pages.reply(scope)
        for api in self._apis:
            reply = reply or await api.reply(scope, receive)
        if reply is None:
            return False
        await reply.send(send)
        return True

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """MiniStack's own start and stop, with the saves between them; damaged state ends the start."""
        saving: list[asyncio.Task[None]] = []
        main_loop.remember()

        async def received() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                for task in saving:
                    task.cancel()
                main_loop.stop()
                await _end_functions()
            return message

        async def sent(message: Message) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                saving.append(asyncio.create_task(saver.save_regularly(self._save_seconds)))

        try:
            await self._ministack(scope, received, sent)
        except DamagedState as damage:
            self.failure = damage
            await send({"type": "lifespan.startup.failed", "message": str(damage)})


async def _end_functions() -> None:
    """End all function processes; in a thread of its own, for MiniStack's may all wait for those functions."""
    from ministack.core import lambda_runtime  # noqa: PLC0415 - after the environment is prepared

    await asyncio.get_running_loop().run_in_executor(ThreadPoolExecutor(1), lambda_runtime.reset)
