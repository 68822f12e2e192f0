"""Concurrent requests of one user's devices: none is refused for the others, and no change is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.e2e.todo.user import TodoUser


@pytest.fixture(scope="module")
def alice(stage):
    return TodoUser(stage).sign_up().sign_in()


@pytest.fixture(autouse=True)
def _empty_list(alice):
    assert alice.call("DELETE", "/todos").status_code == 204


def at_once(count: int, call: Callable[[int], requests.Response]) -> list[requests.Response]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def statuses(responses: list[requests.Response]) -> set[int]:
    return {response.status_code for response in responses}


def test_concurrent_changes_of_one_todo_are_all_applied(alice):
    url = alice.add("contended")["url"]
    responses = at_once(30, lambda number: alice.call("PATCH", url, {"order": number}))
    assert statuses(responses) == {200}, [response.text for response in responses if response.status_code != 200][:3]
    assert sorted(response.json()["version"] for response in responses) == list(range(2, 32))


def test_concurrent_new_todos_are_all_stored(alice):
    responses = at_once(30, lambda number: alice.call("POST", "/todos", {"title": str(number)}))
    assert statuses(responses) == {201}
    assert sorted(map(int, alice.titles())) == list(range(30))


def test_one_of_many_concurrent_deletions_succeeds(alice):
    url = alice.add("unloved")["url"]
    responses = at_once(10, lambda _: alice.call("DELETE", url))
    assert sorted(response.status_code for response in responses) == [204] + 9 * [404]


def test_a_change_never_brings_a_deleted_todo_back(alice):
    url = alice.add("short-lived")["url"]
    calls = [("DELETE", None) if number == 5 else ("PATCH", {"order": number}) for number in range(12)]
    responses = at_once(len(calls), lambda number: alice.call(calls[number][0], url, calls[number][1]))
    assert responses[5].status_code == 204, responses[5].text
    assert statuses(responses) <= {200, 204, 404}
    assert alice.call("GET", url).status_code == 404
    assert alice.titles() == []
