"""Partition projection: which keys of a table's location belong to which partition.

https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html: enum, integer, date and
injected. Objects outside of the projected partitions are not read.
"""

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local_aws.sql.objects import split_uri
from local_aws.sql.trino.errors import QueryError, not_supported

_NOW = re.compile(r"NOW(?:\s*([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?", re.IGNORECASE)
_JAVA_FORMATS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_JAVA_LETTERS = re.compile(r"yyyy|MM|dd|HH|mm|ss")
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
Values = dict[str, str]


@dataclass(frozen=True)
class Projection:
    """The partitions of one table: bucket, key prefix, and the form of the rest of a key."""

    bucket: str
    prefix: str
    _path: str
    _pattern: re.Pattern[str]
    _columns: "Mapping[str, _Column]"

    def partition_of(self, key: str) -> Values | None:
        """The partition of an object; None if it belongs to none that is projected."""
        match = self._pattern.match(key)
        if match is None:
            return None
        values = match.groupdict()
        if all(column.contains(values[name]) for name, column in self._columns.items()):
            return values
        return None

    def prefix_of(self, values: Mapping[str, str]) -> str:
        """The prefix of the partitions with these values, as far as the values of the first columns are there."""
        prefix, position = "", 0
        for placeholder in _PLACEHOLDER.finditer(self._path):
            prefix += self._path[position : placeholder.start()]
            if placeholder[1] not in values:
                return prefix
            prefix += values[placeholder[1]]
            position = placeholder.end()
        return prefix + self._path[position:]

    @property
    def injected(self) -> list[str]:
        """The columns for which a query must have a value."""
        return [name for name, column in self._columns.items() if column.kind == "injected"]


@dataclass(frozen=True)
class _Column:
    kind: str
    values: frozenset[str] = frozenset()
    least: int = 0
    most: int = 0
    interval: int = 1
    digits: int = 0
    format: str = ""
    first: datetime = datetime.min
    last: datetime = datetime.max

    def contains(self, text: str) -> bool:
        if self.kind == "injected":
            return True
        if self.kind == "enum":
            return text in self.values
        return self._has_number(text) if self.kind == "integer" else self._has_date(text)

    def _has_number(self, text: str) -> bool:
        if not re.fullmatch(r"-?\d+", text) or text != f"{int(text):0{self.digits}d}":
            return False
        return self.least <= int(text) <= self.most and (int(text) - self.least) % self.interval == 0

    def _has_date(self, text: str) -> bool:
        try:
            moment = datetime.strptime(text, self.format)
        except ValueError:
            return False
        return self.first <= moment <= self.last and moment.strftime(self.format) == text


def projection(location: str, keys: Sequence[str], properties: Mapping[str, str], now: datetime) -> Projection:
    """Read a table's properties; `now` is what NOW stands for.

    Raises
    ------
    QueryError
        The table has no projection for a key, or one that is not valid or not served.
    """
    if keys and properties.get("projection.enabled", "").lower() != "true":
        raise not_supported("a table with partitions but without partition projection")
    default = location.rstrip("/") + "".join(f"/{key}=${{{key}}}" for key in keys)
    template = (properties.get("storage.location.template") or default).rstrip("/") + "/"
    bucket, path = split_uri(template)
    columns = {key: _column(key, properties, now) for key in keys}
    if set(_PLACEHOLDER.findall(path)) != set(keys):
        raise _invalid(f"storage.location.template must have each of {', '.join(keys)}")
    position, pattern = 0, ""
    for placeholder in _PLACEHOLDER.finditer(path):
        name = placeholder[1]
        slashes = columns[name].format.count("/")
        pattern += re.escape(path[position : placeholder.start()])
        pattern += f"(?P<{name}>[^/]+{'/[^/]+' * slashes})"
        position = placeholder.end()
    pattern += re.escape(path[position:])
    return Projection(bucket, path.partition("${")[0], path, re.compile(pattern), columns)


def _column(name: str, properties: Mapping[str, str], now: datetime) -> _Column:
    setting = f"projection.{name}."
    kind = properties.get(setting + "type", "").lower()
    if kind == "injected":
        return _Column(kind)
    if kind == "enum":
        return _Column(kind, frozenset(value.strip() for value in properties.get(setting + "values", "").split(",")))
    if kind not in ("integer", "date"):
        raise _invalid(f"{setting}type is {kind or 'missing'}")
    first, separator, last = properties.get(setting + "range", "").partition(",")
    interval = int(properties.get(setting + "interval", "1"))
    if not separator or interval < 1:
        raise _invalid(f"{setting}range or {setting}interval")
    if kind == "integer":
        digits = int(properties.get(setting + "digits", "0"))
        return _Column(kind, least=int(first), most=int(last), interval=interval, digits=digits)
    if interval != 1:
        raise not_supported(f"{setting}interval")
    form = _date_format(properties.get(setting + "format", ""))
    return _Column(kind, format=form, first=_moment(first, form, now), last=_moment(last, form, now))


def _date_format(java: str) -> str:
    form = _JAVA_LETTERS.sub(lambda letters: _JAVA_FORMATS[letters[0]], java)
    if not java or re.search(r"(?<!%)[A-Za-z]", form):
        raise not_supported(f"the date format {java!r}")
    return form


def _moment(text: str, form: str, now: datetime) -> datetime:
    """A range's end, cut to what the format shows."""
    text = text.strip()
    relative = _NOW.fullmatch(text)
    try:
        if relative is None:
            return datetime.strptime(text, form)
        moment = now.astimezone(UTC).replace(tzinfo=None)
        if relative[1]:
            moment = _moved(moment, int(relative[1] + relative[2]), relative[3].lower())
        return datetime.strptime(moment.strftime(form), form)
    except ValueError as error:
        raise _invalid(f"the range end {text!r}") from error


def _moved(moment: datetime, count: int, unit: str) -> datetime:
    if unit not in ("year", "month"):
        return moment + timedelta(**{f"{unit}s": count})
    months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, calendar.monthrange(year, month + 1)[1]))


def _invalid(what: str) -> QueryError:
    return QueryError("INVALID_TABLE_PROPERTY", what)
