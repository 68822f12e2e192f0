"""New posts by mail: one mail for each post and address, whatever is retried, stopped or resumed."""

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from chalicelib.blog.home_region import Marker
from chalicelib.blog.mailings.events import send_mails
from chalicelib.blog.mailings.mailings import Mailings
from chalicelib.blog.subscribers import mails
from chalicelib.blog.subscribers.delivery import Delivery
from chalicelib.blog.subscribers.mail_mark_table import MailMarkTable
from chalicelib.blog.subscribers.mail_queue import MailQueue
from chalicelib.blog.subscribers.model import link_token, subscriber_id
from chalicelib.blog.subscribers.ports import MailDeferred, MailRefused

from common.aws.clients import is_temporary
from tests.unit.aws import aws_client, copied_items, put_copied_items
from tests.unit.blog.mail_fakes import Clock, Mailer
from tests.unit.blog.stage import Stage, path
from tests.unit.stage import REGION, emptied

READERS = [f"reader{number}@example.com" for number in range(9)]


class Died(BaseException):
    """The function ended in the middle of something."""


class Queue(MailQueue):
    """The messages that were sent, each with its delay."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, int]] = []
        super().__init__(lambda: self, "")

    def send_message(self, *, MessageBody: str, DelaySeconds: int, **_: Any) -> None:  # noqa: N803 - boto's names
        self.messages.append((MessageBody, DelaySeconds))


class Sender:
    """The function `send_mails`, with real tables; `copies` is how often each message is delivered."""

    def __init__(self, blog: Stage, mailer: Mailer, clock: Clock) -> None:
        composition = blog.composition
        self.queue, self.clock, self.copies, self.seconds_left = Queue(), clock, 1, 60.0
        self.paused = 0.0
        marks = MailMarkTable(
            lambda: aws_client("dynamodb"), "subscribers", composition.home_region.transact, is_temporary
        )
        self.mailings = Mailings(
            posts=composition.tables.posts,
            photos=composition.tables.photos,
            subscribers=composition._subscribers,
            store=composition._mailing_table,
            tasks=self.queue,
            delivery=Delivery(marks=marks, mailer=mailer, now=clock),
            write=partial(mails.new_post, composition.site),
            mails_a_second=8,
            now=clock,
            require_home=composition.home_region.require,
            sleep=self._pause,
            clock=lambda: 0.0,
        )
        self.welcome = composition.welcome

    def _pause(self, seconds: float) -> None:
        self.paused += seconds

    def deliver(self) -> list[str]:
        """Deliver the messages that are in the queue now; returns their outcomes."""
        messages, self.queue.messages = self.queue.messages, []
        outcomes = []
        for body, delay in messages:
            self.clock.now += delay
            for _ in range(self.copies):
                outcomes.append(send_mails(body, self.mailings, self.welcome, lambda: self.seconds_left)[1])
        return outcomes

    def drain(self, visibility_timeout: int = 0) -> None:
        """Deliver messages until there are no more; one on which the function died comes again."""
        for _ in range(200):
            if not self.queue.messages:
                return
            message, *rest = self.queue.messages
            self.queue.messages = [message]
            try:
                self.deliver()
            except Died:
                self.clock.now += visibility_timeout
                self.queue.messages.append(message)
            self.queue.messages += rest
        pytest.fail("the mailing does not end")


@pytest.fixture
def mailer() -> Mailer:
    return Mailer()


@pytest.fixture
def sender(blog: Stage, mailer: Mailer) -> Sender:
    return Sender(blog, mailer, Clock())


def subscribe(blog: Stage, address: str) -> str:
    """Subscribe an address and confirm it; returns the token of its links."""
    blog.composition.subscriptions._an_hour = 1000
    assert blog.read("POST", "/subscribers", {"address": address}).status == 202
    token = link_token(blog.composition._subscribers.get(subscriber_id(address)))
    assert blog.read("POST", "/subscribers/confirm", f"token={token}").status == 200
    return token


@pytest.fixture(scope="module")
def subscribed(one_stage: Stage) -> tuple[dict[str, str], Any]:
    """The subscribers of `readers`, subscribed once: the tokens of the confirmed ones, and the items of all."""
    blog = emptied(one_stage)
    assert blog.read("POST", "/subscribers", {"address": "pending@example.com"}).status == 202
    gone = subscribe(blog, "gone@example.com")
    assert blog.read("POST", "/subscribers/unsubscribe", f"token={gone}").status == 200
    subscribe(blog, "bounced@example.com")
    blog.composition.subscriptions.suppress("bounced@example.com")
    return {address: subscribe(blog, address) for address in READERS}, copied_items("subscribers")


@pytest.fixture
def readers(blog: Stage, subscribed: tuple[dict[str, str], Any]) -> dict[str, str]:
    """Confirmed subscribers, with the tokens of their links; beside them are some who get no mail."""
    tokens, items = subscribed
    put_copied_items("subscribers", items)
    return dict(tokens)


def mailing(blog: Stage, post: Any) -> Any:
    return blog.write("GET", f"{path(post)}/mailing").json


def addresses(mailer: Mailer) -> list[str]:
    return sorted(address for address, _ in mailer.sent)


@pytest.mark.parametrize("copies", [1, 3])
def test_every_confirmed_subscriber_gets_one_mail_and_the_author_sees_how_many(
    blog: Stage, mailer: Mailer, sender: Sender, readers: dict[str, str], copies: int
):
    post = blog.publish("A walk")
    assert mailing(blog, post)["sent"] == 0
    sender.copies = copies
    sender.queue.put_mailing(post["id"])
    sender.drain()
    assert addresses(mailer) == READERS
    shown = mailing(blog, post)
    assert (shown["status"], shown["sent"], shown["refused"]) == ("done", len(READERS), 0)
    assert shown["startedAt"] == shown["endedAt"] is not None


def test_a_new_post_is_mailed_once_even_if_it_is_published_again(
    blog: Stage, mailer: Mailer, sender: Sender, readers: dict[str, str]
):
    post = blog.publish("A walk")
    for _ in range(2):
        sender.queue.put_mailing(post["id"])
        sender.drain()
        blog.write("POST", f"{path(post)}/unpublish")
        blog.write("POST", f"{path(post)}/publish", {})
    assert addresses(mailer) == READERS


@pytest.mark.parametrize("mails_before", range(len(READERS)))
@pytest.mark.parametrize("is_sent", [False, True])
def test_a_mailing_resumes_where_a_function_died(
    blog: Stage, mailer: Mailer, sender: Sender, readers: dict[str, str], mails_before: int, is_sent: bool
):
    post, left = blog.publish("A walk"), itertools.count(mails_before, -1)

    def die(address: str) -> None:
        if next(left) == 0:
            if is_sent:
                mailer.sent.append((address, None))
            raise Died

    mailer.meanwhile = die
    sender.queue.put_mailing(post["id"])
    # SQS delivers the message again when its visibility timeout is over.
    sender.drain(visibility_timeout=360)
    twice = {address for address in addresses(mailer) if addresses(mailer).count(address) > 1}
    assert set(addresses(mailer)) == set(READERS)
    # The one that docs/blog.md names: sent, and not marked.
    assert len(twice) == is_sent
    shown = mailing(blog, post)
    assert (shown["status"], shown["sent"]) == ("done", len(READERS))


def test_withdrawing_a_post_stops_what_is_not_sent_and_publishing_it_again_sends_the_rest(
    blog: Stage, mailer: Mailer, sender: Sender, readers: dict[str, str]
):
    post = blog.publish("A walk")
    mailer.meanwhile = lambda _: len(mailer.sent) == 2 and blog.write("POST", f"{path(post)}/unpublish")
    sender.queue.put_mailing(post["id"])
    sender.drain()
    # The mail that was being sent is the last.
    assert len(mailer.sent) == 3
    assert mailing(blog, post)["status"] == "stopped"
    assert mailing(blog, post)["sent"] == 3
    mailer.meanwhile = None
    blog.write("POST", f"{path(post)}/publish", {})
    assert mailing(blog, post)["status"] == "sending"
    sender.queue.put_mailing(post["id"])
    sender.drain()
    assert addresses(mailer) == READERS
    assert mailing(blog, post)["sent"] == len(READERS)


def test_a_reader_who_unsubscribes_meanwhile_gets_no_mail(
    blog: Stage, mailer: Mailer, sender: Sender, readers: dict[str, str]
):
    post = blog.publish("A walk")

    def leave(_: str) -> None:
        for address in READERS:
            if address not in addresses(mailer):
                blog.read("POST", f"/subscribers/unsubscribe?token={readers[address]}", "List-Unsubscribe=One-Click")

    sender.queue.put_mailing(post["id"])
    sender.deliver()
    leave("")
    sender.drain()
    assert mailer.sent == []
    assert mailing(blog, post)["status"] == "done"


def test_mails_that_ses_does_not_take_yet_are_sent_a_minute_later(
    blog: Stage, mailer: Mailer, sender: Sender, readers: dict[str, str]
):
    post = blog.publish("A walk")
    mailer.failure = MailDeferred("Maximum sending rate exceeded.")
    sender.queue.put_mailing(post["id"])
    sender.deliver()
    assert set(sender.deliver()) == {"deferred"}
    assert {delay for _, delay in sender.queue.messages} == {60}
    mailer.failure = None
    sender.drain()
    assert addresses(mailer) == READERS


def test_a_mail_of_unknown_outcome_is_tried_again_alone(
    blog: Stage, mailer: Mailer, sender: Sender, readers: dict[str, str]
):
    post = blog.publish("A walk")

    def fail_once(address: str) -> None:
        if address == READERS[0] and sender.clock.now < 1_000_050:
            raise TimeoutError("no answer")

    mailer.meanwhile = fail_once
    sender.queue.put_mailing(post["id"])
    sender.deliver()
    while len(mailer.sent) < len(READERS) - 1:
        sender.deliver()
    assert [delay for body, delay in sender.queue.messages if "address" in body] == [91]
    sender.drain()
    assert addresses(mailer) == READERS
    assert mailing(blog, post)["sent"] == len(READERS)


def test_an_address_that_ses_refuses_is_counted_apart(
    blog: Stage, mailer: Mailer, sender: Sender, readers: dict[str, str]
):
    post = blog.publish("A walk")

    def refuse(address: str) -> None:
        if address == READERS[0]:
            raise MailRefused("not verified")

    mailer.meanwhile = refuse
    sender.queue.put_mailing(post["id"])
    sender.drain()
    assert addresses(mailer) == READERS[1:]
    assert (mailing(blog, post)["sent"], mailing(blog, post)["refused"]) == (len(READERS) - 1, 1)


def test_a_function_hands_over_before_its_time_is_over(
    blog: Stage, mailer: Mailer, sender: Sender, readers: dict[str, str]
):
    post = blog.publish("A walk")
    sender.queue.put_mailing(post["id"])
    sender.deliver()
    sender.seconds_left = 20
    assert set(sender.deliver()) == {"continued"}
    assert mailer.sent == []
    sender.seconds_left = 60
    sender.drain()
    assert addresses(mailer) == READERS


def test_the_shards_together_send_no_faster_than_the_stage_allows(
    blog: Stage, mailer: Mailer, sender: Sender, readers: dict[str, str]
):
    post = blog.publish("A walk")
    sender.queue.put_mailing(post["id"])
    sender.drain()
    # Eight mails a second, by four functions at once.
    assert sender.paused == pytest.approx(len(READERS) * 4 / 8)


def test_another_region_sends_nothing_and_the_new_home_resumes(
    blog: Stage, mailer: Mailer, sender: Sender, readers: dict[str, str]
):
    post, home = blog.publish("A walk"), blog.composition.home_region
    mailer.meanwhile = lambda _: len(mailer.sent) == 2 and home.write(Marker("eu-west-1", 1))
    sender.queue.put_mailing(post["id"])
    sender.drain()
    assert len(mailer.sent) == 3
    sender.queue.put_mailing(post["id"])
    assert sender.deliver() == ["elsewhere"]
    mailer.meanwhile = None
    home.write(Marker(REGION, 2))
    sender.queue.put_mailing(post["id"])
    sender.drain()
    assert addresses(mailer) == READERS
    assert mailing(blog, post)["sent"] == len(READERS)


def test_a_mailing_that_takes_longer_than_a_week_ends(
    blog: Stage, mailer: Mailer, sender: Sender, readers: dict[str, str]
):
    post = blog.publish("A walk")
    mailer.failure = MailDeferred("Daily message quota exceeded.")
    sender.queue.put_mailing(post["id"])
    for _ in range(3):
        sender.deliver()
    sender.clock.now += 8 * 24 * 3600
    mailer.failure = None
    sender.drain()
    assert mailer.sent == []
    assert mailing(blog, post)["status"] == "done"


def publish_at(blog: Stage, post: Any, moment: str) -> None:
    assert blog.write("POST", f"{path(post)}/publish", {"publishAt": moment}).status == 200


@pytest.mark.parametrize("change", ["backdated", "drafted", "deleted"])
def test_what_is_no_new_post_is_not_mailed(
    blog: Stage, mailer: Mailer, sender: Sender, readers: dict[str, str], change: str
):
    post = blog.add("A walk")
    if change == "backdated":
        publish_at(blog, post, "2011-05-04T08:00:00Z")
        blog.write("POST", f"{path(post)}/unpublish")
        blog.write("POST", f"{path(post)}/publish", {})
    if change == "deleted":
        blog.write("DELETE", path(post))
    sender.queue.put_mailing(post["id"])
    assert sender.deliver() == ["withdrawn"]
    if change != "deleted":
        assert mailing(blog, post) == {"status": "none", "sent": 0, "refused": 0, "startedAt": None, "endedAt": None}


def test_the_mail_has_the_post_its_link_and_one_click_headers(
    blog: Stage, mailer: Mailer, sender: Sender, readers: dict[str, str]
):
    post = blog.publish("Ice & <snow>", summary="Cold, mostly.", bodyMarkdown="Text")
    sender.queue.put_mailing(post["id"])
    sender.drain()
    for address, mail in mailer.sent:
        link = f"https://blog.example/api/subscribers/unsubscribe?token={readers[address]}"
        assert mail.headers == {
            "List-Unsubscribe": f"<{link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        assert mail.subject == "Ice & <snow>"
        for part in (mail.text, mail.html):
            assert post["pageUrl"] in part
            assert link in part
            assert "Cold, mostly." in part
        assert "Ice &amp; &lt;snow&gt;" in mail.html


@pytest.mark.parametrize(
    ("text", "lead"), [("Two *words*.\n\n## More", "Two words. More"), ("word " * 100, "word " * 56 + "…"), ("", "")]
)
def test_a_post_without_summary_is_mailed_with_its_first_words(text: str, lead: str):
    written: Callable[[str], str] = mails._beginning
    assert written(text) == lead
