"""Items as DynamoDB's API has them: typed structs, decoded from its JSON without a dict in between.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

from typing import Any

import msgspec

VERSION_KEY = "version"


class S(msgspec.Struct):
    """A string."""

    S: str


class N(msgspec.Struct):
    """A number, as text."""

    N: str


class Bool(msgspec.Struct):
    """A truth value."""

    BOOL: bool


class Strings(msgspec.Struct):
    """A list of strings."""

    L: list[S]


class Key(msgspec.Struct):
    """The sort key of an item."""

    key: S


class Version(msgspec.Struct):
    """The item that counts an owner's changes; `deletedAt` is the tombstone of a deleted account."""

    version: N = msgspec.field(default_factory=lambda: N("0"))
    deletedAt: N | None = None  # noqa: N815 - the attribute's name


class GetVersionResponse(msgspec.Struct):
    """The response of GetItem for the version."""

    Item: Version | None = None


class QueryKeysResponse(msgspec.Struct):
    """The response of Query for keys."""

    Items: list[Key]
    LastEvaluatedKey: Key | None = None


get_version_decoder = msgspec.json.Decoder(GetVersionResponse)
query_keys_decoder = msgspec.json.Decoder(QueryKeysResponse)


def primary_key(owner: str, sort_key: str) -> dict[str, Any]:
    """Write a primary key as botocore takes it."""
    return {"owner": {"S": owner}, "key": {"S": sort_key}}
