"""A network between devices and the app in one process, which loses requests, answers, and power."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sync_client.api import Answer, Unreachable
from sync_client.copy import Copy

URL = "http://localhost:8001/api"


class PowerLoss(Exception):
    """The device's process ends here."""


class Network:
    """Calls the app; `lose` says what is lost in the next requests: nothing, the request, or the answer."""

    def __init__(self, request: Callable[..., Any]) -> None:
        self._request = request
        self.lose: list[str] = []

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        lost = self.lose.pop(0) if self.lose else ""
        if lost == "request":
            raise Unreachable("the request is lost")
        response = self._request(method, url.removeprefix(URL), headers=dict(headers), body=body)
        if lost == "answer":
            raise Unreachable("the answer is lost")
        names = {name.lower(): str(value) for name, value in response.headers.items()}
        return Answer(response.status_code, names, response.body)


class MemoryStorage:
    """A device's file; `power` is the number of saves until the device loses power before one."""

    def __init__(self) -> None:
        self.file = b""
        self.power = -1

    def load(self) -> Copy | None:
        return msgspec.json.decode(self.file, type=Copy) if self.file else None

    def save(self, copy: Copy) -> None:
        self.power -= 1
        if self.power == -1:
            raise PowerLoss
        self.file = msgspec.json.encode(copy)
