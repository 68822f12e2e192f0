"""Connections to a DAX node without a server: a writer that keeps what is written, and a guard that refuses nobody."""

from typing import Any

from local_aws.services.dax.calls import Call


class Writer:
    """A writer that keeps what is written."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data

    async def drain(self) -> None:
        pass


class OpenGuard:
    """Lets everybody in; `fault` is that of each call."""

    def __init__(self, fault: str = "") -> None:
        self._fault = fault

    def authenticate(self, values: list[Any]) -> str:
        return str(values[0])

    def require(self, _access_key: str, call: Call, values: list[Any]) -> None:
        call.permissions(values)

    async def fault(self, operation: str) -> str:
        return "" if operation == "Connect" else self._fault
