"""New posts by mail: what confirmed readers get, and what the author sees of it."""

import re
import secrets

import pytest

from local_aws.testing import wait_until
from tests.e2e.blog.people import Author


@pytest.fixture(scope="module")
def ada(stage):
    return Author(stage)


def subscribe(ada: Author, verb: str = "confirm") -> str:
    """Subscribe an address of its own, and follow a link of its welcome mail."""
    address = f"mailed-{secrets.token_hex(6)}@example.com"
    assert ada.ask("POST", "/subscribers", data={"address": address}).status_code == 202
    (mail,) = wait_until(lambda: ada.mails(address))
    link = re.search(rf"http\S+/subscribers/{verb}\?token=[0-9a-f.]+", mail["text"])
    assert link
    assert ada.ask("POST", link[0]).status_code == 200
    return address


def mails_about(ada: Author, address: str, title: str) -> list[dict]:
    return [mail for mail in ada.mails(address) if mail["subject"] == title]


def mailing(ada: Author, post: dict) -> dict:
    found: dict = ada.call("GET", f"{post['url']}/mailing").json()
    return found


def test_each_confirmed_reader_gets_a_new_post_once_and_can_unsubscribe_by_one_click(ada):
    readers, gone = [subscribe(ada) for _ in range(3)], subscribe(ada, "unsubscribe")
    title = f"Mailed {secrets.token_hex(6)}"
    post = ada.publish(title, summary="What it is about.")
    wait_until(lambda: mailing(ada, post), until=lambda shown: shown["status"] == "done")
    for address in readers:
        (mail,) = mails_about(ada, address, title)
        assert post["pageUrl"] in mail["text"]
        assert post["pageUrl"] in mail["html"]
    assert mails_about(ada, gone, title) == []
    # Other tests' readers get it, too.
    assert mailing(ada, post)["sent"] >= len(readers)

    link = re.search(r"http\S+/subscribers/unsubscribe\?token=[0-9a-f.]+", mail["text"])
    assert link
    assert ada.ask("POST", link[0], data={"List-Unsubscribe": "One-Click"}).status_code == 200
    second = ada.publish(f"{title} again")
    wait_until(lambda: mailing(ada, second), until=lambda shown: shown["status"] == "done")
    assert [len(mails_about(ada, address, f"{title} again")) for address in readers] == [1, 1, 0]


def test_a_post_of_an_archive_is_not_mailed(ada):
    reader, title = subscribe(ada), f"Archived {secrets.token_hex(6)}"
    post = ada.write(title)
    published = ada.call("POST", f"{post['url']}/publish", {"publishAt": "2011-05-04T08:00:00Z"}).json()
    assert (published["status"], published["publishedAt"]) == ("published", "2011-05-04T08:00:00.000Z")
    # A post that comes after it in the stream has been mailed.
    after = ada.publish(f"{title} after")
    wait_until(lambda: mailing(ada, after), until=lambda shown: shown["status"] == "done")
    assert mails_about(ada, reader, title) == []
    assert mailing(ada, post)["status"] == "none"
