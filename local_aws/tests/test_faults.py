"""The fault API: errors and delays of API calls and functions."""

import json
import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws.faults.rules import Faults, InvalidRule, Rule, parse_rule
from local_aws.tests.fault_rules import PATH, request
from local_aws.tests.functions_for_tests import make_function

SERVICES = {"dynamodb": "dynamodb", "lambda": "lambda", "cloudwatch": "monitoring"}


def injected(aws, rule_id):
    return next(rule["injected"] for rule in request(aws, "GET")[1] if rule["id"] == rule_id)


CALLS = {
    "dynamodb": ("list_tables", {}, "ProvisionedThroughputExceededException"),
    "sqs": ("list_queues", {}, "RequestThrottled"),
    "iam": ("list_roles", {}, "ThrottlingException"),
    "s3": ("list_buckets", {}, "SlowDown"),
    "lambda": ("list_functions", {}, "TooManyRequestsException"),
    "cloudfront": ("list_distributions", {}, "ThrottlingException"),
    "cognito-idp": ("list_user_pools", {"MaxResults": 1}, "TooManyRequestsException"),
    "sesv2": ("list_email_identities", {}, "TooManyRequestsException"),
}


@pytest.mark.parametrize("service", CALLS)
def test_throttling_has_each_protocols_own_shape(aws, inject, service):
    operation, arguments, code = CALLS[service]
    rule = inject(service=service, action="throttle")
    with pytest.raises(ClientError) as caught:
        getattr(aws.client(service), operation)(**arguments)
    assert caught.value.response["Error"]["Code"] == code
    assert injected(aws, rule) >= 1


@pytest.mark.parametrize("service", CALLS)
def test_a_failure_is_a_500(aws, inject, service):
    operation, arguments, _ = CALLS[service]
    inject(service=service, action="fail", message="as asked")
    with pytest.raises(ClientError, match="as asked") as caught:
        getattr(aws.client(service), operation)(**arguments)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


def test_sdks_retry_what_is_throttled(aws, inject):
    rule = inject(service="dynamodb", operation="ListTables", action="throttle", count=2)
    retrying = boto3.client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=aws.endpoint_url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 4, "mode": "standard"}),
    )
    retrying.list_tables()
    assert injected(aws, rule) == 2


def test_a_fault_affects_only_its_operation_and_region(aws, inject):
    inject(service="dynamodb", operation="PutItem", action="fail")
    inject(service="sqs", region="eu-west-1", action="fail")
    aws.client("dynamodb").list_tables()
    aws.client("sqs").list_queues()
    with pytest.raises(ClientError):
        aws.client("sqs", region="eu-west-1").list_queues()
    with pytest.raises(ClientError, match="InternalServerError"):
        aws.client("dynamodb").put_item(TableName="any", Item={"id": {"S": "1"}})


def test_a_fault_of_s3_names_an_operation_or_an_action(aws, inject):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="faulty")
    s3.put_object(Bucket="faulty", Key="k", Body=b"x")
    inject(service="s3", operation="HeadObject", action="throttle")
    with pytest.raises(ClientError, match="503"):
        s3.head_object(Bucket="faulty", Key="k")
    assert s3.get_object(Bucket="faulty", Key="k")["Body"].read() == b"x"


def test_a_delayed_call_succeeds(aws, inject):
    inject(service="dynamodb", action="delay", delay_ms=300, count=1)
    started = time.monotonic()
    aws.client("dynamodb").list_tables()
    assert time.monotonic() - started >= 0.3


def test_a_failure_can_have_any_code_and_status(aws, inject):
    inject(service="dynamodb", action="fail", code="RequestLimitExceeded", status=400)
    with pytest.raises(aws.client("dynamodb").exceptions.ClientError, match="RequestLimitExceeded"):
        aws.client("dynamodb").list_tables()


def test_a_fault_makes_a_function_fail(aws, inject):
    make_function(aws, "fails", "def handler(event, context):\n    return event\n")
    inject(function="fails", action="fail", code="Boom", message="as asked", count=1)
    failed = aws.client("lambda").invoke(FunctionName="fails", Payload=b"1")
    assert failed["FunctionError"] == "Unhandled"
    assert json.load(failed["Payload"]) == {"errorMessage": "as asked", "errorType": "Boom"}
    assert json.load(aws.client("lambda").invoke(FunctionName="fails", Payload=b"1")["Payload"]) == 1


def test_a_fault_throttles_a_function(aws, inject):
    make_function(aws, "throttled", "def handler(event, context):\n    return event\n")
    inject(function="throttled", action="throttle")
    client = aws.client("lambda")
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.invoke(FunctionName="throttled", Payload=b"1")


def test_a_fault_kills_a_function_while_it_runs(aws, inject):
    make_function(
        aws, "killed", "import time\ndef handler(event, context):\n    time.sleep(event)\n    return 'done'\n"
    )
    inject(function="killed", action="kill", count=1)
    client = aws.client("lambda")
    killed = client.invoke(FunctionName="killed", Payload=b"20")
    assert killed["FunctionError"] == "Unhandled"
    assert json.load(killed["Payload"])["errorType"] == "Runtime.ExitError"
    assert json.load(client.invoke(FunctionName="killed", Payload=b"0")["Payload"]) == "done"


def test_a_fault_delays_a_function(aws, inject):
    make_function(aws, "slow", "def handler(event, context):\n    return event\n")
    inject(function="*", action="delay", delay_ms=300, count=1)
    started = time.monotonic()
    aws.client("lambda").invoke(FunctionName="slow", Payload=b"1")
    assert time.monotonic() - started >= 0.3


def test_rules_are_listed_and_removed(aws):
    made = [request(aws, "POST", body={"service": "kms", "action": "fail"})[1]["id"] for _ in range(2)]
    assert set(made) <= {rule["id"] for rule in request(aws, "GET")[1]}
    assert request(aws, "DELETE", f"{PATH}/{made[0]}") == (200, {"removed": 1})
    assert request(aws, "DELETE", f"{PATH}/{made[0]}")[0] == 404
    assert request(aws, "DELETE")[1]["removed"] >= 1
    assert request(aws, "GET") == (200, [])


BAD = {
    "not json": ("{", "body"),
    "not an object": ([], "body"),
    "too deep": ("[" * 5000, "body"),
    "no action": ({"service": "s3"}, "action"),
    "unknown action": ({"service": "s3", "action": "explode"}, "action"),
    "unknown field": ({"service": "s3", "action": "fail", "chance": 1}, "chance"),
    "about nothing": ({"action": "fail"}, "service"),
    "unknown service": ({"service": "dynamo", "action": "fail"}, "service"),
    "rate above 1": ({"service": "s3", "action": "fail", "rate": 1.5}, "rate"),
    "rate not a number": ({"service": "s3", "action": "fail", "rate": True}, "rate"),
    "rate NaN": ('{"service": "s3", "action": "fail", "rate": NaN}', "rate"),
    "count 0": ({"service": "s3", "action": "fail", "count": 0}, "count"),
    "kill without function": ({"service": "s3", "action": "kill"}, "function"),
    "delay of nothing": ({"service": "s3", "action": "delay"}, "delay_ms"),
    "function of another service": ({"service": "s3", "function": "f", "action": "fail"}, "service"),
    "operation of a function": ({"operation": "PutItem", "function": "f", "action": "fail"}, "operation"),
    "status below 400": ({"service": "s3", "action": "fail", "status": 200}, "status"),
    "service not a string": ({"service": ["s3"], "action": "fail"}, "service"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_invalid_rule_is_refused_with_the_name_of_its_field(aws, case):
    body, field = BAD[case]
    status, response = request(aws, "POST", body=body)
    assert (status, response["field"]) == (400, field)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"host": "rebound.example:8000"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_pages_of_other_sites_are_refused(aws, headers):
    assert request(aws, "POST", body={"service": "s3", "action": "fail"}, headers=headers)[0] == 403
    assert request(aws, "POST", "/_ministack/reset", headers=headers)[0] == 403


def test_a_form_is_refused(aws):
    assert request(aws, "POST", body="{}", headers={"content-type": "text/plain"})[0] == 415


def test_pages_of_this_machine_are_accepted(aws):
    assert request(aws, "GET", headers={"origin": f"http://localhost:{aws.port}"})[0] == 200


def test_rate_and_count_limit_how_often_a_fault_occurs():
    numbers = iter([0.1, 0.9, 0.1, 0.1, 0.1])
    faults = Faults(lambda: next(numbers))
    faults.add(Rule("fail", service="s3", rate=0.5, count=2))
    assert [bool(faults.rules_for_call("s3", {"GetObject"}, "us-east-1")) for _ in range(4)] == [
        True,
        False,
        True,
        False,
    ]


def test_delays_come_before_the_fault_that_ends_the_call():
    faults = Faults()
    for action in ("delay", "fail", "throttle"):
        faults.add(Rule(action, service="s3"))
    assert [rule.action for rule in faults.rules_for_call("s3", (), "us-east-1")] == ["delay", "fail"]


def test_a_rule_can_use_another_name_of_a_service():
    assert parse_rule({"service": "cloudwatch", "action": "fail"}, SERVICES).service == "monitoring"
    with pytest.raises(InvalidRule, match="service"):
        parse_rule({"service": "dynamo", "action": "fail"}, SERVICES)


def test_a_region_cannot_be_killed():
    with pytest.raises(InvalidRule, match="function"):
        parse_rule({"action": "kill", "region": "eu-west-1"}, SERVICES)
