"""Results of queries: rows as the API returns them, in a file, read by page.

https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_GetStatementResult.html
https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_Field.html
"""

import base64
import datetime
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Json = dict[str, Any]
PAGE_ROWS = 1000
MAX_BYTES = 100_000_000
_TYPES = {
    "BOOLEAN": "bool",
    "SMALLINT": "int2",
    "TINYINT": "int2",
    "INTEGER": "int4",
    "BIGINT": "int8",
    "HUGEINT": "numeric",
    "DECIMAL": "numeric",
    "FLOAT": "float4",
    "DOUBLE": "float8",
    "VARCHAR": "varchar",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}


def write(path: Path, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> int:
    """Write a result; returns its size in bytes.

    Raises
    ------
    ValueError
        The result is larger than the Data API returns.
    """
    metadata = [_column(name, type_name) for name, type_name in columns]
    is_large = [type_name == "HUGEINT" for _, type_name in columns]
    records = [[_cell(value, large) for value, large in zip(row, is_large, strict=True)] for row in rows]
    body = json.dumps({"columns": metadata, "records": records}).encode()
    if len(body) > MAX_BYTES:
        raise ValueError("The result is larger than 100 MB")
    path.write_bytes(body)
    return sum(len(str(value)) for row in rows for value in row if value is not None)


def page(path: Path, start: int) -> Json:
    """The answer of GetStatementResult from row `start`."""
    result = json.loads(path.read_bytes())
    records = result["records"]
    answer = {
        "ColumnMetadata": result["columns"],
        "Records": records[start : start + PAGE_ROWS],
        "TotalNumRows": len(records),
    }
    if start + PAGE_ROWS < len(records):
        answer["NextToken"] = str(start + PAGE_ROWS)
    return answer


def _column(name: str, type_name: str) -> Json:
    base, _, arguments = type_name.partition("(")
    precision, scale = [*arguments.rstrip(")").split(","), "0", "0"][:2] if arguments else ("0", "0")
    return {
        "name": name,
        "label": name,
        "typeName": _TYPES.get(base, base.lower()),
        "precision": 38 if base == "HUGEINT" else int(precision),
        "scale": int(scale),
        "nullable": 1,
        "isSigned": base not in ("VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP"),
        "isCaseSensitive": base == "VARCHAR",
        "isCurrency": False,
    }


def _cell(value: Any, is_large: bool) -> Json:
    if value is None:
        return {"isNull": True}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int) and not is_large:
        return {"longValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, bytes):
        return {"blobValue": base64.b64encode(value).decode()}
    if isinstance(value, datetime.datetime):
        return {"stringValue": _timestamp(value)}
    return {"stringValue": str(value)}


def _timestamp(value: datetime.datetime) -> str:
    """`2026-11-27 17:00:00.25`, as Redshift prints a timestamp."""
    text = value.strftime("%Y-%m-%d %H:%M:%S")
    return f"{text}.{value.microsecond:06}".rstrip("0") if value.microsecond else text
