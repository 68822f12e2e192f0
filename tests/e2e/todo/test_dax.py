"""The DAX cluster in front of the table: what it answers, and that its failures lose nothing and do nothing twice."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from amazondax import AmazonDaxClient
from botocore.exceptions import ClientError

from common.values import new_id
from local_aws.testing import wait_until
from tests.e2e.todo.dax_counts import counts, has_cluster
from tests.e2e.todo.user import APP, TodoUser

THREADS = 4
# `make test-dax` sends 1,000.
REQUESTS = int(os.environ.get("DAX_REQUESTS", "200"))
# A part of the requests is sent under each rule; without one the cluster works.
PHASES: list[dict[str, Any]] = [
    {},
    {"action": "refuse"},
    {},
    {"action": "hang"},
    {"action": "drop", "rate": 0.3},
    {"action": "close", "rate": 0.3},
    {"action": "garbage", "rate": 0.3},
    {"action": "delay", "delay_ms": 3000, "rate": 0.1},
    {"action": "throttle", "rate": 0.5},
    {},
]


@pytest.fixture(scope="module", autouse=True)
def cluster(stage):
    if not has_cluster(stage):
        pytest.skip("the stage has no DAX cluster")


def said(stage, message):
    """The log lines of the API's function with a message."""
    aws = stage.client("logs")
    events = aws.filter_log_events(logGroupName="/aws/lambda/todo-local", filterPattern=f'"{message}"')["events"]
    return [json.loads(event["message"]) for event in events]


def poll(stage, user, since):
    """Ask for changes at the API's stage that has no cache."""
    answer = user.call("GET", f"{stage.document['apps'][APP]['preview_url']}/changes?since={since}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def answered_by_the_cache(stage, user, since):
    """Whether one poll is a hit of the item cache."""
    hits = counts(stage)["item_hits"]
    poll(stage, user, since)
    return counts(stage)["item_hits"] > hits


def sent_version(user):
    """The list's version, by a deletion that changes nothing."""
    sent = {"op": "delete", "key": new_id(datetime.now(UTC)), "id": new_id(datetime.now(UTC))}
    return user.call("POST", "/changes", {"changes": [sent]}).json()["version"]


def test_reads_that_find_nothing_new_are_answered_by_the_item_cache(stage, alice):
    for number in range(10):
        alice.add(f"cached {number}")
    since = sent_version(alice)
    poll(stage, alice, since)
    before = counts(stage)
    for _ in range(8):
        assert poll(stage, alice, since)["version"] == since
    after = counts(stage)
    assert after["item_hits"] - before["item_hits"] >= 8
    assert after["item_misses"] == before["item_misses"]


def test_what_has_changed_is_read_once_for_all_devices(stage, alice):
    since = sent_version(alice)
    for number in range(5):
        alice.add(f"for all {number}")
    now = sent_version(alice)
    before = counts(stage)["query_hits"]
    for number in range(3):
        answer = alice.call("GET", f"/changes?since={since}&atLeast={now - number}").json()
        assert (answer["version"], len(answer["written"])) == (now, 5)
    assert counts(stage)["query_hits"] - before >= 2


def test_another_device_sees_a_change_that_went_around_the_cluster_at_once_if_it_knows_of_it(stage, faults, alice):
    since = sent_version(alice)
    poll(stage, alice, since)
    faults(service="dax", action="throttle", operation="TransactWriteItems")
    alice.add("around")
    now = sent_version(alice)
    answer = alice.call("GET", f"/changes?since={since}&atLeast={now}").json()
    assert [item["todo"]["title"] for item in answer["written"]] == ["around"]


@dataclass
class Sender:
    """One client of many: what it sent, by the status of the response."""

    user: TodoUser
    mine: list[str]
    added: dict[str, int] = field(default_factory=dict)
    changed: dict[str, list[int]] = field(default_factory=dict)
    read: list[int] = field(default_factory=list)

    def send(self, numbers):
        for number in numbers:
            (self._add, self._change, self._list, self._poll, self._sync)[number % 5](number)

    def _add(self, number):
        title = f"added {number}"
        self.added[title] = self.user.call("POST", "/todos", {"title": title}).status_code

    def _change(self, number):
        path = self.mine[number % len(self.mine)]
        answer = self.user.call("PATCH", path, {"notes": f"changed {number}"})
        self.changed.setdefault(path, []).append(answer.status_code)

    def _list(self, number):
        answer = self.user.call("GET", "/todos?limit=1000")
        self.read.append(answer.status_code)
        listed = {todo["title"] for todo in answer.json()}
        # What this client has added is there at once, whatever the cluster does.
        assert {title for title, status in self.added.items() if status == 201} <= listed

    def _poll(self, number):
        self.read.append(self.user.call("GET", f"/changes?since=1&atLeast={number % 5}").status_code)

    def _sync(self, number):
        sent = {"op": "delete", "key": f"none-{number}", "id": new_id(datetime.now(UTC))}
        self.read.append(self.user.call("POST", "/changes", {"changes": [sent]}).status_code)


def test_while_the_cluster_fails_in_every_way_no_request_is_lost_or_done_twice(stage, faults):
    user = TodoUser(stage).sign_up().sign_in()
    mine = [f"/todos/{user.add(f'mine {number}')['url'].rpartition('/')[2]}" for number in range(8)]
    first = sent_version(user)
    senders = [Sender(user, mine) for _ in range(THREADS)]
    share = REQUESTS // len(PHASES)
    with ThreadPoolExecutor(THREADS) as threads:
        for phase, rule in enumerate(PHASES):
            requests.delete(f"{stage.document['endpoint_url']}/_quartet/faults")
            if rule:
                faults(service="dax", **rule)
            numbers = range(phase * share, (phase + 1) * share)
            list(threads.map(lambda n, all=numbers: senders[n].send(all[n::THREADS]), range(THREADS)))
    # Right, or the answer of a service that is busy.
    added = {title: status for sender in senders for title, status in sender.added.items()}
    changed = [status for sender in senders for statuses in sender.changed.values() for status in statuses]
    read = [status for sender in senders for status in sender.read]
    assert len(added) + len(changed) + len(read) == REQUESTS
    assert set(added.values()) <= {201, 503}
    assert set(changed) <= {200, 503}
    assert set(read) <= {200, 503}
    busy = [*added.values(), *changed, *read].count(503)
    print(f"{REQUESTS} requests, {busy} of them answered 503")
    assert busy < REQUESTS / 20
    titles = [title for title in user.titles("?limit=1000") if title.startswith("added ")]
    assert len(titles) == len(set(titles))
    assert {title for title, status in added.items() if status == 201} <= set(titles) <= added.keys()
    # Each change that was made has increased the versions of its to-do and of the list by one.
    for path in mine:
        statuses = [status for sender in senders for status in sender.changed.get(path, [])]
        made = user.call("GET", path).json()["version"] - 1
        assert statuses.count(200) <= made <= len(statuses)
    done = [*added.values(), *changed]
    assert len(done) - done.count(503) <= sent_version(user) - first <= len(done)


def test_the_function_says_once_that_the_cluster_does_not_answer_and_uses_it_again_when_it_does(stage, faults, alice):
    since = sent_version(alice)
    # Another test may have left the function without the cluster.
    wait_until(lambda: answered_by_the_cache(stage, alice, since), "the cache answers")
    before = len(said(stage, "DAX does not answer"))
    faults(service="dax", action="refuse")

    def says_so():
        assert poll(stage, alice, since)["version"] == since
        return said(stage, "DAX does not answer")[before:]

    (line,) = wait_until(says_so, "the log says so")
    for _ in range(5):
        assert poll(stage, alice, since)["version"] == since
    assert said(stage, "DAX does not answer")[before:] == [line]
    assert line["DaxDegraded"] == 1
    assert line["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "DaxDegraded"}]
    again = len(said(stage, "DAX answers again"))
    requests.delete(f"{stage.document['endpoint_url']}/_quartet/faults")

    def used_again():
        poll(stage, alice, since)
        return len(said(stage, "DAX answers again")) > again

    wait_until(used_again, "the cluster is used again")
    assert answered_by_the_cache(stage, alice, since)


@pytest.fixture
def as_role(stage, monkeypatch):
    """A function that makes the DAX client of a function's role."""
    monkeypatch.setenv("SSL_CERT_FILE", stage.document["ca_file"])
    clients = []

    def client(role):
        names = stage.outputs(APP)
        keys = stage.client("sts").assume_role(RoleArn=names[role], RoleSessionName="dax-test")["Credentials"]
        made = AmazonDaxClient(
            endpoint_url=names["DaxEndpoint"],
            region_name=stage.document["region"],
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )
        clients.append(made)
        return made

    yield client
    for made in clients:
        made.close()


def test_only_the_apis_role_may_use_the_cluster_and_not_for_everything(stage, as_role):
    table = stage.outputs(APP)["TableName"]
    key = {"owner": {"S": "nobody"}, "key": {"S": "version"}}
    api = as_role("RoleApiHandler")
    assert api.get_item(TableName=table, Key=key) == {}
    attempts = [
        lambda: api.scan(TableName=table),
        lambda: as_role("RoleDeleteAccount").get_item(TableName=table, Key=key),
        lambda: as_role("RoleDeleteFiles").get_item(TableName=table, Key=key),
    ]
    for attempt in attempts:
        with pytest.raises(ClientError) as refused:
            attempt()
        assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
