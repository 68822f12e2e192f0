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
    "max_by": (2, 2),
    "min": (1, 1),
    "min_by": (2, 2),
    "stddev": (1, 1),
    "stddev_pop": (1, 1),
    "stddev_samp": (1, 1),
    "sum": (1, 1),
    # Window functions
    "dense_rank": (0, 0),
    "first_value": (1, 1),
    "lag": (1, 3),
    "last_value": (1, 1),
    "lead": (1, 3),
    "rank": (0, 0),
    "row_number": (0, 0),
    # Conditions
    "coalesce": (2, MANY),
    "if": (2, 3),
    "nullif": (2, 2),
    "try": (1, 1),
    # Numbers
    "abs": (1, 1),
    "ceil": (1, 1),
    "ceiling": (1, 1),
    "floor": (1, 1),
    "greatest": (1, MANY),
    "least": (1, MANY),
    "power": (2, 2),
    "round": (1, 2),
    "sqrt": (1, 1),
    # Dates and times
    "date": (1, 1),
    "date_add": (3, 3),
    "date_diff": (3, 3),
    "date_trunc": (2, 2),
    "day": (1, 1),
    "from_iso8601_date": (1, 1),
    "from_iso8601_timestamp": (1, 1),
    "from_unixtime": (1, 1),
    "hour": (1, 1),
    "minute": (1, 1),
    "month": (1, 1),
    "second": (1, 1),
    "to_iso8601": (1, 1),
    "to_unixtime": (1, 1),
    "year": (1, 1),
}
# Written like functions, with syntax of their own.
SPECIAL = frozenset({"cast", "try_cast", "extract"})
# The units of date_add, date_diff and date_trunc.
UNITS = frozenset({"millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"})
