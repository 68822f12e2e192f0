"""The deletion of an account is completed, whichever step fails."""

import pytest

from local_aws.testing import wait_until
from tests.e2e.todo.user import APP, TodoUser

WORKER = "todo-local-delete_account"


@pytest.fixture
def quick_retries(stage):
    """Set the queue's visibility timeout to a second, so that a failed message is delivered again soon."""
    sqs, url = stage.client("sqs"), stage.outputs(APP)["DeletionQueueUrl"]
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    yield
    sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


@pytest.mark.parametrize(
    "rule",
    [
        {"function": WORKER, "action": "kill", "count": 2},
        {"function": WORKER, "action": "throttle", "count": 2},
        {"service": "s3", "operation": "ListBucket", "action": "fail", "count": 4},
        {"service": "dynamodb", "operation": "BatchWriteItem", "action": "throttle", "count": 6},
        {"service": "cognito-idp", "operation": "AdminDeleteUser", "action": "fail", "count": 4},
    ],
    ids=lambda rule: f"{rule['action']} {rule.get('function') or rule.get('operation')}",
)
@pytest.mark.usefixtures("quick_retries")
def test_an_account_is_deleted_completely_in_spite_of_faults(stage, faults, rule):
    user = TodoUser(stage).sign_up().sign_in()
    for number in range(3):
        user.add(f"todo {number}")
    user.client("s3").put_object(Bucket=user.config["bucket"], Key=f"{user.folder}/file", Body=b"x")
    faults(**rule)
    assert user.call("DELETE", "/account").status_code == 202
    wait_until(lambda: not user_exists(stage, user))
    names = stage.outputs(APP)
    assert "Contents" not in stage.client("s3").list_objects_v2(Bucket=names["BucketName"], Prefix=user.folder)
    assert user.call("GET", "/todos").status_code == 410
    assert items(stage, user) == ["version"]  # the tombstone, until it expires
    assert sum(faults.injected()) > 0, "the fault never struck"


def user_exists(stage, user):
    pool = stage.outputs(APP)["UserPoolId"]
    return stage.client("cognito-idp").list_users(UserPoolId=pool, Filter=f'email = "{user.username}"')["Users"]


def items(stage, user):
    """The sort keys of a user's items in the table."""
    response = stage.client("dynamodb").query(
        TableName=stage.outputs(APP)["TableName"],
        KeyConditionExpression="#owner = :owner",
        ExpressionAttributeNames={"#owner": "owner"},
        ExpressionAttributeValues={":owner": {"S": user.sub}},
    )
    return [item["key"]["S"] for item in response["Items"]]
