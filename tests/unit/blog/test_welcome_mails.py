"""Welcome mails: stream records of real items, and one mail for each round."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from chalicelib.blog.home_region import MOVING, Marker
from chalicelib.blog.subscribers import mails
from chalicelib.blog.subscribers.delivery import Delivery
from chalicelib.blog.subscribers.events import send_welcome_mails
from chalicelib.blog.subscribers.mail_mark_table import MailMarkTable
from chalicelib.blog.subscribers.model import link_token
from chalicelib.blog.subscribers.ports import MailDeferred, MailInFlight, MailRefused
from chalicelib.blog.subscribers.welcome import Welcome

from common.aws.clients import is_temporary
from common.errors import Busy
from common.runtime.batches import Batch
from tests.unit.aws import aws_client
from tests.unit.blog.mail_fakes import Clock, Mailer
from tests.unit.blog.stage import Stage
from tests.unit.blog.stream_records import Letters, poison, records
from tests.unit.stage import REGION

LOG = logging.getLogger("test_welcome_mails")


@pytest.fixture
def mailer() -> Mailer:
    return Mailer()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def welcome(blog: Stage, mailer: Mailer, clock: Clock):
    """A welcome with the real table and the real mail."""
    return welcome_of(blog, Delivery(marks=marks(blog), mailer=mailer, now=clock))


def marks(blog: Stage) -> MailMarkTable:
    return MailMarkTable(
        lambda: aws_client("dynamodb"), "subscribers", blog.composition.home_region.transact, is_temporary
    )


def welcome_of(blog: Stage, delivery: Delivery) -> Welcome:
    composition = blog.composition
    write = partial(mails.welcome, composition.site)
    return Welcome(subscribers=composition._subscribers, delivery=delivery, write=write, late=Late())


class Late(list[tuple[str, int, int]]):
    """The welcome mails that are to be tried again later."""

    def put_welcome(self, subscriber_id: str, number: int, delay_seconds: int) -> None:
        self.append((subscriber_id, number, delay_seconds))


def send(records: list[Any], welcome: Welcome, letters: Letters | None = None) -> dict[str, Any]:
    """Handle a batch; returns the function's response."""
    batch = Batch(records, LOG, Letters() if letters is None else letters)
    send_welcome_mails(batch, welcome, lambda: 60.0, LOG)
    return batch.response()


def subscribe(blog: Stage, address: str = "reader@example.com") -> None:
    assert blog.read("POST", "/subscribers", {"address": address}).status == 202


def test_each_new_address_gets_one_mail_even_if_records_are_repeated(blog: Stage, welcome: Welcome, mailer: Mailer):
    subscribe(blog)
    subscribe(blog, "other@example.com")
    for _ in range(3):
        assert send(records("subscribers") * 2, welcome) == {"batchItemFailures": []}
    assert sorted(address for address, _ in mailer.sent) == ["other@example.com", "reader@example.com"]


def test_the_mail_carries_its_links_and_one_click_headers(blog: Stage, welcome: Welcome, mailer: Mailer):
    subscribe(blog)
    send(records("subscribers"), welcome)
    ((_, mail),) = mailer.sent
    link = mail.headers["List-Unsubscribe"].strip("<>")
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link.startswith("https://blog.example/api/subscribers/unsubscribe?token=")
    for part in (mail.text, mail.html):
        assert link in part
        assert "https://blog.example/api/subscribers/confirm?token=" in part
    assert "\n" not in mail.subject


def test_a_record_that_cannot_be_read_does_not_hold_up_the_others(blog: Stage, welcome: Welcome, mailer: Mailer):
    subscribe(blog)
    letters = Letters()
    response = send([poison("first"), *records("subscribers"), poison("last")], welcome, letters)
    # Not even as a failure, for which the stream would wait.
    assert response == {"batchItemFailures": []}
    assert [number for number, _ in letters] == ["first", "last"]
    assert len(mailer.sent) == 1


def test_a_mail_that_ses_does_not_take_yet_is_sent_later_and_once(blog: Stage, welcome: Welcome, mailer: Mailer):
    subscribe(blog)
    mailer.failure = MailDeferred("throttled")
    assert send(records("subscribers"), welcome)["batchItemFailures"]
    mailer.failure = None
    assert not send(records("subscribers"), welcome)["batchItemFailures"]
    send(records("subscribers"), welcome)
    assert len(mailer.sent) == 1


def test_a_mail_of_unknown_outcome_is_tried_again_alone_and_the_others_do_not_wait(
    blog: Stage, welcome: Welcome, mailer: Mailer, clock: Clock
):
    subscribe(blog)
    mailer.failure = TimeoutError("no answer")
    assert not send(records("subscribers"), welcome)["batchItemFailures"]
    (postponed,) = welcome._late
    assert postponed[1:] == (1, 91)
    mailer.failure = None
    subscribe(blog, "next@example.com")
    assert not send(records("subscribers"), welcome)["batchItemFailures"]
    assert [address for address, _ in mailer.sent] == ["next@example.com"]
    # The function `send_mails` gets the postponed one when its claim has ended.
    with pytest.raises(MailInFlight):
        welcome.send(*postponed[:2], lambda: 60.0)
    clock.now += postponed[2]
    assert [welcome.send(*postponed[:2], lambda: 60.0) for _ in range(2)] == ["sent", "sent"]
    assert [address for address, _ in mailer.sent] == ["next@example.com", "reader@example.com"]


class Throttled(MailMarkTable):
    """DynamoDB takes no mark until a moment."""

    until = 0.0
    clock: Any = None

    def settle(self, *arguments: Any) -> None:
        if self.clock() < self.until:
            raise Busy("throttled")
        super().settle(*arguments)


@pytest.mark.parametrize("seconds", [8, 25])
def test_a_mark_that_must_be_made_is_tried_as_long_as_the_function_has_time(
    blog: Stage, mailer: Mailer, clock: Clock, seconds: int
):
    passed = [0.0]
    table = Throttled(
        lambda: aws_client("dynamodb"), "subscribers", blog.composition.home_region.transact, is_temporary
    )
    table.until, table.clock = seconds, lambda: passed[0]
    delivery = Delivery(
        marks=table, mailer=mailer, now=clock, sleep=lambda pause: passed.__setitem__(0, passed[0] + pause)
    )
    slow = welcome_of(blog, delivery)
    subscribe(blog)
    (subscriber,) = [blog.composition.subscriptions._store.get(one) for one in subscriber_ids()]
    assert slow.send_or_postpone(subscriber, lambda: 50 - passed[0]) == "sent"
    clock.now += 1000
    assert slow.send_or_postpone(subscriber, lambda: 50.0) == "sent"
    assert len(mailer.sent) == 1


def test_a_mail_is_not_begun_without_the_time_to_mark_it(blog: Stage, welcome: Welcome, mailer: Mailer):
    subscribe(blog)
    (subscriber,) = [blog.composition.subscriptions._store.get(one) for one in subscriber_ids()]
    with pytest.raises(Busy):
        welcome.send_or_postpone(subscriber, lambda: 20.0)
    assert mailer.sent == []
    # It is not claimed either: the next invocation sends it at once.
    assert welcome.send_or_postpone(subscriber, lambda: 60.0) == "sent"


@pytest.mark.parametrize("end", ["unsubscribed", "suppressed", "confirmed", "deleted", "subscribed anew"])
def test_a_late_record_sends_no_mail_to_a_subscriber_who_has_changed_since(
    blog: Stage, welcome: Welcome, mailer: Mailer, clock: Clock, end: str
):
    subscribe(blog)
    late = [one for one in records("subscribers") if "subscriber" in one["dynamodb"]["Keys"]["sk"]["S"]]
    (known,) = [blog.composition.subscriptions._store.get(one) for one in subscriber_ids()]
    if end == "deleted":
        keys = {name: late[0]["dynamodb"]["Keys"][name] for name in ("pk", "sk")}
        aws_client("dynamodb").delete_item(TableName="subscribers", Key=keys)
    elif end == "suppressed":
        blog.composition.subscriptions.suppress(known.address)
    elif end == "confirmed":
        blog.composition.subscriptions.confirm(link_token(known))
    else:
        blog.composition.subscriptions.unsubscribe(link_token(known))
    if end == "subscribed anew":
        subscribe(blog)
    assert send(late, welcome) == {"batchItemFailures": []}
    assert mailer.sent == []
    send(records("subscribers"), welcome)
    assert len(mailer.sent) == (end == "subscribed anew")


@pytest.mark.parametrize("region", [MOVING, "eu-west-1"])
def test_the_new_home_sends_the_mail_of_a_record_if_home_moves_meanwhile(
    blog: Stage, welcome: Welcome, mailer: Mailer, region: str
):
    subscribe(blog)
    blog.composition.home_region.write(Marker(region, 1))
    # The batch had begun before: `welcome` in app.py has asked already.
    assert send(records("subscribers"), welcome) == {"batchItemFailures": []}
    assert mailer.sent == []
    assert not [one for one in records("subscribers") if one["dynamodb"]["Keys"]["sk"]["S"].startswith("welcome#")]
    blog.composition.home_region.write(Marker(REGION, 2))
    send(records("subscribers"), welcome)
    assert len(mailer.sent) == 1


def test_a_recent_claim_belongs_to_another_invocation(blog: Stage, welcome: Welcome, mailer: Mailer, clock: Clock):
    subscribe(blog)
    (subscriber,) = [blog.composition.subscriptions._store.get(one) for one in subscriber_ids()]
    assert marks(blog).claim(subscriber, "welcome#1", clock.now, 90) is None
    assert welcome.send_or_postpone(subscriber, lambda: 60.0) == "postponed"
    assert mailer.sent == []
    clock.now += 91
    assert welcome.send_or_postpone(subscriber, lambda: 60.0) == "sent"


def test_only_a_crash_between_sending_and_marking_sends_twice(blog: Stage, welcome: Welcome, mailer: Mailer, clock):
    subscribe(blog)

    class Dies(MailMarkTable):
        def settle(self, *_: Any) -> None:
            raise RuntimeError("the function ended")

    table = Dies(lambda: aws_client("dynamodb"), "subscribers", blog.composition.home_region.transact, is_temporary)
    dying = welcome_of(blog, Delivery(marks=table, mailer=mailer, now=clock))
    assert send(records("subscribers"), dying)["batchItemFailures"]
    assert len(mailer.sent) == 1
    clock.now += 91
    send(records("subscribers"), welcome)
    assert len(mailer.sent) == 2
    clock.now += 1000
    send(records("subscribers"), welcome)
    assert len(mailer.sent) == 2


def test_a_refused_address_is_not_tried_again(blog: Stage, welcome: Welcome, mailer: Mailer, clock: Clock):
    subscribe(blog)
    mailer.failure = MailRefused("on the suppression list")
    assert send(records("subscribers"), welcome) == {"batchItemFailures": []}
    mailer.failure = None
    clock.now += 1000
    send(records("subscribers"), welcome)
    assert mailer.sent == []


@pytest.mark.parametrize("failure", [MailRefused("no such address"), MailDeferred("the sender is not verified")])
def test_an_address_whose_mail_was_not_sent_gets_it_by_subscribing_again_after_a_day(
    blog: Stage, welcome: Welcome, mailer: Mailer, failure: Exception
):
    subscribe(blog)
    mailer.failure = failure
    # After this the record has no retries left.
    send(records("subscribers"), welcome)
    mailer.failure = None
    with later(blog, hours=23):
        subscribe(blog)
    assert rounds(blog) == [1]
    with later(blog, hours=25):
        subscribe(blog)
        send(records("subscribers"), welcome)
    assert (rounds(blog), len(mailer.sent)) == ([2], 1)


def test_the_links_of_both_mails_of_an_address_work(blog: Stage, welcome: Welcome, mailer: Mailer):
    subscribe(blog)
    send(records("subscribers"), welcome)
    with later(blog, hours=25):
        subscribe(blog)
        send(records("subscribers"), welcome)
    first, second = (mail.headers["List-Unsubscribe"] for _, mail in mailer.sent)
    assert first == second
    assert blog.read("POST", first.partition("/api")[2].strip(">")).status == 200


def test_an_address_that_never_confirms_gets_mails_at_growing_intervals(blog: Stage, welcome: Welcome, mailer: Mailer):
    sent_on = []
    # The days on which a mail is sent, those before, and some between them.
    for day in (0, 1, 2, 3, 4, 6, 7, 10, 14, 15, 16, 23, 30, 31, 32, 39):
        before = len(mailer.sent)
        with later(blog, hours=25 * day):
            for _ in range(3):
                subscribe(blog)
            send(records("subscribers"), welcome)
        sent_on += [day] * (len(mailer.sent) - before)
    # After 1, 2, 4, 8 and 16 days more.
    assert sent_on == [0, 1, 3, 7, 15, 31]


@pytest.mark.parametrize("end", ["confirmed", "suppressed"])
def test_confirmed_and_suppressed_addresses_get_no_more_welcome_mails(
    blog: Stage, welcome: Welcome, mailer: Mailer, end: str
):
    subscribe(blog)
    (known,) = [blog.composition.subscriptions._store.get(one) for one in subscriber_ids()]
    if end == "confirmed":
        blog.composition.subscriptions.confirm(link_token(known))
    else:
        blog.composition.subscriptions.suppress(known.address)
    with later(blog, hours=10_000):
        subscribe(blog)
        send(records("subscribers"), welcome)
    assert (rounds(blog), mailer.sent) == ([1], [])


@contextmanager
def later(blog: Stage, hours: int) -> Iterator[None]:
    """Have the API's clock show another time."""
    moment = datetime.now(UTC) + timedelta(hours=hours)
    blog.composition.subscriptions._now = lambda: moment
    try:
        yield
    finally:
        blog.composition.subscriptions._now = lambda: datetime.now(UTC)


def rounds(blog: Stage) -> list[int]:
    return [blog.composition.subscriptions._store.get(one).round for one in subscriber_ids()]


def subscriber_ids() -> list[str]:
    items = aws_client("dynamodb").scan(TableName="subscribers")["Items"]
    return [item["pk"]["S"].partition("#")[2] for item in items if item["sk"]["S"] == "subscriber"]
