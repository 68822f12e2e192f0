"""Operators' commands: moving home, and rendering after a deployment."""

import secrets
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from chalicelib.blog.home_region import MOVING, HomeRegion, Marker
from chalicelib.blog.subscribers.model import link_token, shard_of, subscriber_id

from deploy.apps import App
from deploy.tasks import find_tasks
from tests.apps import ROOT
from tests.unit.aws import aws_client
from tests.unit.blog.stage import ENVIRONMENT, Stage, path
from tests.unit.stage import REGION

OTHER = "us-west-2"


class Client:
    """A service of one region; `failure` is the error of its tables."""

    def __init__(self, service: str, failure: Exception | None) -> None:
        self._client, self._failure = aws_client(service), failure

    def __getattr__(self, name: str) -> Any:
        return self._fail if self._failure and name in ("get_item", "put_item") else getattr(self._client, name)

    def _fail(self, **_: Any) -> None:
        assert self._failure
        raise self._failure


class Context:
    """The context of a task, in the region that becomes home."""

    region = OTHER

    def __init__(self, distribution: str, failure: Exception | None) -> None:
        self._failure = failure
        self.outputs = {
            "PeerRegion": REGION,
            "PrimaryRegion": REGION,
            "TableName": "posts",
            "SubscriberTableName": "subscribers",
            "MailQueueUrl": ENVIRONMENT["MAIL_QUEUE_URL"],
            "DistributionId": distribution,
        }

    def client(self, service: str, region: str = OTHER) -> Client:
        return Client(service, self._failure if region == REGION else None)


def marker() -> Marker:
    return HomeRegion(lambda: aws_client("dynamodb"), "posts", region=OTHER, primary=REGION).marker()


@pytest.fixture
def distribution(blog: Stage) -> str:
    origin = {"Id": "api", "DomainName": "api.example", "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443}}
    origin["CustomOriginConfig"]["OriginProtocolPolicy"] = "https-only"
    behavior = {"TargetOriginId": "api", "ViewerProtocolPolicy": "allow-all", "MinTTL": 0}
    config = {
        "CallerReference": secrets.token_hex(8),
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "OriginGroups": {"Quantity": 0, "Items": []},
        "DefaultCacheBehavior": {**behavior, "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}},
        "CacheBehaviors": {"Quantity": 0, "Items": []},
    }
    return str(aws_client("cloudfront").create_distribution(DistributionConfig=config)["Distribution"]["Id"])


@pytest.fixture
def move_home():
    return find_tasks(App(ROOT / "blog_app"))["move_home"]


def test_a_home_that_refuses_stays_home(distribution: str, move_home):
    refusal = ClientError(
        {"Error": {"Code": "AccessDeniedException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "PutItem"
    )
    with pytest.raises(ClientError):
        move_home(Context(distribution, refusal))
    assert marker() == Marker(REGION, 0)


@pytest.mark.parametrize(
    "failure",
    [
        EndpointConnectionError(endpoint_url="https://dynamodb"),
        ClientError({"Error": {"Code": "InternalServerError"}, "ResponseMetadata": {"HTTPStatusCode": 500}}, "PutItem"),
    ],
    ids=str,
)
def test_home_moves_from_a_region_that_does_not_respond(distribution: str, move_home, failure: Exception):
    assert "cannot be reached" in move_home(Context(distribution, failure))
    assert marker() == Marker(OTHER, 1)


def test_a_home_that_responds_stops_taking_writes_first(distribution: str, move_home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    written: list[Marker] = []
    write = HomeRegion.write
    monkeypatch.setattr(HomeRegion, "write", lambda self, marker: (written.append(marker), write(self, marker)))
    assert "takes the writes" in move_home(Context(distribution, None))
    assert written == [Marker(MOVING, 1), Marker(OTHER, 1)]


class Publishing(Client):
    """DynamoDB in one region, whose function `publish` answers each request at once."""

    requests: ClassVar[list[str]] = []

    def put_item(self, **request: Any) -> None:
        self._client.put_item(**request)
        key, item = request["Item"]["sk"]["S"], request["Item"]
        if key == "request":
            self.requests.append(item["pk"]["S"])
            data = {"data": {"S": '{"changed":2,"first":["a","b"],"failed":[]}'}}
            report = {"pk": item["pk"], "sk": {"S": "report"}, "request": item["request"], **data}
            self._client.put_item(
                TableName=request["TableName"],
                Item={**report, "data": {"S": '{"changed":2,"first":["a","b"],"failed":[]}'}},
            )


class Deployed(Context):
    """The context after a deployment of two regions."""

    def client(self, service: str, region: str = OTHER) -> Client:
        return Publishing(service, None)


def test_a_deployment_renders_the_site_in_each_region_when_what_renders_it_has_changed(blog: Stage):
    after_deployment = find_tasks(App(ROOT / "blog_app"))["after_deployment"]
    context, Publishing.requests = Deployed("d", None), []
    context.outputs["SiteTitle"] = "One"
    done = after_deployment(context)
    assert done == f"site in {OTHER}: objects changed: 2; site in {REGION}: objects changed: 2"
    assert Publishing.requests == [f"publishing#{OTHER}", f"publishing#{REGION}"]
    assert after_deployment(context) is None
    context.outputs["SiteTitle"] = "Two"
    assert after_deployment(context)
    assert len(Publishing.requests) == 4


def test_the_new_home_resumes_the_mailings_of_new_posts(blog: Stage, distribution: str, move_home):
    sqs, url = aws_client("sqs"), ENVIRONMENT["MAIL_QUEUE_URL"]
    new, old = blog.publish("New"), blog.add("Old")
    blog.write("POST", f"{path(old)}/publish", {"publishAt": "2011-05-04T08:00:00Z"})
    blog.publish("Deleted")
    blog.write("DELETE", path(blog.write("GET", "/author/posts?status=published").json[0]))
    sqs.purge_queue(QueueUrl=url)
    away = EndpointConnectionError(endpoint_url="https://dynamodb")
    assert "mailings of posts, resumed: 1" in move_home(Context(distribution, away))
    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert new["id"] in message["Body"]


def test_subscribers_who_confirmed_before_there_was_an_index_are_put_into_it(blog: Stage):
    index_subscribers = find_tasks(App(ROOT / "blog_app"))["index_subscribers"]
    confirmed, pending = "early@example.com", "pending@example.com"
    for address in (confirmed, pending):
        blog.read("POST", "/subscribers", {"address": address})
    subscribers = blog.composition._subscribers
    early = subscriber_id(confirmed)
    blog.composition.subscriptions.confirm(link_token(subscribers.get(early)))
    key = {"pk": {"S": f"subscriber#{early}"}, "sk": {"S": "subscriber"}}
    aws_client("dynamodb").update_item(TableName="subscribers", Key=key, UpdateExpression="REMOVE confirmedShard")
    assert subscribers.confirmed(shard_of(early), "", 10) == []
    assert [index_subscribers(Context("d", None))[-1] for _ in range(2)] == ["1", "0"]
    assert subscribers.confirmed(shard_of(early), "", 10) == [early]
