"""MyTodoList's API through its distribution: the Todo-Backend convention and our additions."""

import threading

import pytest
import requests


@pytest.fixture(autouse=True)
def _empty_lists(alice, bob):
    for user in (alice, bob):
        assert user.call("DELETE", "/todos").status_code == 204


def test_the_collection_is_a_bare_array_of_what_was_added(alice):
    made = alice.add("a todo")
    assert made["title"] == "a todo"
    assert made["completed"] is False
    assert alice.call("GET", "/todos").json() == [made]


def test_an_item_has_an_absolute_url_which_serves_it(alice):
    made = alice.add("a todo")
    assert made["url"].startswith(alice.api_url + "/todos/")
    assert alice.call("GET", made["url"]).json() == made


def test_https_serves_the_same_with_the_local_authority(alice, stage):
    front = stage.document["apps"]["todo_app"]["api_url"]
    port = int(front.rsplit(":", 1)[1].split("/")[0])
    made = alice.add("over https")
    response = alice.call("GET", f"https://localhost:{port + 440}/api/todos")
    assert [todo["title"] for todo in response.json()] == [made["title"]]


def test_a_change_keeps_the_fields_that_it_does_not_name(alice):
    made = alice.add("a todo", order=7, tags=["home"], notes="as before")
    changed = alice.call("PATCH", made["url"], {"completed": True}).json()
    assert changed == made | {"completed": True, "updatedAt": changed["updatedAt"], "version": 2}


def test_of_two_changes_on_one_version_one_wins(alice):
    made = alice.add("contended")
    etag = alice.call("GET", made["url"]).headers["ETag"]
    first = alice.call("PATCH", made["url"], {"title": "mine"}, If_Match=etag)
    second = alice.call("PATCH", made["url"], {"title": "also mine"}, If_Match=etag)
    assert (first.status_code, second.status_code) == (200, 412)
    assert alice.titles() == ["mine"]


def test_an_unchanged_list_and_item_answer_304(alice):
    made = alice.add("a todo")
    for url in (f"{alice.api_url}/todos", made["url"]):
        etag = alice.call("GET", url).headers["ETag"]
        assert alice.call("GET", url, If_None_Match=etag).status_code == 304
    alice.call("PATCH", made["url"], {"completed": True})
    assert alice.call("GET", "/todos", If_None_Match=etag).status_code == 200


def test_the_pages_have_every_todo_once(alice):
    made = [alice.add(f"todo {number}")["title"] for number in range(7)]
    seen, url, pages = [], f"{alice.api_url}/todos?limit=3", 0
    while url:
        response = alice.call("GET", url)
        assert response.status_code == 200, response.text
        seen += [todo["title"] for todo in response.json()]
        url, pages = response.links.get("next", {}).get("url"), pages + 1
    assert seen == made
    assert pages == 3


def test_filters_find_by_completion_tag_and_due(alice):
    alice.add("done", completed=True)
    alice.add("tagged", tags=["home"])
    alice.add("due", due="2027-01-01")
    assert alice.titles("?completed=true") == ["done"]
    assert alice.titles("?tag=home") == ["tagged"]
    due = alice.call("GET", "/todos?dueBefore=2028-01-01")
    assert [todo["title"] for todo in due.json()] == ["due"], due.text


def test_a_cursor_of_another_user_is_refused(alice, bob):
    for number in range(3):
        alice.add(f"todo {number}")
    link = alice.call("GET", "/todos?limit=1").links["next"]["url"]
    response = bob.call("GET", link)
    assert response.status_code == 400
    assert "cursor" in response.text


def test_concurrent_requests_with_one_idempotency_key_create_one_todo(alice):
    responses = []

    def add():
        responses.append(alice.call("POST", "/todos", {"title": "once"}, Idempotency_Key="same-key"))

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {response.status_code for response in responses} == {201}, [response.text for response in responses]
    assert len({response.json()["url"] for response in responses}) == 1
    assert alice.titles() == ["once"]
    other = alice.call("POST", "/todos", {"title": "twice"}, Idempotency_Key="same-key")
    assert other.status_code == 422


def test_another_users_todo_looks_like_a_missing_one(alice, bob):
    made = alice.add("private")
    missing = made["url"].rsplit("/", 1)[0] + "/" + "0" * len(made["url"].rsplit("/", 1)[1])
    for method, body in (("GET", None), ("PATCH", {"title": "seen"}), ("DELETE", None)):
        foreign, absent = bob.call(method, made["url"], body), bob.call(method, missing, body)
        assert foreign.status_code == absent.status_code == 404
        assert _problem(foreign) == _problem(absent)
    assert alice.titles() == ["private"]


def test_pages_of_any_origin_can_call_the_api_and_read_errors(alice):
    preflight = requests.options(
        f"{alice.api_url}/todos",
        headers={
            "Origin": "https://example.com",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,if-match,idempotency-key",
        },
    )
    assert preflight.status_code in (200, 204)
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower()
    assert {"authorization", "content-type", "if-match", "idempotency-key"} <= set(allowed.replace(" ", "").split(","))
    for response in (
        alice.call("GET", "/todos/nothing", Origin="https://example.com"),
        requests.get(f"{alice.api_url}/todos", headers={"Origin": "https://example.com"}),
    ):
        assert response.status_code in (401, 404)
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Content-Type"].startswith("application/problem+json")


def test_a_large_list_arrives_compressed(alice):
    for number in range(40):
        alice.add(f"todo {number}", notes="much the same text in every one of them")
    response = alice.call("GET", "/todos", Accept_Encoding="gzip")
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(response.json()) == 40


def _problem(response):
    """The problem without its request id."""
    return {name: value for name, value in response.json().items() if name != "requestId"}
