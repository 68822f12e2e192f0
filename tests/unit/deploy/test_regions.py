"""A stage in two regions: the replica's parameters, and which region's record Chalice sees."""

import boto3
import pytest

from deploy.errors import DeployError
from deploy.regions import replica_parameters, replica_record, replica_region
from deploy.steps.chalice_record import record_path


def in_regions(app, *regions):
    """The app with a stage prod in these regions."""
    text = (app.folder / "stages.yaml").read_text()
    assert "  prod:\n" in text
    listed = ", ".join(regions)
    (app.folder / "stages.yaml").write_text(text.replace("  prod:\n", f"  prod:\n    regions: [{listed}]\n"))
    return app


def test_a_stage_has_one_region_by_default(app, aws):
    assert replica_region(app, aws) is None


def test_the_second_region_is_the_replica(app, aws):
    assert replica_region(in_regions(app, "us-east-1", "eu-west-1"), aws) == "eu-west-1"


def test_credentials_for_another_region_change_nothing(app, aws):
    with pytest.raises(DeployError, match="is in eu-west-1, not in us-east-1"):
        replica_region(in_regions(app, "eu-west-1", "us-east-1"), aws)


def test_three_regions_are_too_many(app, aws):
    with pytest.raises(DeployError, match="at most two"):
        replica_region(in_regions(app, "us-east-1", "eu-west-1", "eu-west-2"), aws)


def test_the_replicas_parameters_are_its_own_streams_and_no_roles(aws):
    replica = aws.in_region("eu-west-1")
    boto3.client("dynamodb", "eu-west-1").create_table(
        TableName="notes",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    stream = "arn:aws:dynamodb:us-east-1:123456789012:table/notes/stream/2026-01-01T00:00:00.000"
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:cursors-AbCdEf"
    outputs = {"StreamArn": stream, "SecretArn": secret, "TableName": "notes", "RoleApiHandler": "arn"}
    told = replica_parameters(outputs, replica)
    assert set(told) == {"StreamArn", "SecretArn", "TableName"}
    assert told["SecretArn"] == secret.replace("us-east-1", "eu-west-1")
    assert told["TableName"] == "notes"
    assert told["StreamArn"].startswith("arn:aws:dynamodb:eu-west-1:")
    assert told["StreamArn"] != stream


def test_each_region_has_a_record_of_its_own(app):
    record = record_path(app, "prod")
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text("primary")
    with replica_record(app, "prod", "eu-west-1"):
        assert not record.exists()
        record.write_text("replica")
    assert record.read_text() == "primary"
    swapped = replica_record(app, "prod", "eu-west-1")
    swapped.__enter__()
    assert record.read_text() == "replica"
    swapped.__exit__(RuntimeError, RuntimeError(), None)
    assert record.read_text() == "primary"
