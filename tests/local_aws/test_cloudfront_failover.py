"""Origin groups: when the second origin is asked, and when not.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
"""

import json
import threading

import pytest

from tests.embedded_aws import free_port
from tests.local_aws.distributions import (
    CACHING_DISABLED,
    Distribution,
    Page,
    behavior,
    cache_policy,
    custom,
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


def test_a_listed_status_asks_the_second_origin_for_methods_that_read(aws, primary, secondary):
    edge = grouped(aws, custom(primary.port, "one"), custom(secondary.port, "two"), (500, 503))
    primary.pages["/a"] = Page(b"first", 503)
    assert edge.get("/a").body == b"second"
    assert edge.ask("HEAD", "/a").status == 200
    assert edge.ask("OPTIONS", "/a").body == b"second"
    assert edge.ask("POST", "/a", body=b"x").status == 503
    assert [asked.method for asked in secondary.asked] == ["GET", "HEAD", "OPTIONS"]
    assert [asked.method for asked in primary.asked] == ["GET", "HEAD", "OPTIONS", "POST"]


def test_other_statuses_are_the_viewers(aws, primary, secondary):
    edge = grouped(aws, custom(primary.port, "one"), custom(secondary.port, "two"), (500, 503))
    for status in (200, 301, 404, 502):
        primary.pages["/a"] = Page(b"first", status)
        answer = edge.get("/a")
        assert (answer.status, answer.body) == (status, b"first")
    assert secondary.asked == []


def test_the_first_origin_is_asked_first_again(aws, primary, secondary):
    edge = grouped(aws, custom(primary.port, "one"), custom(secondary.port, "two"), (500,))
    primary.pages["/a"] = Page(b"first", 500)
    assert edge.get("/a").body == b"second"
    primary.pages["/a"] = Page(b"first")
    assert edge.get("/a").body == b"first"


def test_the_second_origins_error_is_the_answer(aws, primary, secondary):
    edge = grouped(aws, custom(primary.port, "one"), custom(secondary.port, "two"), (500,))
    primary.pages["/a"] = Page(b"first", 500)
    secondary.pages["/a"] = Page(b"second", 500)
    answer = edge.get("/a")
    assert (answer.status, answer.body, result(answer)) == (500, b"second", "Error")


@pytest.mark.parametrize(("codes", "is_second"), [((503,), True), ((500,), False)])
def test_an_origin_that_refuses_connections(aws, secondary, codes, is_second):
    edge = grouped(aws, custom(free_port(), "one"), custom(secondary.port, "two"), codes)
    answer = edge.get("/a")
    assert (answer.status, answer.body == b"second") == ((200, True) if is_second else (502, False))


@pytest.mark.parametrize(("codes", "is_second"), [((504,), True), ((500,), False)])
def test_an_origin_that_takes_too_long(aws, primary, secondary, codes, is_second):
    gate = threading.Event()
    primary.pages["/a"] = Page(b"first", gate=gate)
    edge = grouped(aws, custom(primary.port, "one", OriginReadTimeout=1), custom(secondary.port, "two"), codes)
    answer = edge.get("/a")
    gate.set()
    assert (answer.status, answer.body == b"second") == ((200, True) if is_second else (504, False))


def test_a_hit_asks_nobody_and_what_the_second_said_is_cached(aws, primary, secondary):
    primary.pages["/a"] = Page(b"first", 500)
    secondary.pages["/a"] = Page(b"second", headers={"Cache-Control": "max-age=60"})
    edge = grouped(aws, custom(primary.port, "one"), custom(secondary.port, "two"), (500,), policy=cache_policy(aws))
    assert [result(edge.get("/a")) for _ in range(2)] == ["Miss", "Hit"]
    assert (len(primary.asked), len(secondary.asked)) == (1, 1)


def test_an_origin_group_from_a_template(aws, primary, secondary):
    template = {
        "Resources": {
            "Distribution": {
                "Type": "AWS::CloudFront::Distribution",
                "Properties": {
                    "DistributionConfig": {
                        "Enabled": True,
                        "Origins": [custom(primary.port, "one"), custom(secondary.port, "two")],
                        "OriginGroups": listed(group("one", "two", 500)),
                        "DefaultCacheBehavior": behavior(CACHING_DISABLED, "both"),
                        "CustomErrorResponses": [{"ErrorCode": 404, "ErrorCachingMinTTL": 0}],
                    }
                },
            }
        },
        "Outputs": {
            "Id": {"Value": {"Ref": "Distribution"}},
            "Domain": {"Value": {"Fn::GetAtt": ["Distribution", "DomainName"]}},
        },
    }
    formation = aws.client("cloudformation")
    formation.create_stack(StackName="origin-group", TemplateBody=json.dumps(template))
    formation.get_waiter("stack_create_complete").wait(StackName="origin-group", WaiterConfig={"Delay": 1})
    stack = formation.describe_stacks(StackName="origin-group")["Stacks"][0]
    found = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    edge = Distribution(aws, found["Id"], found["Domain"], "")
    primary.pages["/a"] = Page(b"first", 500)
    assert edge.get("/a").body == b"second"
    del primary.pages["/a"]
    assert edge.get("/a").status == 404
    primary.pages["/a"] = Page(b"first")
    assert edge.get("/a").body == b"first"
