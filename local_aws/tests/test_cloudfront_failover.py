"""Origin groups: when a request fails over to the secondary origin.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
"""

import json
import threading

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import free_port, wait_until
from local_aws.tests.distributions import (
    CACHING_DISABLED,
    Distribution,
    Page,
    behavior,
    cache_policy,
    custom,
    distribution,
    group,
    grouped,
    listed,
    result,
    running_origin,
)


@pytest.fixture
def primary():
    with running_origin() as origin:
        yield origin


@pytest.fixture
def secondary():
    with running_origin() as origin:
        origin.pages["/a"] = Page(b"second")
        yield origin


def test_a_listed_status_fails_over_for_get_and_head(aws, primary, secondary):
    edge = grouped(aws, custom(primary.port, "one"), custom(secondary.port, "two"), (500, 503))
    primary.pages["/a"] = Page(b"first", 503)
    assert edge.get("/a").body == b"second"
    assert edge.ask("HEAD", "/a").status == 200
    assert edge.ask("OPTIONS", "/a").body == b"second"
    assert edge.ask("POST", "/a", body=b"x").status == 403
    for origin in (primary, secondary):
        assert [asked.method for asked in origin.asked] == ["GET", "HEAD", "OPTIONS"]


def test_other_statuses_do_not_fail_over(aws, primary, secondary):
    edge = grouped(aws, custom(primary.port, "one"), custom(secondary.port, "two"), (500, 503))
    for status in (200, 301, 404, 502):
        primary.pages["/a"] = Page(b"first", status)
        response = edge.get("/a")
        assert (response.status, response.body) == (status, b"first")
    assert secondary.asked == []


def test_each_request_tries_the_primary_origin_first(aws, primary, secondary):
    edge = grouped(aws, custom(primary.port, "one"), custom(secondary.port, "two"), (500,))
    primary.pages["/a"] = Page(b"first", 500)
    assert edge.get("/a").body == b"second"
    primary.pages["/a"] = Page(b"first")
    assert edge.get("/a").body == b"first"


def test_an_error_of_the_secondary_origin_is_the_response(aws, primary, secondary):
    edge = grouped(aws, custom(primary.port, "one"), custom(secondary.port, "two"), (500,))
    primary.pages["/a"] = Page(b"first", 500)
    secondary.pages["/a"] = Page(b"second", 500)
    response = edge.get("/a")
    assert (response.status, response.body, result(response)) == (500, b"second", "Error")


@pytest.mark.parametrize(("codes", "is_second"), [((503,), True), ((500,), False)])
def test_an_origin_that_refuses_connections_fails_over(aws, secondary, codes, is_second):
    edge = grouped(aws, custom(free_port(), "one"), custom(secondary.port, "two"), codes)
    response = edge.get("/a")
    assert (response.status, response.body == b"second") == ((200, True) if is_second else (502, False))


@pytest.mark.parametrize(("codes", "is_second"), [((504,), True), ((500,), False)])
def test_an_origin_that_takes_too_long_fails_over(aws, primary, secondary, codes, is_second):
    gate = threading.Event()
    primary.pages["/a"] = Page(b"first", gate=gate)
    edge = grouped(aws, custom(primary.port, "one", OriginReadTimeout=1), custom(secondary.port, "two"), codes)
    response = edge.get("/a")
    gate.set()
    assert (response.status, response.body == b"second") == ((200, True) if is_second else (504, False))


def test_a_response_of_the_secondary_origin_is_cached(aws, primary, secondary):
    primary.pages["/a"] = Page(b"first", 500)
    secondary.pages["/a"] = Page(b"second", headers={"Cache-Control": "max-age=3600"})
    edge = grouped(aws, custom(primary.port, "one"), custom(secondary.port, "two"), (500,), policy=cache_policy(aws))
    assert [result(edge.get("/a")) for _ in range(2)] == ["Miss", "Hit"]
    assert (len(primary.asked), len(secondary.asked)) == (1, 1)


def template(default, *groups):
    config = {
        "Enabled": True,
        "Origins": [custom(1, "one"), custom(2, "two")],
        "OriginGroups": listed(*groups),
        "DefaultCacheBehavior": default,
        "CustomErrorResponses": [{"ErrorCode": 404, "ErrorCachingMinTTL": 0}],
    }
    made = {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": config}}
    outputs = {"Id": {"Ref": "Distribution"}, "Domain": {"Fn::GetAtt": ["Distribution", "DomainName"]}}
    return {
        "Resources": {"Distribution": made},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }


def test_an_origin_group_from_a_template(aws, primary, secondary):
    wanted = template(behavior(CACHING_DISABLED, "both"), group("one", "two", 500))
    config = wanted["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    config["Origins"] = [custom(primary.port, "one"), custom(secondary.port, "two")]
    formation = aws.client("cloudformation")
    formation.create_stack(StackName="origin-group", TemplateBody=json.dumps(wanted))
    formation.get_waiter("stack_create_complete").wait(StackName="origin-group", WaiterConfig={"Delay": 1})
    stack = formation.describe_stacks(StackName="origin-group")["Stacks"][0]
    found = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    edge = Distribution(aws, found["Id"], found["Domain"], "")
    primary.pages["/a"] = Page(b"first", 500)
    assert edge.get("/a").body == b"second"
    del primary.pages["/a"]
    assert edge.get("/a").status == 404
    primary.pages["/a"] = Page(b"first")
    assert edge.get("/a").body == b"first"


WRITING = listed("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE")
REFUSED = {
    "methods that write": (behavior(target="both", AllowedMethods=WRITING), group("one", "two", 500)),
    "an unknown origin": (behavior(target="both"), group("one", "three", 500)),
    "one origin twice": (behavior(target="both"), group("one", "one", 500)),
    "a status that is none": (behavior(target="both"), group("one", "two", 500, 401)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_groups_that_cloudfront_refuses(aws, case):
    default, made = REFUSED[case]
    with pytest.raises(ClientError, match="InvalidArgument"):
        distribution(aws, [custom(1, "one"), custom(2, "two")], default, OriginGroups=listed(made))


def test_a_template_with_a_group_that_cloudfront_refuses_fails(aws):
    formation = aws.client("cloudformation")
    wanted = template(*REFUSED["methods that write"])
    formation.create_stack(StackName="refused-group", TemplateBody=json.dumps(wanted), OnFailure="DO_NOTHING")

    def reasons():
        events = formation.describe_stack_events(StackName="refused-group")["StackEvents"]
        return [event.get("ResourceStatusReason", "") for event in events if event["ResourceStatus"] == "CREATE_FAILED"]

    assert any("AllowedMethods cannot include POST" in reason for reason in wait_until(reasons, "the stack fails"))


def test_an_update_with_an_invalid_group_is_refused(aws):
    edge = distribution(aws, [custom(1, "one"), custom(2, "two")], behavior(target="one", AllowedMethods=WRITING))
    client = aws.client("cloudfront")
    current = client.get_distribution_config(Id=edge.id)
    config = current["DistributionConfig"]
    config["OriginGroups"] = listed(group("one", "two", 500))
    config["DefaultCacheBehavior"]["TargetOriginId"] = "both"
    with pytest.raises(ClientError, match="AllowedMethods cannot include POST"):
        client.update_distribution(Id=edge.id, IfMatch=current["ETag"], DistributionConfig=config)
