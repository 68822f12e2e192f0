"""A call's JSON, held against the types of botocore's own model of SES v2: other types are no call."""

import json
from functools import cache
from typing import Any

import botocore.session

from local_aws.services.ses.refusals import Refusal

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


def document(body: bytes, operation: str) -> dict[str, Any]:
    """The parameters of one call.

    Raises
    ------
    Refusal
        The body is no JSON object, or a member has another type than the operation gives it.
    """
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise Refusal("SerializationException", "The request is not JSON.") from error
    if not isinstance(found, dict):
        raise Refusal("SerializationException", "The request is not a JSON object.")
    _check(found, _input_of(operation), "The request")
    return found


@cache
def _input_of(operation: str) -> Any:
    model = botocore.session.get_session().get_service_model("sesv2")
    return model.operation_model(operation).input_shape


def _check(value: Any, shape: Any, name: str) -> None:
    if value is None:
        return
    if not isinstance(value, _TYPES[shape.type_name]):
        raise Refusal("SerializationException", f"{name} is not a {shape.type_name}.")
    if shape.type_name == "list":
        for each in value:
            _check(each, shape.member, f"A member of {name}")
    elif shape.type_name == "structure":
        for member in shape.members.keys() & value.keys():
            _check(value[member], shape.members[member], member)
