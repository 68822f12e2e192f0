"""GetQueryResults: pages of a result, which are read from its CSV file in S3 with the caller's permissions.

https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html
"""

import re
from typing import Any

from ministack.services import s3

from local_aws.services.athena import executions
from local_aws.services.athena.errors import AthenaError, invalid, text
from local_aws.sql.rights import Rights

_MAX_ROWS = 1000
# A value in quotes, or an empty one without, which is NULL; then a comma or the end of the line.
_VALUE = re.compile(r'(?:"((?:[^"]|"")*)")?(,|\n)')
Json = dict[str, Any]


def query_results(data: Json, rights: Rights) -> Json:
    """One page of a result; the first row of the first page has the columns' names.

    Raises
    ------
    AthenaError
        The query does not exist or has not succeeded, or the caller may not read the result.
    """
    record = executions.find(text(data, "QueryExecutionId"))
    state = record["Status"]["State"]
    if state in executions.UNFINISHED:
        raise invalid(f"Query has not yet finished. Current state: {state}", "INVALID_QUERY_EXECUTION_STATE")
    if state != "SUCCEEDED":
        raise invalid(f"Query did not finish successfully. Final query state: {state}", "INVALID_QUERY_EXECUTION_STATE")
    most = data.get("MaxResults") or _MAX_ROWS
    if not 1 <= most <= _MAX_ROWS:
        raise invalid(f"MaxResults must be between 1 and {_MAX_ROWS}")
    columns = [_column(*column) for column in record.get("_columns") or []]
    metadata = {"ColumnInfo": columns}
    if record["SubstatementType"] == "UNLOAD":
        return {"UpdateCount": record["_unloaded_rows"], "ResultSet": {"Rows": [], "ResultSetMetadata": metadata}}
    rows, position = _page(_content(record, rights), _position(data.get("NextToken")), most)
    page: Json = {"UpdateCount": 0, "ResultSet": {"Rows": rows, "ResultSetMetadata": metadata}}
    if position:
        page["NextToken"] = str(position)
    return page


def _position(token: Any) -> int:
    if token is None:
        return 0
    if not isinstance(token, str) or not token.isdecimal():
        raise invalid("Invalid NextToken")
    return int(token)


def _content(record: Json, rights: Rights) -> str:
    bucket, _, key = record["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    if not rights.allow("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}"):
        raise AthenaError(f"Access denied to the result s3://{bucket}/{key}", "AccessDeniedException")
    body = s3._get_object_data(bucket, key)
    if body is None:
        raise invalid(f"Could not find results: s3://{bucket}/{key}")
    return str(body, "utf-8")


def _page(content: str, position: int, most: int) -> tuple[list[Json], int]:
    """Rows from a position in the file, and the position of the next page; 0 at the end."""
    rows: list[Json] = []
    values: list[Json] = []
    while position < len(content) and len(rows) < most:
        match = _VALUE.match(content, position)
        if match is None:
            raise invalid("Invalid NextToken")
        quoted = match[1]
        values.append({} if quoted is None else {"VarCharValue": quoted.replace('""', '"')})
        position = match.end()
        if match[2] == "\n":
            rows.append({"Data": values})
            values = []
    return rows, position if position < len(content) else 0


def _column(name: str, kind: str, precision: int, scale: int) -> Json:
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": kind,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind == "varchar",
    }
