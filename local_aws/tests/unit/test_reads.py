"""Which requests are followed by a save."""

import pytest

from local_aws.state.reads import changes_nothing


def request(method="POST", target=""):
    headers = [(b"host", b"127.0.0.1"), *([(b"x-amz-target", target.encode())] if target else [])]
    return {"type": "http", "method": method, "path": "/", "headers": headers}


@pytest.mark.parametrize(
    "scope",
    [
        request("GET"),
        request("HEAD"),
        request(target="Logs_20140328.FilterLogEvents"),
        request(target="Logs_20140328.DescribeLogGroups"),
        request(target="DynamoDB_20120810.BatchGetItem"),
        request(target="DynamoDB_20120810.Query"),
    ],
)
def test_a_read_is_followed_by_no_save(scope):
    assert changes_nothing(scope)


@pytest.mark.parametrize(
    "scope",
    [
        request(),
        request("PUT"),
        request(target="Logs_20140328.PutLogEvents"),
        request(target="DynamoDB_20120810.PutItem"),
        request(target="DynamoDB_20120810.TransactWriteItems"),
        request(target="AWSCognitoIdentityService.GetId"),
        request(target="AmazonSQS.ReceiveMessage"),
        {"type": "websocket", "path": "/", "headers": []},
    ],
)
def test_every_other_request_is_followed_by_one(scope):
    assert not changes_nothing(scope)
