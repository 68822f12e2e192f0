"""The functions behind the streams: real items as the stream brings them, one bad record among good ones."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from chalicelib.blog.dead_letters import DeadLetterQueue
from chalicelib.blog.home_region import NOWHERE, Marker
from chalicelib.blog.posts.post_table import PUBLISHED, PostTable
from chalicelib.blog.publishing import events
from chalicelib.blog.publishing.publisher import Difference
from chalicelib.blog.subscribers import mails
from chalicelib.blog.subscribers.ses import SesMailer
from chalicelib.blog.subscribers.subscriber_table import SubscriberTable
from chalicelib.blog.subscribers.subscriptions import link_token
from chalicelib.blog.subscribers.welcome import InFlight, NotTaken, Refused, Welcome

from common.aws.clients import one_attempt_client
from tests.unit.blog.stage import Stage
from tests.unit.todo.stage import REGION

LOG = logging.getLogger("test_streams")


def records(table: str, number: int = 0) -> list[dict[str, Any]]:
    """Every item of a table as a stream would bring it: as new."""
    items = boto3.client("dynamodb").scan(TableName=table)["Items"]
    return [
        record({name: item[name] for name in ("pk", "sk")}, item, None, str(number + index))
        for index, item in enumerate(items)
    ]


def record(keys: Any, new: Any, old: Any, number: str) -> dict[str, Any]:
    images = {name: image for name, image in (("NewImage", new), ("OldImage", old)) if image}
    return {"eventName": "MODIFY", "dynamodb": {"Keys": keys, "SequenceNumber": number, **images}}


def poison(number: str = "poison") -> dict[str, Any]:
    write = TypeSerializer().serialize
    keys = {"pk": write("post#1"), "sk": write("post")}
    bad = {"pk": write("subscriber#1"), "sk": write("subscriber")}
    return record(keys if number == "poison" else bad, {**keys, "data": write("not a post")}, None, number)


class Letters(list[tuple[str, str]]):
    """The dead letters: sequence numbers and reasons."""

    broken = False

    def put(self, record: Any, reason: str) -> None:
        if self.broken:
            raise TimeoutError("no answer")
        self.append((record["dynamodb"]["SequenceNumber"], reason))


class Publisher:
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.changed: list[Any] = []
        self.photos: set[str] = set()
        self.followed: list[Any] = []
        self.requests: list[str] = []
        self.forgotten: list[list[str]] = []
        self.failed: list[str] = []

    def follow(self, changed: Any, photo_ids: Any) -> Difference:
        self.changed += changed
        self.photos |= set(photo_ids)
        return Difference([], [], self.failed)

    def follow_photo(self, change: Any) -> list[str]:
        self.followed.append((change.id, change.before is not None, change.after is not None, change.is_deleted))
        return [f"/media/{change.id}/a"]

    def forget(self, paths: Any) -> None:
        self.forgotten.append(list(paths))

    def render_all(self, request: str) -> Difference:
        self.requests.append(request)
        return Difference([], [])


def test_a_photo_is_followed_when_what_pages_show_of_it_changes():
    write = TypeSerializer().serialize
    keys = {"pk": write("photo#p1"), "sk": write("photo")}
    shown = {"id": "p1", "alt": "", "width": 1, "height": 1, "placeholder": "", "renditions": []}
    waiting = {"id": "p1", "status": "waiting", "fileName": "a", "alt": "", "createdAt": "", "updatedAt": ""}
    images = [
        {**keys, "data": write(json.dumps(data))}
        for data in (waiting, {**waiting, "status": "ready", "photo": shown}, {**waiting, "status": "refused"})
    ]
    followed = []
    for old, new in [(None, images[0]), (images[0], images[1]), (images[1], None), (images[0], images[2])]:
        publisher = Publisher()
        assert events.publish([record(keys, new, old, "1")], publisher, Letters(), REGION, LOG) == {
            "batchItemFailures": []
        }
        assert {photo_id for photo_id, *_ in publisher.followed} == publisher.photos
        followed.append(publisher.followed)
    assert followed == [[], [("p1", False, True, False)], [("p1", True, False, True)], []]


def test_a_record_that_cannot_be_read_is_a_dead_letter_and_the_others_are_published(blog: Stage):
    blog.publish("One")
    publisher, letters = Publisher(), Letters()
    answer = events.publish([poison(), *records("posts")], publisher, letters, REGION, LOG)
    assert answer == {"batchItemFailures": []}
    assert [number for number, _ in letters] == ["poison"]
    assert "Error" in letters[0][1]
    assert {post.slug for post in publisher.changed} == {"one"}


def test_a_post_that_cannot_be_rendered_is_a_dead_letter_and_the_stream_goes_on(blog: Stage):
    blog.publish("Good")
    blog.publish("Bad")
    publisher, letters = Publisher(), Letters()
    publisher.failed = ["posts/bad/index.html", "posts/beside/index.html"]
    assert events.publish(records("posts"), publisher, letters, REGION, LOG) == {"batchItemFailures": []}
    # The post itself, and its place in the list.
    assert [reason for _, reason in letters] == ["not rendered: posts/bad/index.html"] * 2


def test_a_record_that_cannot_be_set_aside_comes_again(blog: Stage):
    letters = Letters()
    letters.broken = True
    answer = events.publish([poison()], Publisher(), letters, REGION, LOG)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "poison"}]}


def test_a_dead_letter_says_which_record_and_why(blog: Stage):
    queue = boto3.client("sqs").create_queue(QueueName="dead-letters")["QueueUrl"]
    bad = {**poison(), "eventSourceARN": "arn:aws:dynamodb:::table/posts/stream/1"}
    DeadLetterQueue(lambda: boto3.client("sqs"), queue).put(bad, "ValueError: no post")
    (message,) = boto3.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    letter = json.loads(message["Body"])
    assert (letter["reason"], letter["sequenceNumber"]) == ("ValueError: no post", "poison")
    assert letter["keys"] == bad["dynamodb"]["Keys"]


@pytest.mark.parametrize("order", [["post#", "posts#published"], ["posts#published", "post#"]])
def test_a_region_publishes_a_post_in_whatever_order_its_items_arrive(blog: Stage, order: list[str]):
    blog.publish("One")
    publisher = Publisher()
    found = {bringing["dynamodb"]["Keys"]["pk"]["S"]: bringing for bringing in records("posts")}
    for start in order:
        (bringing,) = [one for name, one in found.items() if name.startswith(start)]
        events.publish([bringing], publisher, Letters(), REGION, LOG)
    # The one that comes last sets the page going, whichever it is.
    assert [post.slug for post in publisher.changed] == ["one", "one"]


def test_a_post_that_is_twice_in_the_list_is_published_once(blog: Stage):
    blog.publish("One")
    place = next(
        one["dynamodb"]["NewImage"] for one in records("posts") if one["dynamodb"]["Keys"]["pk"]["S"] == PUBLISHED
    )
    boto3.client("dynamodb").put_item(TableName="posts", Item={**place, "sk": {"S": f"2020-01-01#{place['sk']['S']}"}})
    table = PostTable(lambda: boto3.client("dynamodb"), "posts", lambda changes: [], REGION)
    assert [post.slug for post in table.published()] == ["one"]


def test_a_request_renders_everything_once(blog: Stage):
    write = TypeSerializer().serialize
    item = {"pk": write(f"publishing#{REGION}"), "sk": write("request"), "request": write("r1")}
    boto3.client("dynamodb").put_item(TableName="posts", Item=item)
    blog.publish("One")
    publisher = Publisher()
    events.publish(records("posts"), publisher, Letters(), REGION, LOG)
    assert (publisher.requests, publisher.changed) == (["r1"], [])


class Mailer:
    """Mails that were sent; it may refuse, fail, or fail after sending."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.failure: Exception | None = None

    def send(self, address: str, mail: Any) -> None:
        if self.failure:
            raise self.failure
        self.sent.append((address, mail))


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def mailer() -> Mailer:
    return Mailer()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def welcome(blog: Stage, mailer: Mailer, clock: Clock):
    """A welcome with the real table and the real mail."""
    table = SubscriberTable(lambda: boto3.client("dynamodb"), "subscribers", blog.module.home.transact)
    return Welcome(table, mailer, partial(mails.welcome, blog.module.site), clock)


def subscribe(blog: Stage, address: str = "reader@example.com") -> None:
    assert blog.read("POST", "/subscribers", {"address": address}).status == 202


def test_one_mail_for_each_new_address_however_often_the_record_comes(blog: Stage, welcome: Welcome, mailer: Mailer):
    subscribe(blog)
    subscribe(blog, "other@example.com")
    for _ in range(3):
        assert events.welcome(records("subscribers") * 2, welcome, Letters(), LOG) == {"batchItemFailures": []}
    assert sorted(address for address, _ in mailer.sent) == ["other@example.com", "reader@example.com"]


def test_the_mail_carries_its_links_and_one_click_headers(blog: Stage, welcome: Welcome, mailer: Mailer):
    subscribe(blog)
    events.welcome(records("subscribers"), welcome, Letters(), LOG)
    ((_, mail),) = mailer.sent
    link = mail.headers["List-Unsubscribe"].strip("<>")
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link.startswith("https://blog.example/api/subscribers/unsubscribe?token=")
    for part in (mail.text, mail.html):
        assert link in part
        assert "https://blog.example/api/subscribers/confirm?token=" in part
    assert "\n" not in mail.subject


def test_poison_does_not_hold_up_the_others(blog: Stage, welcome: Welcome, mailer: Mailer):
    subscribe(blog)
    letters = Letters()
    answer = events.welcome([poison("first"), *records("subscribers"), poison("last")], welcome, letters, LOG)
    # Not even as a failure, for which the stream would wait.
    assert answer == {"batchItemFailures": []}
    assert [number for number, _ in letters] == ["first", "last"]
    assert len(mailer.sent) == 1


@pytest.mark.parametrize(("failure", "seconds"), [(NotTaken("throttled"), 0), (TimeoutError("no answer"), 91)])
def test_a_mail_that_fails_comes_later_and_once(
    blog: Stage, welcome: Welcome, mailer: Mailer, clock: Clock, failure: Exception, seconds: int
):
    subscribe(blog)
    mailer.failure = failure
    assert events.welcome(records("subscribers"), welcome, Letters(), LOG)["batchItemFailures"]
    mailer.failure = None
    clock.now += seconds
    assert not events.welcome(records("subscribers"), welcome, Letters(), LOG)["batchItemFailures"]
    events.welcome(records("subscribers"), welcome, Letters(), LOG)
    assert len(mailer.sent) == 1


@pytest.mark.parametrize("end", ["unsubscribed", "suppressed", "confirmed", "deleted", "subscribed anew"])
def test_a_record_that_comes_late_mails_nobody_who_has_moved_on(
    blog: Stage, welcome: Welcome, mailer: Mailer, clock: Clock, end: str
):
    subscribe(blog)
    late = [one for one in records("subscribers") if "subscriber" in one["dynamodb"]["Keys"]["sk"]["S"]]
    (known,) = [blog.module.subscriptions._store.get(one) for one in subscriber_ids()]
    if end == "deleted":
        keys = {name: late[0]["dynamodb"]["Keys"][name] for name in ("pk", "sk")}
        boto3.client("dynamodb").delete_item(TableName="subscribers", Key=keys)
    elif end == "suppressed":
        blog.module.subscriptions.suppress(known.address)
    elif end == "confirmed":
        blog.module.subscriptions.confirm(link_token(known))
    else:
        blog.module.subscriptions.unsubscribe(link_token(known))
    if end == "subscribed anew":
        subscribe(blog)
    assert events.welcome(late, welcome, Letters(), LOG) == {"batchItemFailures": []}
    assert mailer.sent == []
    events.welcome(records("subscribers"), welcome, Letters(), LOG)
    assert len(mailer.sent) == (end == "subscribed anew")


@pytest.mark.parametrize("region", [NOWHERE, "eu-west-1"])
def test_the_mail_of_a_record_that_home_has_overtaken_is_the_new_homes(
    blog: Stage, welcome: Welcome, mailer: Mailer, region: str
):
    subscribe(blog)
    blog.module.home.write(Marker(region, 1))
    # The batch had begun before: `welcome` in app.py has asked already.
    assert events.welcome(records("subscribers"), welcome, Letters(), LOG) == {"batchItemFailures": []}
    assert mailer.sent == []
    assert not [one for one in records("subscribers") if one["dynamodb"]["Keys"]["sk"]["S"].startswith("welcome#")]
    blog.module.home.write(Marker(REGION, 2))
    events.welcome(records("subscribers"), welcome, Letters(), LOG)
    assert len(mailer.sent) == 1


def test_a_fresh_claim_is_somebody_elses(blog: Stage, welcome: Welcome, mailer: Mailer, clock: Clock):
    subscribe(blog)
    (subscriber,) = [blog.module.subscriptions._store.get(one) for one in subscriber_ids()]
    table = SubscriberTable(lambda: boto3.client("dynamodb"), "subscribers", blog.module.home.transact)
    assert table.claim(subscriber, clock.now, 90)
    with pytest.raises(InFlight):
        welcome.follow(subscriber)
    assert mailer.sent == []
    clock.now += 91
    assert welcome.follow(subscriber) == "sent"


def test_only_a_crash_between_sending_and_marking_sends_twice(blog: Stage, welcome: Welcome, mailer: Mailer, clock):
    subscribe(blog)

    table = blog.module.subscriptions._store

    class Dies(SubscriberTable):
        def settle(self, *_: Any) -> None:
            raise RuntimeError("the function ended")

    dying = Welcome(Dies(table._client, "subscribers", table._transact), mailer, welcome._write, clock)
    assert events.welcome(records("subscribers"), dying, Letters(), LOG)["batchItemFailures"]
    assert len(mailer.sent) == 1
    clock.now += 91
    events.welcome(records("subscribers"), welcome, Letters(), LOG)
    assert len(mailer.sent) == 2
    clock.now += 1000
    events.welcome(records("subscribers"), welcome, Letters(), LOG)
    assert len(mailer.sent) == 2


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        ("TooManyRequestsException", 429, NotTaken),
        ("SendingPausedException", 400, NotTaken),
        ("MailFromDomainNotVerifiedException", 400, NotTaken),
        ("NotFoundException", 404, NotTaken),
        ("BadRequestException", 400, Refused),
        ("InternalFailure", 500, ClientError),
    ],
)
def test_what_an_answer_of_ses_means(code: str, status: int, meaning: type[Exception]):
    client = one_attempt_client("sesv2", REGION)
    with Stubber(client) as answers:
        answers.add_client_error("send_email", code, http_status_code=status)
        with pytest.raises(meaning):
            SesMailer(lambda: client, "blog@example.com", "blog").send("a@example.com", mails.Mail("a", "b", "c", {}))


@pytest.mark.parametrize(("identity", "meaning"), [("Blog@example.com", NotTaken), ("a@example.com", Refused)])
def test_a_sender_who_is_not_verified_is_waited_for_and_a_recipient_in_the_sandbox_is_not(
    identity: str, meaning: type[Exception]
):
    text = f"Email address is not verified. The following identities failed the check in region US-EAST-1: {identity}"
    client = one_attempt_client("sesv2", REGION)
    with Stubber(client) as answers:
        answers.add_client_error("send_email", "MessageRejected", text, http_status_code=400)
        with pytest.raises(meaning):
            SesMailer(lambda: client, "blog@example.com", "blog").send("a@example.com", mails.Mail("a", "b", "c", {}))


def test_a_refused_address_is_not_tried_again(blog: Stage, welcome: Welcome, mailer: Mailer, clock: Clock):
    subscribe(blog)
    mailer.failure = Refused("on the suppression list")
    assert events.welcome(records("subscribers"), welcome, Letters(), LOG) == {"batchItemFailures": []}
    mailer.failure = None
    clock.now += 1000
    events.welcome(records("subscribers"), welcome, Letters(), LOG)
    assert mailer.sent == []


@pytest.mark.parametrize("failure", [Refused("no such address"), NotTaken("the sender is not verified")])
def test_whose_mail_never_went_out_gets_it_by_asking_again_a_day_later(
    blog: Stage, welcome: Welcome, mailer: Mailer, failure: Exception
):
    subscribe(blog)
    mailer.failure = failure
    # After this the record has no retries left.
    events.welcome(records("subscribers"), welcome, Letters(), LOG)
    mailer.failure = None
    with later(blog, hours=23):
        subscribe(blog)
    assert rounds(blog) == [1]
    with later(blog, hours=25):
        subscribe(blog)
        events.welcome(records("subscribers"), welcome, Letters(), LOG)
    assert (rounds(blog), len(mailer.sent)) == ([2], 1)


def test_both_mails_of_who_has_asked_twice_have_links_that_work(blog: Stage, welcome: Welcome, mailer: Mailer):
    subscribe(blog)
    events.welcome(records("subscribers"), welcome, Letters(), LOG)
    with later(blog, hours=25):
        subscribe(blog)
        events.welcome(records("subscribers"), welcome, Letters(), LOG)
    first, second = (mail.headers["List-Unsubscribe"] for _, mail in mailer.sent)
    assert first == second
    assert blog.read("POST", first.partition("/api")[2].strip(">")).status == 200


def test_who_does_not_answer_is_mailed_ever_more_rarely_whoever_asks(blog: Stage, welcome: Welcome, mailer: Mailer):
    for day in range(40):
        with later(blog, hours=25 * day):
            for _ in range(3):
                subscribe(blog)
            events.welcome(records("subscribers"), welcome, Letters(), LOG)
    # After 1, 2, 4, 8 and 16 days more.
    assert len(mailer.sent) == 6


@pytest.mark.parametrize("end", ["confirmed", "suppressed"])
def test_nobody_else_is_mailed_again_however_late_somebody_asks(
    blog: Stage, welcome: Welcome, mailer: Mailer, end: str
):
    subscribe(blog)
    (known,) = [blog.module.subscriptions._store.get(one) for one in subscriber_ids()]
    if end == "confirmed":
        blog.module.subscriptions.confirm(link_token(known))
    else:
        blog.module.subscriptions.suppress(known.address)
    with later(blog, hours=10_000):
        subscribe(blog)
        events.welcome(records("subscribers"), welcome, Letters(), LOG)
    assert (rounds(blog), mailer.sent) == ([1], [])


@contextmanager
def later(blog: Stage, hours: int) -> Iterator[None]:
    """Have the API's clock show another time."""
    moment = datetime.now(UTC) + timedelta(hours=hours)
    blog.module.subscriptions._now = lambda: moment
    try:
        yield
    finally:
        blog.module.subscriptions._now = lambda: datetime.now(UTC)


def rounds(blog: Stage) -> list[int]:
    return [blog.module.subscriptions._store.get(one).round for one in subscriber_ids()]


def subscriber_ids() -> list[str]:
    items = boto3.client("dynamodb").scan(TableName="subscribers")["Items"]
    return [item["pk"]["S"].partition("#")[2] for item in items if item["sk"]["S"] == "subscriber"]
