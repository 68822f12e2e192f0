"""The ASGI application: dispatches requests by port to fronts, by path to local pages and APIs, or to MiniStack."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from local_aws import main_loop, memory
from local_aws.settings import Front, Settings
from local_aws.state import saver
from local_aws.state.reads import changes_nothing
from local_aws.state.snapshots import DamagedState
from local_aws.web import origins, pages, peers, request_target
from local_aws.web.asgi import Application, Message, Receive, Reply, Scope, Send
from local_aws.web.front_api import FrontApi
from local_aws.web.fronts import Fronts


class LocalApi(Protocol):
    """An API that only the embedded AWS has."""

    async def reply(self, scope: Scope, receive: Receive) -> Reply | None:
        """Answer a request; None when it is not for this API."""


class Server:
    """The application that hypercorn serves."""

    def __init__(self, ministack: Application, apis: Sequence[LocalApi], settings: Settings) -> None:
        self._ministack = ministack
        self._fronts = Fronts(settings)
        self._pages = pages.Pages(settings, self._fronts)
        self._apis = [*apis, FrontApi(self._fronts, self._open_ports)]
        # What serves more ports; set when the server starts.
        self.open_ports: Callable[[Front], Awaitable[None]] | None = None
        self._save_seconds = settings.save_seconds
        self.failure: Exception | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI scope."""
        if scope["type"] == "http":
            scope = request_target.in_origin_form(scope)
            origins.record_sender(scope)
            peers.record_port(scope)
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif front := self._fronts.at(scope):
            await self._fronts.serve(front, scope, receive, send)
        elif not await self._serve_local(scope, receive, send):
            if not changes_nothing(scope):
                saver.mark_changed()
            await self._ministack(scope, receive, send)

    async def serve_front(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI scope at the ports of a front that was added after the start."""
        if scope["type"] != "lifespan":
            await self(scope, receive, send)
            return
        # The server has started already; these ports alone start and stop here.
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})

    async def _open_ports(self, front: Front) -> None:
        if self.open_ports is None:
            raise RuntimeError("the server has not started")
        await self.open_ports(front)

    async def _serve_local(self, scope: Scope, receive: Receive, send: Send) -> bool:
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
        """Run MiniStack's lifespan, with regular saves between start and stop. Damaged state ends the start."""
        tasks: list[asyncio.Task[None]] = []
        main_loop.register_running_loop()

        async def receive_message() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                for task in tasks:
                    task.cancel()
                await _disconnect_devices()
                main_loop.stop()
                await _end_functions()
            return message

        async def send_message(message: Message) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                memory.collect_seldom()
                tasks.append(asyncio.create_task(saver.save_regularly(self._save_seconds)))
                tasks.append(asyncio.create_task(memory.release_regularly()))

        try:
            await self._ministack(scope, receive_message, send_message)
        except DamagedState as damage:
            self.failure = damage
            await send({"type": "lifespan.startup.failed", "message": str(damage)})


async def _disconnect_devices() -> None:
    """End the devices' connections before the last save, so that nothing is acknowledged after it."""
    from ministack.services import iot  # noqa: PLC0415 - after the environment is prepared

    await iot.mtls_stop()


async def _end_functions() -> None:
    """End all function processes, in a new thread, because all of MiniStack's may be waiting for functions."""
    from ministack.core import lambda_runtime  # noqa: PLC0415 - after the environment is prepared

    await asyncio.get_running_loop().run_in_executor(ThreadPoolExecutor(1), lambda_runtime.reset)
