"""Converts the records of an object from JSON to Parquet, by the schema of a Glue table."""

import base64

from ministack.core.responses import get_account_id

from local_aws.services.firehose.configuration import Conversion
from local_aws.services.firehose.glue_schema import SchemaUnavailable, columns_of
from local_aws.services.firehose.records import CONVERSION_FAILED, FailedRecord, OutputRecord

_MISMATCH = "DataFormatConversion.MalformedData", "Data does not match the schema."
_UNSUPPORTED = "DataFormatConversion.ConversionFailureException"


def parquet(conversion: Conversion, records: list[OutputRecord]) -> tuple[bytes, list[FailedRecord]]:
    """Convert records to one Parquet file; returns it, empty without records, and the records that do not fit."""
    # Imported with the first conversion: DuckDB uses 45 MB of memory.
    from local_aws.sql.parquet import Converter, UnsupportedType  # noqa: PLC0415

    account = get_account_id()
    try:
        converter = Converter(columns_of(conversion, account), conversion.compression)
    except SchemaUnavailable as error:
        return b"", [_failed(conversion, account, record, error.code, error.message) for record in records]
    except UnsupportedType as error:
        message = f"The embedded AWS does not support columns of type {error}"
        return b"", [_failed(conversion, account, record, _UNSUPPORTED, message) for record in records]
    body, wrong = converter.convert([record.data for record in records])
    return body, [_failed(conversion, account, records[number], *_MISMATCH) for number in wrong]


def _failed(conversion: Conversion, account: str, record: OutputRecord, code: str, message: str) -> FailedRecord:
    table = {
        "catalogId": account,
        "databaseName": conversion.database,
        "tableName": conversion.table,
        "region": conversion.region,
        "versionId": "LATEST",
    }
    source = record.source
    sequence = {"sequenceNumber": str(source.position.sequence), "subSequenceNumber": 0}
    return FailedRecord(
        source=source,
        output_type=CONVERSION_FAILED,
        code=code,
        message=message,
        raw=base64.b64encode(record.data).decode(),
        details={**(sequence if source.partition_key is not None else {}), "dataCatalogTable": table},
    )
