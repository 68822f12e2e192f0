"""Kinesis's error answers."""

from typing import Any

from ministack.core.responses import error_response_json, get_account_id

EXCEEDED = "ProvisionedThroughputExceededException"
Answer = tuple[int, dict[str, str], Any]


def error(code: str, message: str) -> Answer:
    """Answer 400 with an error of the API."""
    return error_response_json(code, message, 400)  # type: ignore[no-any-return]


def invalid(message: str) -> Answer:
    """Answer that an argument is invalid."""
    return error("InvalidArgumentException", message)


def no_stream(name: str | None) -> Answer:
    """Answer that there is no such stream."""
    return error("ResourceNotFoundException", f"Stream {name} under account {get_account_id()} not found.")


def no_shard(shard_id: str | None, stream_name: str) -> Answer:
    """Answer that the stream has no such shard."""
    message = f"Shard {shard_id} in stream {stream_name} under account {get_account_id()} does not exist"
    return error("ResourceNotFoundException", message)


def exceeded(shard_id: str, stream_name: str) -> str:
    """The text of an error about a shard's throughput."""
    return f"Rate exceeded for shard {shard_id} in stream {stream_name} under account {get_account_id()}."


def constraint(field: str, expected: str) -> str:
    """The text of a validation error."""
    return f"1 validation error detected: Value at '{field}' failed to satisfy constraint: Member must {expected}"
