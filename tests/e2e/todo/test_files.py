"""Each user's folder and partition, used directly with temporary credentials and protected by the role."""

import base64
import json

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def bucket(alice):
    return alice.config["bucket"]


def test_a_user_puts_gets_lists_and_deletes_in_their_own_folder(alice, bucket):
    s3, key = alice.client("s3"), f"{alice.folder}/pictures/cat ä+%.txt"
    s3.put_object(Bucket=bucket, Key=key, Body=b"meow")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"meow"
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"{alice.folder}/")["Contents"]
    assert [file["Key"] for file in listed] == [key]
    s3.delete_object(Bucket=bucket, Key=key)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix=f"{alice.folder}/")


@pytest.mark.parametrize(
    "key", ["{bob}/file", "file", "{alice}", "{alice}x/file", "../{bob}/file", "{bob}/{alice}/file", "*/file"]
)
def test_no_other_key_can_be_written_read_or_deleted(alice, bob, bucket, stage, key):
    name = key.format(alice=alice.folder, bob=bob.folder)
    stage.client("s3").put_object(Bucket=bucket, Key=name, Body=b"not alice's")
    s3 = alice.client("s3")
    for attempt in (
        lambda: s3.put_object(Bucket=bucket, Key=name, Body=b"mine now"),
        lambda: s3.get_object(Bucket=bucket, Key=name),
        lambda: s3.delete_object(Bucket=bucket, Key=name),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            attempt()


@pytest.mark.parametrize("prefix", ["", "{bob}/", "{bob}", "*", "{alice}", "us-east-1:"])
def test_no_other_folder_can_be_listed(alice, bob, bucket, prefix):
    with pytest.raises(ClientError, match="AccessDenied"):
        alice.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix.format(alice=alice.folder, bob=bob.folder))


def test_copying_from_another_folder_is_refused(alice, bob, bucket):
    bob.client("s3").put_object(Bucket=bucket, Key=f"{bob.folder}/secret", Body=b"bob's")
    with pytest.raises(ClientError, match="AccessDenied"):
        alice.client("s3").copy_object(
            Bucket=bucket, Key=f"{alice.folder}/stolen", CopySource=f"{bucket}/{bob.folder}/secret"
        )


def test_other_buckets_and_services_are_refused(alice, stage):
    names = stage.outputs("todo_app")
    for attempt in (
        lambda: alice.client("s3").list_objects_v2(Bucket=names["SiteBucketName"]),
        lambda: alice.client("s3").list_buckets(),
        lambda: alice.client("sqs").send_message(QueueUrl=names["DeletionQueueUrl"], MessageBody="x"),
        lambda: alice.client("secretsmanager").get_secret_value(SecretId=names["CursorSecretArn"]),
        lambda: alice.client("lambda").invoke(FunctionName="todo-local"),
        lambda: alice.client("cognito-idp").list_users(UserPoolId=alice.config["userPoolId"]),
    ):
        with pytest.raises(ClientError, match=r"AccessDenied|NotAuthorized"):
            attempt()


def test_a_user_reads_their_own_partition_directly_and_no_other(alice, bob):
    alice.add("read directly")
    dynamodb = alice.client("dynamodb")
    assert len(_query(dynamodb, alice.config["table"], alice.sub)["Items"]) >= 1
    with pytest.raises(ClientError, match="AccessDenied"):
        _query(dynamodb, alice.config["table"], bob.sub)
    for attempt in (
        lambda: dynamodb.scan(TableName=alice.config["table"]),
        lambda: dynamodb.put_item(
            TableName=alice.config["table"], Item={"owner": {"S": alice.sub}, "key": {"S": "todo#x"}}
        ),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            attempt()


def test_credentials_need_a_token_of_this_pool(alice, stage):
    provider = f"cognito-idp.{alice.config['region']}.amazonaws.com/{alice.config['userPoolId']}"
    head, payload, signature = alice.id_token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "someone-else"}).encode()).rstrip(b"=").decode()
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        alice.identities.get_id(
            IdentityPoolId=alice.config["identityPoolId"], Logins={provider: f"{head}.{forged}.{signature}"}
        )
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        alice.identities.get_id(IdentityPoolId=alice.config["identityPoolId"])


def _query(dynamodb, table, owner):
    return dynamodb.query(
        TableName=table,
        KeyConditionExpression="#owner = :owner",
        ExpressionAttributeNames={"#owner": "owner"},
        ExpressionAttributeValues={":owner": {"S": owner}},
    )
