"""Parses a request's JSON, and checks its types against botocore's model of SES v2."""

import json
from functools import cache
from typing import Any

from local_aws.service_models import service_model
from local_aws.services.ses.errors import SesError

_TYPES: dict[str, Any] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "blob": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "double": (int, float),
    "timestamp": (int, float, str),
}


def parse_request(body: bytes, operation: str) -> dict[str, Any]:
    """Parse the parameters of one request.

    Raises
    ------
    SesError
        The body is not a JSON object, or a member does not have the operation's type.
    """
    try:
        parameters = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise SesError("SerializationException", "The request is not JSON.") from error
    if not isinstance(parameters, dict):
        raise SesError("SerializationException", "The request is not a JSON object.")
    _check(parameters, _input_of(operation), "The request")
    return parameters


@cache
def _input_of(operation: str) -> Any:
    return service_model("sesv2").operation_model(operation).input_shape


def _check(value: Any, shape: Any, name: str) -> None:
    if value is None:
        return
    if not isinstance(value, _TYPES[shape.type_name]):
        raise SesError("SerializationException", f"{name} is not a {shape.type_name}.")
    if shape.type_name == "list":
        for item in value:
            _check(item, shape.member, f"A member of {name}")
    elif shape.type_name == "structure":
        for member in shape.members.keys() & value.keys():
            _check(value[member], shape.members[member], member)
