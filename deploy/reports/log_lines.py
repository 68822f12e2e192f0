"""Functions' log lines for people: JSON lines become readable text, all other lines are unchanged."""

from typing import Any

import msgspec
from rich.text import Text

_LEVEL_COLOURS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "bold red"}
_SHOWN_ELSEWHERE = ("time", "level", "message", "exception")


def readable(line: str) -> Text:
    """`request route=GET /todos status=200` for a JSON line of the apps' logger; a traceback follows below."""
    fields = _fields(line)
    if fields is None:
        return Text(line)
    level = str(fields.get("level", "INFO"))
    text = Text(str(fields["message"]), style=_LEVEL_COLOURS.get(level, ""))
    for name, value in fields.items():
        if name not in _SHOWN_ELSEWHERE:
            text.append(f" {name}=", style="dim").append(str(value))
    if "exception" in fields:
        text.append("\n" + str(fields["exception"]), style="red")
    return text


def _fields(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        fields = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return None
    return fields if isinstance(fields, dict) and "message" in fields else None
