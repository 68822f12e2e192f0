"""Finds the operation of a REST request by the paths and query parameters in botocore's service models."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel

from local_aws.service_models import service_model

_LABEL = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True)
class _Address:
    """The address of one operation: `GET /{Bucket}?list-type=2`."""

    operation: str
    method: str
    path: re.Pattern[str]
    query: frozenset[tuple[str, str]]
    headers: frozenset[str]
    labels: int

    def matches(self, method: str, path: str, query: Mapping[str, str], headers: Collection[str]) -> bool:
        return (
            method == self.method
            and self.path.fullmatch(path) is not None
            and all(name in query and value in ("", query[name]) for name, value in self.query)
            and all(name in headers for name in self.headers)
        )

    @property
    def specificity(self) -> tuple[int, int]:
        """How much of a request the address determines."""
        return len(self.query) + len(self.headers), -self.labels


def rest_operation(
    service: str, method: str, path: str, query: Mapping[str, str], headers: Collection[str] = ()
) -> str | None:
    """The operation's name (`ListObjectsV2`); None for services of other protocols and unknown requests.

    `headers` are the request's header names in lower case. If several addresses match, the most specific one applies.
    """
    matching = [address for address in _addresses(service) if address.matches(method, path, query, headers)]
    best = max(matching, key=lambda address: address.specificity, default=None)
    return best.operation if best else None


@cache
def operation_names(service: str) -> Collection[str]:
    """All operations of a service; empty if botocore does not know it by this name."""
    try:
        return frozenset(service_model(service).operation_names)
    except UnknownServiceError:
        return frozenset()


@cache
def _addresses(service: str) -> tuple[_Address, ...]:
    if not operation_names(service):
        return ()
    model = service_model(service)
    if not str(model.metadata["protocol"]).startswith("rest"):
        return ()
    return tuple(_address(model.operation_model(name)) for name in model.operation_names)


def _address(operation: OperationModel) -> _Address:
    path, _, query = operation.http["requestUri"].partition("?")
    pattern, end = "", 0
    for label in _LABEL.finditer(path):
        pattern += re.escape(path[end : label.start()]) + (".+" if label[2] else "[^/]+")
        end = label.end()
    pattern += re.escape(path[end:]) + "/?"
    fixed = {*parse_qsl(query, keep_blank_values=True), *((name, "") for name in _required(operation, "querystring"))}
    headers = frozenset(name.lower() for name in _required(operation, "header"))
    labels = len(_LABEL.findall(path))
    return _Address(operation.name, operation.http["method"], re.compile(pattern), frozenset(fixed), headers, labels)


def _required(operation: OperationModel, location: str) -> list[str]:
    """The wire names of the members that are required at a location."""
    shape = operation.input_shape
    if shape is None:
        return []
    members = [shape.members[name].serialization for name in shape.required_members]
    return [member["name"] for member in members if member.get("location") == location]
