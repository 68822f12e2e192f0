"""Refuses the delivery streams that Firehose refuses, and those that the embedded AWS does not serve.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html,
https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html (at least 64 MB, no compression),
https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning.html (at least 64 MB, an error prefix),
https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html (0.2 to 3 MB a batch).
"""

import re
from collections.abc import Iterator
from typing import Any

from local_aws.services.firehose import prefixes
from local_aws.services.firehose.configuration import SERVICE, conversion_of, is_true, parameters, processors
from local_aws.services.iam.service_roles import RoleRefuses, require_trust

Json = dict[str, Any]
DESTINATION = "ExtendedS3DestinationConfiguration"
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_BUCKET_ARN = re.compile(r"arn:aws:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_SERVED = {
    *("DeliveryStreamName", "DeliveryStreamType", "KinesisStreamSourceConfiguration", DESTINATION, "Tags"),
    # CloudFormation's own.
    "DeliveryStreamARN",
}
_SERVED_OF_DESTINATION = {
    *("RoleARN", "BucketARN", "Prefix", "ErrorOutputPrefix", "BufferingHints", "CompressionFormat"),
    *("EncryptionConfiguration", "CloudWatchLoggingOptions", "ProcessingConfiguration", "S3BackupMode"),
    *("DataFormatConversionConfiguration", "DynamicPartitioningConfiguration"),
}
_PARAMETERS = {"LambdaArn", "NumberOfRetries", "RoleArn", "BufferSizeInMBs", "BufferIntervalInSeconds"}
_COMPRESSIONS = {"SNAPPY", "GZIP", "UNCOMPRESSED"}
_LEAST_MB, _LEAST_SECONDS = 64, 60


def problem_of_stream(data: Json) -> str:
    """Why CreateDeliveryStream refuses a request; empty if it does not."""
    return next(_problems_of_stream(data), "")


def _problems_of_stream(data: Json) -> Iterator[str]:
    if not _NAME.fullmatch(str(data.get("DeliveryStreamName"))):
        yield "DeliveryStreamName must have 1 to 64 letters, digits, and characters of _.-"
    if DESTINATION not in data:
        yield f"{DESTINATION} is required: the embedded AWS does not support other destinations"
    if others := sorted(name for name, value in data.items() if value is not None and name not in _SERVED):
        yield _unsupported(", ".join(others))
    source = data.get("KinesisStreamSourceConfiguration") or {}
    if data.get("DeliveryStreamType") != "KinesisStreamAsSource" or not source.get("KinesisStreamARN"):
        yield "KinesisStreamSourceConfiguration is required: the embedded AWS does not support other sources"
    yield from _problems_of_role(source.get("RoleARN"))
    yield from _problems_of_destination(data[DESTINATION])


def _problems_of_destination(config: Json) -> Iterator[str]:
    if not _BUCKET_ARN.fullmatch(str(config.get("BucketARN"))):
        yield "BucketARN must be an S3 bucket ARN."
    yield from _problems_of_role(config.get("RoleARN"))
    yield from _unserved_settings(config)
    yield from _problems_of_buffer(config)
    yield from _problems_of_processors(config)
    yield from _problems_of_conversion(config)
    yield from _problems_of_prefixes(config)


def _problems_of_role(role_arn: Any) -> Iterator[str]:
    try:
        require_trust(str(role_arn), SERVICE)
    except RoleRefuses:
        yield f"Firehose is unable to assume role {role_arn}. Please check the role provided."


def _unserved_settings(config: Json) -> Iterator[str]:
    if others := sorted(name for name, value in config.items() if value and name not in _SERVED_OF_DESTINATION):
        yield _unsupported(", ".join(others))
    if config.get("CompressionFormat") not in (None, "UNCOMPRESSED"):
        yield _unsupported(f"CompressionFormat {config['CompressionFormat']}")
    if (config.get("EncryptionConfiguration") or {}).get("KMSEncryptionConfig"):
        yield _unsupported("KMSEncryptionConfig")
    if config.get("S3BackupMode") not in (None, "Disabled"):
        yield _unsupported("S3BackupMode Enabled")


def _problems_of_buffer(config: Json) -> Iterator[str]:
    hints = config.get("BufferingHints") or {}
    size, seconds = hints.get("SizeInMBs"), hints.get("IntervalInSeconds")
    if size is not None and not 1 <= float(size) <= 128:
        yield "BufferingHints.SizeInMBs must be between 1 and 128"
    if seconds is not None and not 0 <= float(seconds) <= 900:
        yield "BufferingHints.IntervalInSeconds must be between 0 and 900"
    if _has_partitions(config):
        if size is None or float(size) < _LEAST_MB:
            yield f"BufferingHints.SizeInMBs must be at least {_LEAST_MB} when Dynamic Partitioning is enabled."
        if seconds is not None and float(seconds) < _LEAST_SECONDS:
            yield f"BufferingHints.IntervalInSeconds must be at least {_LEAST_SECONDS} with Dynamic Partitioning."
    if conversion_of(config) and size is not None and float(size) < _LEAST_MB:
        yield f"BufferingHints.SizeInMBs must be at least {_LEAST_MB} when Data Format Conversion is enabled."


def _problems_of_processors(config: Json) -> Iterator[str]:
    enabled = processors(config)
    if any(processor["Type"] != "Lambda" for processor in enabled):
        yield _unsupported("A processor other than Lambda")
    if len(enabled) > 1:
        yield "Only one Lambda processor is allowed."
    for processor in enabled:
        named = parameters(processor)
        if set(named) - _PARAMETERS:
            yield _unsupported(f"The processor parameter {', '.join(sorted(set(named) - _PARAMETERS))}")
        if not named.get("LambdaArn", "").startswith("arn:aws:lambda:"):
            yield "LambdaArn must be the ARN of a function"
        if not 0.2 <= float(named.get("BufferSizeInMBs", 1)) <= 3:
            yield "BufferSizeInMBs must be between 0.2 and 3"
        if not 0 <= float(named.get("BufferIntervalInSeconds", 60)) <= 900:
            yield "BufferIntervalInSeconds must be between 0 and 900"
        if not 0 <= int(named.get("NumberOfRetries", 3)) <= 300:
            yield "NumberOfRetries must be between 0 and 300"
        if "RoleArn" in named:
            yield from _problems_of_role(named["RoleArn"])


def _problems_of_conversion(config: Json) -> Iterator[str]:
    conversion = conversion_of(config)
    if conversion is None:
        return
    schema = conversion.get("SchemaConfiguration") or {}
    for name in ("DatabaseName", "TableName", "RoleARN"):
        if not schema.get(name):
            yield f"SchemaConfiguration.{name} is required when Data Format Conversion is enabled."
    if schema.get("VersionId") not in (None, "LATEST"):
        yield _unsupported("SchemaConfiguration.VersionId")
    yield from _problems_of_role(schema.get("RoleARN"))
    serializer = (conversion.get("OutputFormatConfiguration") or {}).get("Serializer") or {}
    if "ParquetSerDe" not in serializer:
        yield _unsupported("A serializer other than ParquetSerDe")
    elif (serializer["ParquetSerDe"] or {}).get("Compression", "SNAPPY") not in _COMPRESSIONS:
        yield "ParquetSerDe.Compression must be UNCOMPRESSED, GZIP or SNAPPY"
    deserializer = (conversion.get("InputFormatConfiguration") or {}).get("Deserializer") or {}
    if "OpenXJsonSerDe" not in deserializer or deserializer["OpenXJsonSerDe"]:
        yield _unsupported("A deserializer other than OpenXJsonSerDe without options")


def _problems_of_prefixes(config: Json) -> Iterator[str]:
    prefix, errors = config.get("Prefix") or "", config.get("ErrorOutputPrefix") or ""
    for text in (prefix, errors):
        if problem := prefixes.problem_of(text):
            yield problem
    if prefixes.ERROR_TYPE in prefixes.expressions(prefix):
        yield "Prefix can't contain !{firehose:error-output-type}"
    if prefixes.expressions(errors) and prefixes.ERROR_TYPE not in prefixes.expressions(errors):
        yield "ErrorOutputPrefix must contain at least one instance of !{firehose:error-output-type}"
    if prefixes.partition_keys(errors):
        yield "ErrorOutputPrefix can't contain partition keys"
    if prefixes.expressions(prefix) and not errors:
        yield "ErrorOutputPrefix can't be null when Prefix contains expressions"
    yield from _problems_of_partitions(config, prefix, errors)


def _problems_of_partitions(config: Json, prefix: str, errors: str) -> Iterator[str]:
    if _has_partitions(config):
        if not prefixes.partition_keys(prefix):
            yield "Prefix must contain a partition key when Dynamic Partitioning is enabled."
        if not errors:
            yield "ErrorOutputPrefix is required when Dynamic Partitioning is enabled."
        if not processors(config):
            yield "A Lambda processor is required for partitionKeyFromLambda."
    elif prefixes.partition_keys(prefix):
        yield "Prefix contains partition keys, but Dynamic Partitioning is not enabled."


def _has_partitions(config: Json) -> bool:
    return is_true((config.get("DynamicPartitioningConfiguration") or {}).get("Enabled"))


def _unsupported(what: str) -> str:
    return f"{what} is not supported by the embedded AWS"
