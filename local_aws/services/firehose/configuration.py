"""The configuration of a delivery stream: its ExtendedS3 destination as the code reads it."""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
# The service that roles trust.
SERVICE = "firehose.amazonaws.com"
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class LambdaProcessor:
    """The transformation function, and how its batches are made."""

    function_arn: str
    role_arn: str
    retries: int
    buffer_bytes: float
    buffer_seconds: float


@dataclass(frozen=True)
class Conversion:
    """The conversion of JSON to Parquet by the schema of a Glue table."""

    database: str
    table: str
    region: str
    role_arn: str
    # DuckDB's name of the compression.
    compression: str


@dataclass(frozen=True)
class Destination:
    """Where a delivery stream writes, and how."""

    bucket: str
    role_arn: str
    prefix: str
    error_prefix: str
    buffer_bytes: int
    buffer_seconds: float
    extension: str
    has_partitions: bool
    processor: LambdaProcessor | None
    conversion: Conversion | None


def destination_of(config: Json, region: str) -> Destination:
    """Read an ExtendedS3DestinationConfiguration that `validation` has accepted."""
    conversion = _conversion(config, region)
    hints = config.get("BufferingHints") or {}
    return Destination(
        bucket=config["BucketARN"].rpartition(":")[2],
        role_arn=config["RoleARN"],
        prefix=config.get("Prefix") or "",
        error_prefix=config.get("ErrorOutputPrefix") or "",
        buffer_bytes=int(hints.get("SizeInMBs") or (128 if conversion else 5)) * _MEBIBYTE,
        buffer_seconds=float(hints.get("IntervalInSeconds", 300)),
        extension=".parquet" if conversion else "",
        has_partitions=is_true((config.get("DynamicPartitioningConfiguration") or {}).get("Enabled")),
        processor=_processor(config),
        conversion=conversion,
    )


def is_true(value: Any) -> bool:
    """A flag of the API, or of a template, where it may be text."""
    return str(value).lower() == "true"


def processors(config: Json) -> list[Json]:
    """The enabled processors."""
    processing = config.get("ProcessingConfiguration") or {}
    return list(processing.get("Processors") or []) if is_true(processing.get("Enabled")) else []


def parameters(processor: Json) -> dict[str, str]:
    """A processor's parameters by name."""
    return {item["ParameterName"]: str(item["ParameterValue"]) for item in processor.get("Parameters") or []}


def conversion_of(config: Json) -> Json | None:
    """The DataFormatConversionConfiguration, if it is enabled."""
    conversion = config.get("DataFormatConversionConfiguration")
    return conversion if conversion and is_true(conversion.get("Enabled", True)) else None


def _processor(config: Json) -> LambdaProcessor | None:
    for processor in processors(config):
        named = parameters(processor)
        return LambdaProcessor(
            function_arn=named["LambdaArn"],
            role_arn=named.get("RoleArn") or config["RoleARN"],
            retries=int(named.get("NumberOfRetries", 3)),
            buffer_bytes=float(named.get("BufferSizeInMBs", 1)) * _MEBIBYTE,
            buffer_seconds=float(named.get("BufferIntervalInSeconds", 60)),
        )
    return None


def _conversion(config: Json, region: str) -> Conversion | None:
    conversion = conversion_of(config)
    if conversion is None:
        return None
    schema = conversion["SchemaConfiguration"]
    serializer = conversion["OutputFormatConfiguration"]["Serializer"]["ParquetSerDe"] or {}
    return Conversion(
        database=schema["DatabaseName"],
        table=schema["TableName"],
        region=schema.get("Region") or region,
        role_arn=schema["RoleARN"],
        compression=str(serializer.get("Compression") or "SNAPPY").lower(),
    )
