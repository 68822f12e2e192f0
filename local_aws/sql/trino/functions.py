"""The functions that are served, by Trino's names, with the numbers of arguments that they take.

https://trino.io/docs/current/functions.html
"""

MANY = 127
# name: (least, most)
ARGUMENTS: dict[str, tuple[int, int]] = {
    # Aggregates
    "approx_percentile": (2, 2),
    "avg": (1, 1),
    "count": (0, 1),
    "count_if": (1, 1),
    "max": (1, 1),
    "min": (1, 1),
    "stddev": (1, 1),
    "sum": (1, 1),
    # Window functions
    "lag": (1, 3),
    "lead": (1, 3),
    "row_number": (0, 0),
    # Conditions
    "coalesce": (2, MANY),
    "if": (2, 3),
    "nullif": (2, 2),
    "try": (1, 1),
    # Numbers
    "abs": (1, 1),
    "round": (1, 2),
    # Dates and times
    "date": (1, 1),
    "date_add": (3, 3),
    "date_diff": (3, 3),
    "date_trunc": (2, 2),
    "from_iso8601_date": (1, 1),
    "from_iso8601_timestamp": (1, 1),
    "from_unixtime": (1, 1),
    "to_iso8601": (1, 1),
    "to_unixtime": (1, 1),
}
# Written like functions, with syntax of their own.
SPECIAL = frozenset({"cast", "try_cast"})
# The units of date_add, date_diff and date_trunc.
UNITS = frozenset({"millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"})
