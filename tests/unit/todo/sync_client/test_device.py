"""What a device does with the server's answers, and with those that are wrong."""

import itertools
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sync_client.api import Answer, Api, InvalidAnswer, RequestRefused, Unreachable
from sync_client.copy import Copy
from sync_client.device import Device, NoSuchTodo
from sync_client.storage import Damaged, InUse, JsonFile, only_user

from common.values import new_id
from tests.unit.stage import token
from tests.unit.todo.stage import Stage
from tests.unit.todo.sync_client.network import URL, MemoryStorage, Network
from tests.unit.todo.test_todo_rules import NOW

NOTHING_NEW = {"version": 3, "written": [], "deleted": [], "more": False}


class Server:
    """Gives the answers of a list, one for each request, and keeps the requests."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        self.slept: list[float] = []
        self.renewed: list[bool] = []

    def __call__(self, method: str, url: str, headers: Any, body: bytes) -> Answer:
        self.requests.append((method, url.removeprefix(URL), dict(headers), json.loads(body or b"null")))
        answer = self.answers.pop(0)
        return answer if isinstance(answer, Answer) else Answer(200, {}, json.dumps(answer).encode())

    def api(self) -> Api:
        return Api(URL, self, self.token, self.slept.append)

    def token(self, renew: bool) -> str:
        self.renewed.append(renew)
        return f"token-{len(self.renewed)}"


def problem(status: int, name: str = "x", **headers: str) -> Answer:
    body = {"type": f"tag:quartet.example,2026:{name}", "detail": f"because of {name}"}
    return Answer(status, headers, json.dumps(body).encode())


def device_at(version: int | None = 3) -> Device:
    storage = MemoryStorage()
    storage.save(Copy(version))
    numbers, keys = itertools.count(), itertools.count(1)
    return Device(storage, lambda: f"{next(numbers):028x}", lambda: f"phone-{next(keys)}")


def results(*statuses: int, version: int = 4, first: int = 1) -> dict[str, Any]:
    return {
        "version": version,
        "results": [
            {"key": f"phone-{number}", "status": status, "problem": {"detail": "gone"}}
            for number, status in enumerate(statuses, first)
        ],
    }


def test_a_change_is_visible_before_and_after_it_is_sent():
    device = device_at()
    todo_id = device.add(title="milk")
    assert device.todos()[todo_id]["title"] == "milk"
    # The server answers from a cache that does not have the change yet.
    device.sync(Server(results(201), NOTHING_NEW).api())
    assert (device.waiting(), device.todos()[todo_id]["title"]) == (0, "milk")


def test_after_sending_a_device_asks_for_an_answer_with_its_changes():
    device, server = device_at(), Server(results(201, version=9), {**NOTHING_NEW, "version": 9})
    device.add(title="milk")
    device.sync(server.api())
    assert [url for _, url, _, _ in server.requests] == ["/changes", "/changes?since=3&atLeast=9"]


def test_a_refused_change_is_told_and_does_not_come_back():
    device = device_at()
    todo_id = device.add(title="milk")
    device.change(todo_id, title="tea")
    device.sync(Server(results(201, 412), NOTHING_NEW).api())
    (refused,) = device.refused()
    assert (refused.change.key, refused.reason) == ("phone-2", "gone")
    assert device.todos()[todo_id]["title"] == "milk"


def test_one_change_that_the_contract_does_not_allow_does_not_hold_up_the_others():
    device = device_at()
    device.add(title="")
    device.add(title="milk")
    invalid = problem(422, "invalid-field")
    server = Server(invalid, invalid, results(201, first=2), NOTHING_NEW)
    device.sync(server.api())
    (refused,) = device.refused()
    assert (refused.change.todo, refused.reason) == ({"title": ""}, "422: because of invalid-field")
    assert device.waiting() == 0


def test_more_changes_than_one_request_takes_are_sent_in_parts():
    device = device_at()
    for _ in range(51):
        device.add(title="milk")
    server = Server(results(*[201] * 50), results(201, first=51), NOTHING_NEW)
    device.sync(server.api())
    assert [len(body["changes"]) for _, _, _, body in server.requests[:2]] == [50, 1]


def test_large_changes_are_sent_in_parts():
    device = device_at()
    for _ in range(3):
        device.add(title="milk", notes="é" * 45_000)
    server = Server(results(201, 201), results(201, first=3), NOTHING_NEW)
    device.sync(server.api())
    assert [len(body["changes"]) for _, _, _, body in server.requests[:2]] == [2, 1]


def test_a_device_that_was_away_for_too_long_starts_over_and_keeps_its_queue():
    device = device_at()
    todo_id = device.add(title="milk")
    theirs = {"url": f"{URL}/todos/{'f' * 28}", "title": "tea", "completed": False}
    server = Server(
        results(503),
        problem(410, "changes-expired"),
        {**NOTHING_NEW, "version": 70},
        [theirs],
        {**NOTHING_NEW, "version": 70},
    )
    device.sync(server.api())
    assert [todo["title"] for todo in device.todos().values()] == ["milk", "tea"]
    assert (device.waiting(), list(device.todos())) == (1, [todo_id, "f" * 28])


def test_a_deleted_account_is_not_a_reason_to_start_over():
    with pytest.raises(RequestRefused, match="account-deleted"):
        device_at().sync(Server(problem(410, "account-deleted")).api())


def test_an_expired_token_is_renewed_once():
    server = Server(problem(401), NOTHING_NEW)
    device_at().sync(server.api())
    assert (server.renewed, server.requests[1][2]["Authorization"]) == ([False, True], "token-2")
    with pytest.raises(RequestRefused, match="401"):
        device_at().sync(Server(problem(401), problem(401)).api())


def test_a_busy_server_is_asked_again_after_the_time_that_it_names():
    server = Server(problem(503, **{"retry-after": "7"}), problem(429, **{"retry-after": "9999"}), NOTHING_NEW)
    device_at().sync(server.api())
    assert server.slept == [7.0, 20.0]


def test_a_server_that_stays_busy_is_given_up_without_loss():
    device = device_at()
    device.add(title="milk")
    with pytest.raises(Unreachable):
        device.sync(Server(*[problem(503)] * 5).api())
    assert device.waiting() == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"version": "4"}',
        b'{"version": 4, "results": []}',
        b'{"version": 4, "results": [{"key": "other", "status": 201}]}',
        b'{"version": 4, "results": [{"key": "phone-1", "status": null}]}',
        b'{"version": -4, "results": [{"key": "phone-1", "status": 201}]}',
        b'{"version": 4, "results": [{"key": "phone-1", "status": -1}]}',
    ],
)
def test_an_answer_that_is_not_what_the_contract_says_changes_nothing(body: bytes):
    device = device_at()
    device.add(title="milk")
    with pytest.raises(InvalidAnswer):
        device.sync(Server(Answer(200, {}, body)).api())
    assert device.waiting() == 1


def test_the_token_is_sent_to_no_other_address():
    link = '<http://elsewhere.example/api/todos?cursor=x>; rel="next"'
    server = Server(NOTHING_NEW, Answer(200, {"link": link}, b"[]"))
    with pytest.raises(InvalidAnswer, match="elsewhere"):
        device_at(None).sync(server.api())


def test_what_is_not_there_cannot_be_changed():
    device = device_at()
    for action in (device.delete, device.change):
        with pytest.raises(NoSuchTodo):
            action("0" * 28)  # type: ignore[operator]


def test_a_file_is_private_and_read_as_it_was_written(tmp_path):
    file = tmp_path / "devices" / "phone.json"
    device = Device(JsonFile(file, Copy), lambda: "0" * 28)
    device.add(title="milk")
    assert file.stat().st_mode & 0o777 == 0o600
    assert Device(JsonFile(file, Copy), lambda: "1" * 28).todos() == device.todos()


DAMAGED = [
    '{"version": ',
    '{"version": -1}',
    '{"todos": {"' + "0" * 28 + '": {}}}',
    '{"queue": [{"change": {}}]}',
    "[]",
]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_file_is_named(tmp_path, text):
    (tmp_path / "phone.json").write_text(text)
    with pytest.raises(Damaged, match=r"phone\.json"):
        Device(JsonFile(tmp_path / "phone.json", Copy), lambda: "0" * 28)


def test_what_was_refused_is_told_even_if_the_rest_of_the_sync_fails():
    device = device_at()
    device.add(title="milk")
    with pytest.raises(Unreachable):
        device.sync(Server(results(409), *[problem(503)] * 5).api())
    device.sync(Server(NOTHING_NEW).api())
    (refused,) = device.refused()
    device.dismiss([refused])
    assert (refused.reason, device.refused()) == ("gone", [])


def api_of(todo_app: Stage) -> Api:
    return Api(URL, Network(todo_app.client.http.request), lambda _: token("alice"), lambda _: None)


@pytest.mark.parametrize("title", ["\ufffd", "a \\\ufffd\\ufffd", "\\\\\ufffd"])
def test_a_replacement_character_is_sent_as_the_api_takes_it(todo_app: Stage, title: str):
    device = Device(MemoryStorage(), lambda: new_id(NOW))
    device.add(title=title)
    device.sync(api_of(todo_app))
    assert (device.refused(), [todo["title"] for todo in device.todos().values()]) == ([], [title])
    assert [todo["title"] for todo in todo_app.call("GET", "/todos").json] == [title]


@pytest.mark.parametrize("year", [1, 1969, 1970, 9999])
def test_a_to_do_of_a_device_whose_clock_is_wrong_by_any_time_is_kept(todo_app: Stage, year: int):
    device = Device(MemoryStorage(), lambda: new_id(datetime(year, 1, 1, tzinfo=UTC)))
    todo_id = device.add(title="milk")
    device.sync(api_of(todo_app))
    assert (device.refused(), device.waiting(), list(device.todos())) == ([], 0, [todo_id])


@pytest.mark.parametrize("todo_id", ["-0005" + "0" * 24, "nothing that is an id"])
def test_what_the_server_does_not_take_stays_on_the_device_until_it_is_dismissed(todo_app: Stage, todo_id: str):
    storage = MemoryStorage()
    Device(storage, lambda: todo_id).add(title="milk")
    Device(storage, lambda: todo_id).sync(api_of(todo_app))
    for _ in range(2):
        device = Device(storage, lambda: todo_id)
        device.sync(api_of(todo_app))
        (refused,) = device.refused()
        assert (refused.change.todo, refused.reason[:3]) == ({"title": "milk"}, "422")
    device.dismiss([refused])
    assert Device(storage, lambda: todo_id).refused() == []


@pytest.mark.parametrize("changes", [{"version": 2}, {"more": True}, {"deleted": ["../x"]}, {"written": [{"id": "x"}]}])
def test_changes_that_cannot_be_are_not_used(changes: dict[str, Any]):
    device = device_at()
    with pytest.raises(InvalidAnswer):
        device.sync(Server({**NOTHING_NEW, **changes}).api())


def test_a_refusal_by_something_in_between_drops_no_change():
    device = device_at()
    device.add(title="milk")
    with pytest.raises(RequestRefused):
        device.sync(Server(Answer(400, {}, b"<html>proxy</html>")).api())
    assert device.waiting() == 1


def test_two_commands_do_not_use_a_device_at_the_same_time(tmp_path):
    with only_user(tmp_path / "phone.lock"), pytest.raises(InUse, match="phone"), only_user(tmp_path / "phone.lock"):
        pass
    with only_user(tmp_path / "phone.lock"):
        pass
