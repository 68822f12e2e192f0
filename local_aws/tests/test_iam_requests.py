"""The action and the resource for which a call is authorized, by AWS's service authorization reference."""

import json
import urllib.error
import urllib.request
import uuid
from urllib.parse import quote

import boto3
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest

from local_aws.testing import changed_requests
from local_aws.tests.cognito_pools import Pool
from local_aws.tests.iam_principals import User, policy, refused, statement

REGION = "us-east-1:000000000000"
NAME = "table-of-requests"


@pytest.fixture(scope="module")
def things(aws) -> dict[str, str]:
    """One of each resource, and the names by which calls and policies address them."""
    aws.client("s3").create_bucket(Bucket=NAME)
    aws.client("s3").put_object(Bucket=NAME, Key="k", Body=b"")
    aws.client("logs").create_log_group(logGroupName=NAME)
    aws.client("logs").create_log_stream(logGroupName=NAME, logStreamName="s")
    aws.client("dynamodb").create_table(
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    return {
        "name": NAME,
        "queue": aws.client("sqs").create_queue(QueueName=NAME)["QueueUrl"],
        "secret": aws.client("secretsmanager").create_secret(Name=NAME, SecretString="s")["ARN"],
        "pool": Pool.create(aws).id,
    }


KEY = {"pk": {"S": "a"}}
ITEM = '{"pk": {"S": "a"}}'
# service, operation, arguments, the IAM action it needs, the resource it needs it on
CALLS = [
    (
        "sqs",
        "send_message",
        '{"QueueUrl": "QUEUE", "MessageBody": "m"}',
        "sqs:SendMessage",
        f"arn:aws:sqs:{REGION}:NAME",
    ),
    (
        "sqs",
        "send_message_batch",
        '{"QueueUrl": "QUEUE", "Entries": [{"Id": "1", "MessageBody": "m"}]}',
        "sqs:SendMessage",
        f"arn:aws:sqs:{REGION}:NAME",
    ),
    ("sqs", "receive_message", '{"QueueUrl": "QUEUE"}', "sqs:ReceiveMessage", f"arn:aws:sqs:{REGION}:NAME"),
    ("secretsmanager", "get_secret_value", '{"SecretId": "NAME"}', "secretsmanager:GetSecretValue", "SECRET"),
    ("s3", "get_object", '{"Bucket": "NAME", "Key": "k"}', "s3:GetObject", "arn:aws:s3:::NAME/k"),
    ("s3", "put_object", '{"Bucket": "NAME", "Key": "folder/"}', "s3:PutObject", "arn:aws:s3:::NAME/folder/"),
    ("s3", "delete_object", '{"Bucket": "NAME", "Key": "//x"}', "s3:DeleteObject", "arn:aws:s3:::NAME///x"),
    ("s3", "list_objects_v2", '{"Bucket": "NAME"}', "s3:ListBucket", "arn:aws:s3:::NAME"),
    (
        "dynamodb",
        "put_item",
        '{"TableName": "NAME", "Item": ITEM}',
        "dynamodb:PutItem",
        f"arn:aws:dynamodb:{REGION}:table/NAME",
    ),
    (
        "dynamodb",
        "transact_write_items",
        '{"TransactItems": [{"Delete": {"TableName": "NAME", "Key": ITEM}}]}',
        "dynamodb:DeleteItem",
        f"arn:aws:dynamodb:{REGION}:table/NAME",
    ),
    (
        "dynamodb",
        "transact_write_items",
        '{"TransactItems": [{"ConditionCheck": {"TableName": "NAME", "Key": {"pk": {"S": "absent"}}, '
        '"ConditionExpression": "attribute_not_exists(pk)"}}]}',
        "dynamodb:ConditionCheckItem",
        f"arn:aws:dynamodb:{REGION}:table/NAME",
    ),
    (
        "cognito-idp",
        "list_users",
        '{"UserPoolId": "POOL"}',
        "cognito-idp:ListUsers",
        f"arn:aws:cognito-idp:{REGION}:userpool/POOL",
    ),
    (
        "cognito-idp",
        "create_group",
        '{"UserPoolId": "POOL", "GroupName": "GROUP"}',
        "cognito-idp:CreateGroup",
        f"arn:aws:cognito-idp:{REGION}:userpool/POOL",
    ),
    (
        "logs",
        "put_log_events",
        '{"logGroupName": "NAME", "logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "m"}]}',
        "logs:PutLogEvents",
        f"arn:aws:logs:{REGION}:log-group:NAME:log-stream:s",
    ),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]} {call[3]}")
def test_a_call_needs_exactly_its_action_on_its_resource(aws, things, call):
    service, operation, template, action, arn = call

    def filled(text: str) -> str:
        values = {"NAME": "name", "QUEUE": "queue", "SECRET": "secret", "POOL": "pool"}
        for marker, key in values.items():
            text = text.replace(marker, things[key])
        return text.replace("ITEM", ITEM).replace("GROUP", f"g{uuid.uuid4().hex}")

    def is_refused(*statements) -> bool:
        client = User(aws, policy(*statements)).client(service)
        return refused(getattr(client, operation), **json.loads(filled(template)))

    exact = statement(action, filled(arn))
    assert not is_refused(exact)
    assert is_refused(exact, statement(action, filled(arn), effect="Deny"))
    assert is_refused(statement(action, filled(arn) + "x"))
    everything_else = {"Effect": "Allow", "NotAction": action, "Resource": "*"}
    assert is_refused(everything_else)


def raw(user: User, method: str, url: str, headers: dict[str, str]) -> int:
    """Send a request that is signed here, with any header or parameter."""
    keys = boto3.Session(user.key["AccessKeyId"], user.key["SecretAccessKey"]).get_credentials()
    request = AWSRequest(method, url, headers=headers, data=b"")
    S3SigV4Auth(keys, "s3", "us-east-1").add_auth(request)
    return _status(urllib.request.Request(request.prepare().url, method=method, headers=dict(request.headers)))


def _status(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_request_is_authorized_for_the_operation_that_runs(aws, things):
    reader = User(aws, policy(statement("s3:GetObject", f"arn:aws:s3:::{NAME}/*")))
    url = f"{aws.endpoint_url}/{NAME}/k"
    assert raw(reader, "GET", url, {}) == 200
    assert raw(reader, "DELETE", url, {}) == 403
    assert raw(reader, "DELETE", f"{url}?Action=GetObject", {}) == 403
    assert raw(reader, "DELETE", url, {"x-amz-target": "S3.GetObject"}) == 403
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert raw(reader, "DELETE", f"{url}?Action=GetObject", form) == 403


FORM = {"content-type": "application/x-www-form-urlencoded"}
TEXT = {"content-type": "text/plain"}
TARGET = {"x-amz-target": "AmazonSimpleNotificationService.ListTopics"}


def in_url(text: str) -> str:
    """Percent-encode a value of a query."""
    return quote(text, safe="")


def sent(user: User, service: str, url: str, body: str, headers: dict[str, str], method: str = "POST") -> int:
    """Send a request with a body that is signed here for a service; returns the status."""
    keys = boto3.Session(user.key["AccessKeyId"], user.key["SecretAccessKey"]).get_credentials()
    request = AWSRequest(method, url, headers=headers, data=body)
    SigV4Auth(keys, service, REGION.partition(":")[0]).add_auth(request)
    content = body.encode() if body else None
    return _status(urllib.request.Request(request.prepare().url, content, dict(request.headers), method=method))


@pytest.mark.parametrize(
    ("method", "query", "body", "headers"),
    [
        ("POST", "?Action=ListTopics", "Action=CreateTopic&Name=NAME", FORM),
        ("POST", "?Action=ListTopics", "Action=CreateTopic&Name=NAME", TEXT),
        ("POST", "", "Action=CreateTopic&Name=NAME", TEXT | TARGET),
        ("POST", "", "Action=CreateTopic&Name=NAME", FORM | TARGET),
        ("POST", "?Action=CreateTopic&Name=NAME", "", TARGET),
        ("GET", "?Action=CreateTopic&Name=NAME", "", TARGET),
        ("GET", "?Action=CreateTopic&Name=NAME", "Action=ListTopics", FORM),
    ],
)
def test_a_request_is_authorized_with_the_parameters_that_are_used(aws, method, query, body, headers):
    name = f"t{uuid.uuid4().hex}"
    reader = User(aws, policy(statement("sns:ListTopics")))
    assert sent(reader, "sns", f"{aws.endpoint_url}/?Action=ListTopics", "", {}, "GET") == 200
    assert sent(reader, "sns", f"{aws.endpoint_url}/", "Action=ListTopics", FORM) == 200
    url = f"{aws.endpoint_url}/{query.replace('NAME', name)}"
    assert sent(reader, "sns", url, body.replace("NAME", name), headers, method) == 403
    topics = aws.client("sns").list_topics()["Topics"]
    assert not any(topic["TopicArn"].endswith(name) for topic in topics)


def test_a_form_is_authorized_for_its_own_resource_and_not_for_that_of_the_url(aws):
    own, other = (aws.client("sns").create_topic(Name=f"t{uuid.uuid4().hex}")["TopicArn"] for _ in range(2))
    user = User(aws, policy(statement("sns:DeleteTopic", own)))
    form = f"Action=DeleteTopic&TopicArn={other}"
    assert sent(user, "sns", f"{aws.endpoint_url}/?TopicArn={quote(own, safe='')}", form, FORM) == 403
    assert (
        sent(user, "sns", f"{aws.endpoint_url}/?TopicArn={quote(other, safe='')}", form.replace(other, own), FORM)
        == 200
    )


def test_a_call_is_authorized_for_the_queue_of_the_path_and_not_of_the_query(aws):
    own, other = (aws.client("sqs").create_queue(QueueName=f"q{uuid.uuid4().hex}")["QueueUrl"] for _ in range(2))
    arn = f"arn:aws:sqs:{REGION}:{own.rpartition('/')[2]}"
    user = User(aws, policy(statement("sqs:SendMessage", arn)))
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.SendMessage"}
    path = other.removeprefix(aws.endpoint_url)
    url = f"{aws.endpoint_url}{path}?QueueUrl={quote(own, safe='')}"
    assert sent(user, "sqs", url, '{"MessageBody": "x"}', headers) == 403
    assert sent(user, "sqs", own, json.dumps({"QueueUrl": own, "MessageBody": "x"}), headers) == 200


@pytest.mark.parametrize("query", ["?tagging&policy", "?policy&tagging", "?tagging&acl", "?acl&tagging"])
def test_a_request_with_two_subresources_is_refused(aws, things, query):
    user = User(aws, policy(statement("s3:PutBucketTagging")))
    assert raw(user, "PUT", f"{aws.endpoint_url}/{NAME}{query}", {}) == 403


def test_operations_that_iam_does_not_know_are_refused(aws):
    user = User(aws, policy(statement("sqs:SendMessage")))
    client = user.client("dynamodb")
    with changed_requests(client, _without_operation):
        assert refused(client.list_tables)


def _without_operation(params) -> None:
    params["headers"]["X-Amz-Target"] = "DynamoDB_20120810"


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("delete_alias", {"FunctionName": "f", "Name": "a"}),
        ("update_alias", {"FunctionName": "f", "Name": "a"}),
        ("delete_function_concurrency", {"FunctionName": "f"}),
        ("delete_function_url_config", {"FunctionName": "f"}),
        ("update_event_source_mapping", {"UUID": str(uuid.UUID(int=1))}),
        ("delete_event_source_mapping", {"UUID": str(uuid.UUID(int=1))}),
    ],
)
def test_each_call_of_lambda_needs_its_own_action(aws, operation, arguments):
    own = "".join(part.capitalize() for part in operation.split("_"))
    everything_else = User(aws, policy({"Effect": "Allow", "NotAction": f"lambda:{own}", "Resource": "*"}))
    assert refused(getattr(everything_else.client("lambda"), operation), **arguments)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/2015-03-31/functions/"),
        ("PUT", "/2019-09-25/functions/f/event-invoke-config"),
        ("GET", f"/{NAME}/k"),
        ("PUT", f"/{NAME}/new"),
    ],
)
def test_a_request_without_credentials_is_refused(aws, things, method, path):
    request = urllib.request.Request(f"{aws.endpoint_url}{path}", method=method, data=b"" if method == "PUT" else None)
    assert _status(request) in (401, 403)
