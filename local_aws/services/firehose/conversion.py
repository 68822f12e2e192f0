"""Converts the records of an object from JSON to Parquet, by the schema of a Glue table."""

import base64

from ministack.core.responses import get_account_id, request_scope
from ministack.services import glue

from local_aws.services.firehose.configuration import SERVICE, Conversion
from local_aws.services.firehose.records import CONVERSION_FAILED, FailedRecord, OutputRecord
from local_aws.services.iam.service_roles import RoleRefuses, require_permission

# https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-glue
_GLUE_ACTIONS = ("GetTable", "GetTableVersion", "GetTableVersions")
_NOT_FOUND = (
    "The specified table/database could not be found. Please ensure that the table/database exists and that the values "
    "provided in the schema configuration are correct, especially with regards to casing."
)
_MISMATCH = "MalformedData", "Data does not match the schema."


class _NotConverted(Exception):
    """No record can be converted: the code and the message of the error documents."""


def parquet(conversion: Conversion, records: list[OutputRecord]) -> tuple[bytes, list[FailedRecord]]:
    """Convert records to one Parquet file; returns it, empty without records, and the records that do not fit."""
    # Imported with the first conversion: DuckDB uses 45 MB of memory.
    from local_aws.sql.parquet import Converter, UnsupportedType  # noqa: PLC0415

    account = get_account_id()
    try:
        converter = Converter(_columns(conversion, account), conversion.compression)
    except _NotConverted as error:
        return b"", [_failed(conversion, account, record, *error.args) for record in records]
    except UnsupportedType as error:
        reason = "ConversionFailureException", f"The embedded AWS does not support columns of type {error}"
        return b"", [_failed(conversion, account, record, *reason) for record in records]
    body, wrong = converter.convert([record.data for record in records])
    return body, [_failed(conversion, account, records[number], *_MISMATCH) for number in wrong]


def _columns(conversion: Conversion, account: str) -> list[tuple[str, str]]:
    """The columns of the table, without its partition keys: names and Glue's types."""
    arn = f"arn:aws:glue:{conversion.region}:{account}:table/{conversion.database}/{conversion.table}"
    try:
        for action in _GLUE_ACTIONS:
            require_permission(conversion.role_arn, SERVICE, f"glue:{action}", arn)
    except RoleRefuses as error:
        raise _NotConverted("AccessDenied", str(error)) from error
    with request_scope(account, conversion.region):
        table = glue._tables.get(f"{conversion.database}/{conversion.table}")
    columns = ((table or {}).get("StorageDescriptor") or {}).get("Columns")
    if not columns:
        raise _NotConverted("EntityNotFound", _NOT_FOUND)
    return [(column["Name"], column.get("Type", "string")) for column in columns]


def _failed(conversion: Conversion, account: str, record: OutputRecord, code: str, message: str) -> FailedRecord:
    table = {
        "catalogId": account,
        "databaseName": conversion.database,
        "tableName": conversion.table,
        "region": conversion.region,
        "versionId": "LATEST",
    }
    source = record.source
    return FailedRecord(
        source=source,
        output_type=CONVERSION_FAILED,
        code=f"DataFormatConversion.{code}",
        message=message,
        raw=base64.b64encode(record.data).decode(),
        details={
            "sequenceNumber": str(source.position.sequence),
            "subSequenceNumber": 0,
            "dataCatalogTable": table,
        },
    )
