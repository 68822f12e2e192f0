"""Least privilege: what each role must not do is refused, with the credentials that a function really has."""

import pytest
from botocore.exceptions import ClientError

from tests.e2e.video.viewer import APP

ITEM = {"owner": {"S": "x"}, "what": {"S": "premium"}, "link": {"S": "x"}, "id": {"S": "x"}}
API, RECORDS, PAYMENTS = "RoleApiHandler", "RoleRecordPlays", "RoleApplyPayment"


def attempts():
    """(role, what it tries, the service, the call) for what a role must not be able to do."""
    return [
        (
            API,
            "write an entitlement",
            "dynamodb",
            lambda c, o: c.put_item(TableName=o["EntitlementsTableName"], Item=ITEM),
        ),
        (API, "change a video", "dynamodb", lambda c, o: c.put_item(TableName=o["VideosTableName"], Item=ITEM)),
        (API, "write a record", "dynamodb", lambda c, o: c.put_item(TableName=o["PlayRecordsTableName"], Item=ITEM)),
        (API, "read all entitlements", "dynamodb", lambda c, o: c.scan(TableName=o["EntitlementsTableName"])),
        (API, "read content", "s3", lambda c, o: c.get_object(Bucket=o["ContentBucketName"], Key="content/x")),
        (
            API,
            "change the signing key",
            "secretsmanager",
            lambda c, o: c.put_secret_value(SecretId=o["SigningKeySecretArn"], SecretString="{}"),
        ),
        (
            API,
            "write a payment record",
            "dynamodb",
            lambda c, o: c.put_item(TableName=o["PaymentRecordsTableName"], Item=ITEM),
        ),
        (API, "take payment events", "sqs", lambda c, o: c.receive_message(QueueUrl=o["PaymentEventsQueueUrl"])),
        (PAYMENTS, "change an order", "dynamodb", lambda c, o: c.put_item(TableName=o["OrdersTableName"], Item=ITEM)),
        (PAYMENTS, "change a video", "dynamodb", lambda c, o: c.put_item(TableName=o["VideosTableName"], Item=ITEM)),
        (
            PAYMENTS,
            "make up an event",
            "sqs",
            lambda c, o: c.send_message(QueueUrl=o["PaymentEventsQueueUrl"], MessageBody="{}", MessageGroupId="x"),
        ),
        (
            PAYMENTS,
            "read the signing key",
            "secretsmanager",
            lambda c, o: c.get_secret_value(SecretId=o["SigningKeySecretArn"]),
        ),
        (
            RECORDS,
            "read the provider's key",
            "secretsmanager",
            lambda c, o: c.get_secret_value(SecretId=o["PaymentSecretArn"]),
        ),
        (
            RECORDS,
            "read the signing key",
            "secretsmanager",
            lambda c, o: c.get_secret_value(SecretId=o["SigningKeySecretArn"]),
        ),
        (
            RECORDS,
            "write an entitlement",
            "dynamodb",
            lambda c, o: c.put_item(TableName=o["EntitlementsTableName"], Item=ITEM),
        ),
    ]


@pytest.mark.parametrize(
    ("role", "service", "call"),
    [pytest.param(role, service, call, id=f"{role}-{what}") for role, what, service, call in attempts()],
)
def test_a_role_is_refused_what_is_not_its_work(stage, role, service, call):
    outputs = stage.outputs(APP)
    sts = stage.client("sts")
    credentials = sts.assume_role(RoleArn=outputs[role], RoleSessionName="role-test")["Credentials"]
    with pytest.raises(ClientError) as error:
        call(stage.client(service, credentials), outputs)
    assert error.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
