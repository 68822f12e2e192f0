"""`dev`: Chalice's local server with the deployed settings and rights."""

import signal

import pytest
import requests

from tests.e2e.dev_server import answer_of, dev_server


def test_it_serves_the_code_as_it_is_now(tiny):
    source = tiny.root / "tiny_app" / "app.py"
    before = source.read_text()
    try:
        with dev_server(tiny, "tiny_app") as url:
            response = answer_of(f"{url}/greeting", lambda response: response.ok)
            assert response.json() == {"greeting": "hello", "table": tiny.outputs("tiny_app")["TableName"]}
            assert requests.put(f"{url}/notes/from-dev").status_code == 200
            source.write_text(before.replace('GREETING = "hello"', 'GREETING = "reloaded"'))
            again = answer_of(
                f"{url}/greeting", lambda response: response.ok and response.json()["greeting"] == "reloaded"
            )
            assert again.json()["greeting"] == "reloaded"
    finally:
        source.write_text(before)
    key = {"id": {"S": "from-dev"}}
    assert "Item" in tiny.client("dynamodb").get_item(TableName=tiny.outputs("tiny_app")["TableName"], Key=key)


def test_it_has_the_permissions_of_its_function(tiny):
    source = tiny.root / "tiny_app" / "app.py"
    before = source.read_text()
    source.write_text(before.replace("table.put_item(", 'table.delete_table(TableName="x") or table.put_item(', 1))
    try:
        with dev_server(tiny, "tiny_app") as url:
            answer_of(f"{url}/greeting", lambda response: response.ok)
            assert requests.put(f"{url}/notes/refused").status_code == 500
        assert "AccessDenied" in (tiny.root / "dev-tiny_app.log").read_text()
    finally:
        source.write_text(before)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_leaves_no_process_behind(tiny, end):
    with dev_server(tiny, "tiny_app", end) as url:
        assert answer_of(f"{url}/greeting", lambda response: response.ok).ok
