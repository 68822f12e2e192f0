"""Delivery streams that Firehose refuses, or that the embedded AWS does not serve."""

import pytest
from botocore.exceptions import ClientError

from local_aws.tests.delivery_streams import DeliveryStream, processing

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:none"
SMALL = {"SizeInMBs": 5, "IntervalInSeconds": 60}


@pytest.fixture(scope="module")
def stream(aws):
    """A delivery stream that is never created."""
    return DeliveryStream(aws)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"BufferingHints": {"SizeInMBs": 129, "IntervalInSeconds": 60}}, "SizeInMBs must be between 1 and 128"),
        ({"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 901}}, "IntervalInSeconds must be between 0 and 900"),
        ({"CompressionFormat": "Snappy"}, "CompressionFormat Snappy is not supported"),
        ({"S3BackupMode": "Enabled"}, "S3BackupMode Enabled is not supported"),
        ({"CustomTimeZone": "Asia/Tokyo"}, "CustomTimeZone is not supported"),
        ({"FileExtension": ".json"}, "FileExtension is not supported"),
        ({"Prefix": "!{timestamp:yyyy}/"}, "ErrorOutputPrefix can't be null"),
        ({"ErrorOutputPrefix": "!{timestamp:yyyy}/"}, "at least one instance of !{firehose:error-output-type}"),
        ({"Prefix": "!{firehose:error-output-type}/"}, "Prefix can't contain"),
        (
            {"Prefix": "!{partitionKeyFromLambda:a}/", "ErrorOutputPrefix": "errors/"},
            "Dynamic Partitioning is not enabled",
        ),
        ({"ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "MetadataExtraction"}]}}, "other than"),
        ({"ProcessingConfiguration": processing(FUNCTION, BufferSizeInMBs=4)}, "BufferSizeInMBs must be between"),
        ({"ProcessingConfiguration": processing(FUNCTION, NumberOfRetries=301)}, "NumberOfRetries must be between"),
        ({"ProcessingConfiguration": processing("none")}, "LambdaArn must be the ARN of a function"),
    ],
    ids=str,
)
def test_a_destination_is_refused(stream, settings, message):
    with pytest.raises(ClientError) as refusal:
        stream.create(**settings)
    assert refusal.value.response["Error"]["Code"] == "InvalidArgumentException"
    assert message in refusal.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"BufferingHints": SMALL}, "SizeInMBs must be at least 64 when Dynamic Partitioning is enabled"),
        ({"BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 10}}, "IntervalInSeconds must be at least 60"),
        ({"Prefix": "plain/"}, "Prefix must contain a partition key"),
        ({"ErrorOutputPrefix": "!{partitionKeyFromLambda:day}/"}, "at least one instance"),
        ({"ProcessingConfiguration": {"Enabled": False}}, "A Lambda processor is required"),
    ],
    ids=str,
)
def test_a_destination_with_partitions_is_refused(stream, settings, message):
    with pytest.raises(ClientError, match=message):
        stream.create(**stream.partitioned(FUNCTION, **settings))


def test_a_conversion_is_refused(stream):
    conversion = stream.conversion()
    with pytest.raises(ClientError, match="at least 64 when Data Format Conversion"):
        stream.create(DataFormatConversionConfiguration=conversion, BufferingHints=SMALL)
    orc = {**conversion, "OutputFormatConfiguration": {"Serializer": {"OrcSerDe": {}}}}
    with pytest.raises(ClientError, match="other than ParquetSerDe is not supported"):
        stream.create(DataFormatConversionConfiguration=orc)
    hive = {**conversion, "InputFormatConfiguration": {"Deserializer": {"HiveJsonSerDe": {}}}}
    with pytest.raises(ClientError, match="other than OpenXJsonSerDe"):
        stream.create(DataFormatConversionConfiguration=hive)


def test_other_destinations_and_operations_are_refused(stream, aws):
    firehose = aws.client("firehose")
    with pytest.raises(ClientError, match="does not support other destinations"):
        firehose.create_delivery_stream(DeliveryStreamName=stream.name, **stream.source)
    with pytest.raises(ClientError, match="does not support other sources"):
        firehose.create_delivery_stream(
            DeliveryStreamName=stream.name, ExtendedS3DestinationConfiguration=stream.destination()
        )
    encryption = {"KeyType": "AWS_OWNED_CMK"}
    with pytest.raises(ClientError, match="DeliveryStreamEncryptionConfigurationInput is not supported"):
        firehose.create_delivery_stream(
            DeliveryStreamName=stream.name,
            ExtendedS3DestinationConfiguration=stream.destination(),
            DeliveryStreamEncryptionConfigurationInput=encryption,
            **stream.source,
        )
    with pytest.raises(ClientError, match="UnknownOperationException"):
        firehose.put_record(DeliveryStreamName=stream.name, Record={"Data": b"x"})
