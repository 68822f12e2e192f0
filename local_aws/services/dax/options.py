"""The options of a request: what a client sends in a map with numbers for names."""

from collections.abc import Mapping, Sequence
from typing import Any

from local_aws.services.dax import expressions, projections
from local_aws.services.dax.attribute_values import KeySchema, decode_compound_key, decode_key, text_or_bytes
from local_aws.services.dax.cbor import Malformed
from local_aws.services.dax.errors import Json, validation
from local_aws.services.dax.expressions import Path, Placeholders

_PROJECTION, _CONSISTENT, _CAPACITY, _CONDITION, _METRICS, _RETURN, _UPDATE, _START = 0, 2, 3, 4, 6, 7, 8, 9
_FILTER, _INDEX, _LIMIT, _FORWARD, _SELECT, _SEGMENT, _SEGMENTS, _TOKEN = 10, 11, 13, 14, 15, 16, 17, 19
_CAPACITIES = ("NONE", "TOTAL", "INDEXES")
_METRIC_SIZES = ("NONE", "SIZE")
_RETURNS = ("", "NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW")
_SELECTS = ("", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "COUNT", "SPECIFIC_ATTRIBUTES")


class Options:
    """The options of one request."""

    def __init__(self, options: Any) -> None:
        if options is not None and not isinstance(options, dict):
            raise Malformed("options that are not a map")
        self._options: dict[int, Any] = options or {}
        self.placeholders = Placeholders()

    @property
    def is_consistent(self) -> bool:
        """Whether the read is strongly consistent."""
        return bool(self._options.get(_CONSISTENT))

    @property
    def return_values(self) -> str:
        """Which attributes a write answers."""
        return self._one_of(_RETURN, _RETURNS) or "NONE"

    @property
    def index(self) -> str:
        """The name of the index; empty for the table."""
        return text_or_bytes(self._options[_INDEX]) if _INDEX in self._options else ""

    @property
    def client_request_token(self) -> str:
        """The client token of a transaction; empty if there is none."""
        return text_or_bytes(self._options[_TOKEN]) if _TOKEN in self._options else ""

    @property
    def paths(self) -> list[Path] | None:
        """The document paths of the projection; None if there is none."""
        return document_paths(self._options.get(_PROJECTION))

    def accounting(self) -> Json:
        """The parameters that ask for the consumed capacity and for the sizes of item collections."""
        capacity, metrics = self._one_of(_CAPACITY, _CAPACITIES), self._one_of(_METRICS, _METRIC_SIZES)
        asked = {"ReturnConsumedCapacity": capacity} if capacity else {}
        return {**asked, **({"ReturnItemCollectionMetrics": metrics} if metrics else {})}

    def conditions(self) -> Json:
        """The parameters of a write: its condition, and for an update the update expression."""
        texts = {}
        if _CONDITION in self._options:
            texts["ConditionExpression"] = expressions.condition(self._options[_CONDITION], self.placeholders)
        if _UPDATE in self._options:
            texts["UpdateExpression"] = expressions.update(self._options[_UPDATE], self.placeholders)
        return texts

    def reading(self, schema: KeySchema) -> Json:
        """The parameters of a query or a scan beside its key condition."""
        parameters: Json = {"ConsistentRead": True} if self.is_consistent else {}
        if index := self.index:
            parameters["IndexName"] = index
        for number, name in ((_LIMIT, "Limit"), (_SEGMENT, "Segment"), (_SEGMENTS, "TotalSegments")):
            if number in self._options:
                parameters[name] = self._options[number]
        if _FORWARD in self._options:
            parameters["ScanIndexForward"] = bool(self._options[_FORWARD])
        if select := self._one_of(_SELECT, _SELECTS):
            parameters["Select"] = select
        if isinstance(start := self._options.get(_START), bytes):
            parameters["ExclusiveStartKey"] = decode_compound_key(start) if index else decode_key(start, schema)
        if _FILTER in self._options:
            parameters["FilterExpression"] = expressions.condition(self._options[_FILTER], self.placeholders)
        if paths := self.paths:
            texts = (expressions.path_text(path, self.placeholders) for path in paths)
            parameters["ProjectionExpression"] = ", ".join(texts)
        return parameters

    def _one_of(self, number: int, names: Sequence[str]) -> str:
        value = self._options.get(number)
        if value is None:
            return ""
        if type(value) is not int or not 0 <= value < len(names):
            raise Malformed(f"the option {number} with the value {value!r}")
        return names[value]


def document_paths(data: Any) -> list[Path] | None:
    """The document paths of a projection; None if there is none. Raises DaxError if two of them overlap."""
    if data is None:
        return None
    paths = expressions.projection(data)
    if overlap := projections.overlapping(paths):
        one, two = (f"[{', '.join(map(_element, path))}]" for path in overlap)
        raise validation(
            "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of "
            f"these paths; path one: {one}, path two: {two}"
        )
    return paths


def _element(element: str | int) -> str:
    return f"[{element}]" if isinstance(element, int) else element


def as_map(value: Any) -> Mapping[str, Any]:
    """A map by table name; raises Malformed."""
    if not isinstance(value, dict):
        raise Malformed("a request that is not a map")
    return {text_or_bytes(name): each for name, each in value.items()}


def as_list(value: Any, length: int | None = None) -> list[Any]:
    """A list, of a length if one is asked for; raises Malformed."""
    if not isinstance(value, list) or (length is not None and len(value) != length):
        raise Malformed("a list of another length")
    return value
