"""One client's connection: a greeting, then calls one after another.

A greeting is a magic text, the layers, a session, a map with the client's name, and the types; it has no answer. A call
is the service's number, the call's number, and its values. An answer begins with an empty list, or with an error. The
authorization of a connection has no answer of its own: if it fails, the calls that follow get its error.
"""

import asyncio
import logging
import os
from typing import Any, Protocol

from local_aws.services.dax import calls, cbor
from local_aws.services.dax.calls import Call
from local_aws.services.dax.cbor import Malformed, Reader, Truncated
from local_aws.services.dax.errors import DaxError
from local_aws.services.dax.node import Node
from local_aws.services.dax.value_ends import ValueEnd

_MAGIC = "J7yne5G"
_GREETING_VALUES = 5
_SERVICE = 1
_READ_BYTES = 64 * 1024
# Before a connection is authorized, a value is no longer than this; a session token has some kilobytes.
_MAX_UNAUTHORIZED_BYTES = 64 * 1024
_OK = cbor.encode([])
# The end of an array that is not open, which no value and so no answer begins with.
_NO_ANSWER = b"\xff"
_GARBAGE_BYTES = 64
_log = logging.getLogger(__name__)


class Closed(Exception):
    """The connection is to be closed without an answer."""


class Guard(Protocol):
    """What stands in front of a node's calls."""

    def authenticate(self, values: list[Any]) -> str:
        """The access key of a connection's authorization; raises DaxError."""

    def require(self, access_key: str, call: Call, values: list[Any]) -> None:
        """Require the caller's permissions for a call; raises DaxError."""

    async def fault(self, operation: str) -> str:
        """The fault of a call, after its delay: `hang`, `garbage`, `close`, `drop`, or none; raises DaxError."""


class Connection:
    """Serves one connection."""

    # How long a client may send nothing: after its authorization, where AWS's client keeps connections that it does not
    # use; before it, and within a value.
    idle_seconds = 3600.0
    read_seconds = 60.0

    def __init__(self, node: Node, guard: Guard, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._node, self._guard = node, guard
        self._stream, self._writer = reader, writer
        self._buffer = bytearray()
        self._access_key = ""
        self._refusal = DaxError("MissingAuthenticationTokenException", "The connection is not authorized.")

    async def serve(self) -> None:
        """Serve until the client or a fault ends the connection; what is not the protocol ends it too."""
        try:
            await self._end_by(await self._guard.fault("Connect"))
            await self._greet()
            while True:
                await self._serve_call()
        except (Closed, ConnectionError):
            pass
        except DaxError as error:
            _log.info("a connection to DAX is refused: %s", error)
        except Malformed as error:
            _log.warning("a connection to DAX is closed: the client sent %s", error)
        except (RecursionError, TypeError, ValueError, LookupError, OverflowError):
            # Values of types that no client sends get as far as the request to DynamoDB.
            _log.warning("a connection to DAX is closed: the client sent what cannot be served", exc_info=True)

    async def _greet(self) -> None:
        magic = await self._value()
        if magic != _MAGIC:
            raise Malformed("something other than DAX's protocol")
        for _ in range(_GREETING_VALUES - 1):
            await self._value()

    async def _serve_call(self) -> None:
        service, number = await self._value(), await self._value()
        if service != _SERVICE:
            raise Malformed(f"a call of the service {service!r}")
        if number == calls.AUTHORIZE:
            self._authorize([await self._value() for _ in range(calls.AUTHORIZE_VALUES)])
            return
        call = calls.CALLS.get(number)
        if call is None:
            await self._send(DaxError("NotImplementedException", f"There is no call {number!r}.").encoded())
            raise Closed
        values = [await self._value() for _ in range(call.values)]
        try:
            answer = _OK + await self._answer(call, values)
        except DaxError as error:
            answer = error.encoded()
        await self._send(answer)

    async def _answer(self, call: Call, values: list[Any]) -> bytes:
        if not self._access_key:
            raise self._refusal
        fault = await self._guard.fault(call.name)
        if fault != "drop":
            await self._end_by(fault)
        self._guard.require(self._access_key, call, values)
        self._node.requests += call.is_checked
        answer = await call.answer(self._node, *values)
        await self._end_by(fault)
        return answer

    async def _end_by(self, fault: str) -> None:
        """End the connection, if there is a fault."""
        if fault == "hang":
            while await self._stream.read(_READ_BYTES):
                pass
        if fault == "garbage":
            await self._send(_NO_ANSWER + os.urandom(_GARBAGE_BYTES))
        if fault:
            raise Closed

    def _authorize(self, values: list[Any]) -> None:
        try:
            self._access_key = self._guard.authenticate(values)
        except DaxError as error:
            self._access_key, self._refusal = "", error

    async def _value(self) -> Any:
        """The next value that the client sends."""
        reader = Reader(self._buffer)
        try:
            value = reader.value()
        except Truncated:
            await self._read_value()
            reader = Reader(self._buffer)
            value = reader.value()
        del self._buffer[: reader.position]
        return value

    async def _read_value(self) -> None:
        """Read until the buffer has all of its first value."""
        end = ValueEnd()
        while True:
            try:
                end.find(self._buffer)
            except Truncated as truncated:
                await self._read(truncated.missing)
            else:
                return

    async def _read(self, at_least: int) -> None:
        if not self._access_key and len(self._buffer) + at_least > _MAX_UNAUTHORIZED_BYTES:
            raise Malformed("a long value before its authorization")
        while at_least > 0:
            data = await self._read_some()
            self._buffer += data
            at_least -= len(data)

    async def _read_some(self) -> bytes:
        """Read what arrives next; raises Closed at the end, and when nothing arrives for too long."""
        is_idle = self._access_key and not self._buffer
        try:
            async with asyncio.timeout(self.idle_seconds if is_idle else self.read_seconds):
                data = await self._stream.read(_READ_BYTES)
        except TimeoutError as error:
            raise Closed from error
        if not data:
            raise Closed
        return data

    async def _send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()
