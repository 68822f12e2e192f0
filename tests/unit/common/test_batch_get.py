"""Reads of many items by BatchGetItem, of which DynamoDB leaves out keys."""

from collections.abc import Mapping
from typing import Any

import pytest

from common.aws.backoff import ATTEMPTS
from common.aws.batch_get import batch_get, batch_get_items
from common.errors import Busy


def key(number: int) -> dict[str, Any]:
    return {"id": {"N": str(number)}}


class Table:
    """A DynamoDB with the tables `orders` and `videos`, which reads so many keys of each table in a request."""

    def __init__(self, at_once: int, absent: tuple[int, ...] = ()) -> None:
        self.requests: list[dict[str, Any]] = []
        self._at_once = at_once
        self._absent = [key(number) for number in absent]

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803 - the name of the API
        self.requests.append(dict(RequestItems))
        items, left = {}, {}
        for table, request in RequestItems.items():
            items[table] = [one for one in request["Keys"][: self._at_once] if one not in self._absent]
            if rest := request["Keys"][self._at_once :]:
                left[table] = {**request, "Keys": rest}
        return {"Responses": items, "UnprocessedKeys": left}


@pytest.fixture
def slept() -> list[float]:
    return []


def test_keys_that_dynamodb_leaves_out_are_read_after_a_pause(slept: list[float]):
    client = Table(at_once=2)
    orders = {"Keys": [key(number) for number in range(5)], "ConsistentRead": True}
    items = batch_get(client, {"orders": orders, "videos": {"Keys": [key(9)]}}, slept.append)
    assert items == {"orders": [key(number) for number in range(5)], "videos": [key(9)]}
    assert [list(request) for request in client.requests] == [["orders", "videos"], ["orders"], ["orders"]]
    assert client.requests[1]["orders"] == {"Keys": [key(2), key(3), key(4)], "ConsistentRead": True}
    assert len(slept) == 2


def test_a_table_that_stays_busy_is_asked_a_limited_number_of_times(slept: list[float]):
    client = Table(at_once=0)
    with pytest.raises(Busy):
        batch_get(client, {"orders": {"Keys": [key(1)]}}, slept.append)
    assert len(client.requests) == ATTEMPTS


def test_an_absent_item_is_left_out_and_its_table_has_a_list(slept: list[float]):
    client = Table(at_once=10, absent=(1,))
    assert batch_get(client, {"orders": {"Keys": [key(1)]}}, slept.append) == {"orders": []}


def test_250_items_are_read_consistently_by_three_requests(slept: list[float]):
    client = Table(at_once=100)
    keys = [key(number) for number in range(250)]
    assert list(batch_get_items(client, "orders", keys, slept.append)) == keys
    assert [len(request["orders"]["Keys"]) for request in client.requests] == [100, 100, 50]
    assert all(request["orders"]["ConsistentRead"] for request in client.requests)


def test_no_keys_are_no_request(slept: list[float]):
    client = Table(at_once=100)
    assert list(batch_get_items(client, "orders", [], slept.append)) == []
    assert client.requests == []
