"""Bodies and fields that every route refuses: one table for the app in one process and for the deployed app."""

from common.http.bodies import MAX_BYTES

Bodies = dict[str, tuple[bytes, int]]


def bodies(text_field: str = "title") -> Bodies:
    """Return malformed bodies by name for an operation with a text in this field, each with the expected status."""
    escaped = f"\\u{ord(text_field[0]):04x}{text_field[1:]}"
    return {
        name: (body.replace("FIELD", text_field).replace("ESCAPED", escaped).encode("latin-1"), status)
        for name, (body, status) in _BODIES.items()
    }


_BODIES = {
    "empty": ("", 400),
    "not JSON": ("FIELD=x", 400),
    "cut off": ('{"FIELD": "x"', 400),
    "more than one": ('{"FIELD": "x"} {}', 400),
    "array": ('[{"FIELD": "x"}]', 400),
    "null": ("null", 400),
    "string": ('"FIELD"', 400),
    "NaN": ('{"FIELD": "x", "order": NaN}', 400),
    "infinity": ('{"FIELD": "x", "order": -Infinity}', 400),
    "lone surrogate": ('{"FIELD": "\\ud800"}', 400),
    "lone surrogate in a key": ('{"\\udc00": 1, "FIELD": "x"}', 400),
    # Latin-1's byte for ÿ, as all of these are sent.
    "not UTF-8": ('{"FIELD": "\xff"}', 400),
    "byte order mark": ('\xef\xbb\xbf{"FIELD": "x"}', 400),
    "key twice": ('{"FIELD": "x", "FIELD": "y"}', 400),
    "key twice, spelled differently": ('{"FIELD": "x", "ESCAPED": "y"}', 400),
    "key twice, deeper": ('{"FIELD": {"a": 1, "a": 2}}', 400),
    "raw control character": ('{"FIELD": "a\x00b"}', 400),
    "too deep": ('{"FIELD":' + "[" * 100_000 + "]" * 100_000 + "}", 400),
    "too large": ('{"notes": "' + "x" * MAX_BYTES + '"}', 413),
    "huge integer": ('{"FIELD": "x", "order": ' + "9" * 5000 + "}", 422),
    "huge float": ('{"FIELD": "x", "order": 1e999}', 422),
}
FIELDS = [
    ("title", None),
    ("title", 1),
    ("title", ""),
    ("title", "x" * 501),
    ("title", "a\nb"),
    ("title", "a\n"),
    ("title", "a\x00"),
    ("title", "a\x7f"),
    ("title", "a\x85"),
    ("completed", "yes"),
    ("completed", 1),
    ("completed", None),
    ("order", "1"),
    ("order", True),
    ("order", 2**53 + 1),
    ("order", 1e300),
    ("order", 1e-300),
    ("notes", None),
    ("notes", "x" * 10_001),
    ("notes", "a\x1b"),
    ("due", ""),
    ("due", "tomorrow"),
    ("due", "2026-02-30"),
    ("due", "2026-12-24T25:00:00Z"),
    ("due", "2026-12-24T18:00:00"),
    ("due", "0001-01-01T00:00:00+10:00"),
    ("due", "2026-12-24\n"),
    ("due", 20261224),
    ("tags", "a"),
    ("tags", ["a", 1]),
    ("tags", [""]),
    ("tags", ["x" * 51]),
    ("tags", ["a\n"]),
    ("tags", [str(number) for number in range(21)]),
    ("id", "x"),
    ("owner", "bob"),
    ("__proto__", {}),
    ("colour\n\x00é", "red"),
]
