"""Wrong messages: what real devices send when they are broken, outdated or hostile. Each is quarantined."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Message = dict[str, Any]


def _encoded(message: Message) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


def _with_temperature(value: Any) -> Callable[[Message], bytes]:
    return lambda message: _encoded(message | {"measurements": message["measurements"] | {"temperature": value}})


def _with_time(change: Callable[[datetime], str]) -> Callable[[Message], bytes]:
    return lambda message: _encoded(message | {"time": change(datetime.fromisoformat(message["time"]))})


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


# By name; the message's id stays first in the text, so that the quarantined bytes can be found.
WRONG: Mapping[str, Callable[[Message], bytes]] = {
    "number_as_text": _with_temperature("21.4"),
    "not_a_number": _with_temperature(float("nan")),
    "infinite": _with_temperature(float("inf")),
    "too_hot": _with_temperature(4000.0),
    "unknown_field": lambda message: _encoded(message | {"device_id": "../../another"}),
    "unknown_measurement": lambda message: _encoded(message | {"measurements": {"=cmd|' /C calc'!A0": 1}}),
    "unknown_unit": lambda message: _encoded(message | {"units": {"temperature": "R"}}),
    "without_offset": _with_time(lambda at: _text(at.replace(tzinfo=None))),
    "in_1970": _with_time(lambda at: _text(datetime(1970, 1, 1, tzinfo=UTC))),
    "in_2099": _with_time(lambda at: _text(at.replace(year=2099, day=1))),
    "eight_days_late": _with_time(lambda at: _text(at - timedelta(days=8))),
    "cut_off": lambda message: _encoded(message)[:-10],
    "not_utf8": lambda message: _encoded(message)[:-2] + b"\xff\xfe}",
    "too_large": lambda message: _encoded(message | {"note": "x" * 8192}),
}
