"""Many clients at once, each with a connection of its own."""

import asyncio
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

CONNECTIONS = 32


def requests_a_second(url: str, headers: dict[str, str], requests: int) -> float:
    """Ask for a URL on 32 connections at once; each sends its next request when it has the answer to the last.

    Raises
    ------
    RuntimeError
        An answer is not 200.
    """
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    lines = [f"{name}: {value}" for name, value in {"Host": parts.netloc, **headers}.items()]
    request = "\r\n".join([f"GET {target} HTTP/1.1", *lines, "", ""]).encode()
    return asyncio.run(_rate(parts.port or 80, request, requests))


async def _rate(port: int, request: bytes, requests: int) -> float:
    left = iter(range(requests))
    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    await asyncio.gather(*(_ask(reader, writer, request, left) for reader, writer in connections))
    seconds = time.perf_counter() - started
    for _, writer in connections:
        writer.close()
    return requests / seconds


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, left: Iterator[int]) -> None:
    for _ in left:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        body = await reader.readexactly(int(length))
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the answer is {head + body[:500]!r}")
