"""Replication between regions, without a server and with a clock that the test moves."""

import json

import pytest

from local_aws.services.dynamodb.replication import Link, Replication

A, B, C = "us-east-1", "eu-central-1", "ap-southeast-2"


class World:
    """Three regions with one table, and a clock that a test moves."""

    def __init__(self, replication=None):
        self.now = 1000.0
        self.away = set()
        self.tables = {A: {}, B: {}, C: {}}
        self.replication = replication or Replication(lambda: self.now)

    def write(self, region, key, word):
        """Write a value; None deletes the item."""
        before = self.tables[region].pop(key, None)
        if word is not None:
            self.tables[region][key] = word
        links = [Link("1", "t", region, other) for other in self.tables if other != region]
        item = {"id": key, "say": before if word is None else word}
        self.replication.write(links, {"id": key}, item, is_deleted=word is None)

    def deliver(self, seconds=0.0):
        self.now += seconds
        for link, change in self.replication.take_arrived(self.away.__contains__):
            table = self.tables[link.target]
            table.pop(change.item["id"], None)
            if not change.is_deleted:
                table[change.item["id"]] = change.item["say"]

    def everywhere(self, key):
        return {region: table.get(key) for region, table in self.tables.items()}


@pytest.fixture
def world():
    return World()


def test_no_write_arrives_before_the_lag_has_passed(world):
    world.write(A, "a", "one")
    world.deliver(0.4)
    assert world.everywhere("a") == {A: "one", B: None, C: None}
    assert world.replication.seconds_to_next() == pytest.approx(0.1)
    world.deliver(0.2)
    assert world.everywhere("a") == {A: "one", B: "one", C: "one"}
    assert world.replication.seconds_to_next() is None


def test_the_later_write_wins_although_the_earlier_one_arrives_later(world):
    world.away = {A}
    world.write(A, "a", "earlier")
    world.write(B, "a", "later")
    world.deliver(1)
    assert world.everywhere("a") == {A: "earlier", B: "later", C: "later"}
    world.away = set()
    world.deliver(1)
    assert world.everywhere("a") == {A: "later", B: "later", C: "later"}


def test_an_earlier_write_does_not_bring_back_what_was_deleted_later(world):
    world.write(A, "a", "earlier")
    world.write(B, "a", None)
    world.deliver(1)
    assert world.everywhere("a") == {A: None, B: None, C: None}


def test_writes_of_one_region_arrive_in_order(world):
    for word in ("one", None, "two", "three"):
        world.write(A, "a", word)
    world.deliver(1)
    assert world.everywhere("a") == {A: "three", B: "three", C: "three"}


def test_a_clock_that_is_set_back_changes_no_order(world):
    world.write(A, "a", "earlier")
    world.now -= 500
    world.write(B, "a", "later")
    world.now += 500
    world.deliver(1)
    assert world.everywhere("a") == {A: "later", B: "later", C: "later"}


def test_writes_that_are_being_replicated_are_saved(world):
    world.write(A, "a", "earlier")
    world.write(B, "a", "later")
    saved = json.loads(json.dumps(world.replication.state()))
    after = World(Replication(lambda: after.now))
    after.tables = world.tables
    after.replication.restore(saved)
    after.deliver(1)
    assert after.everywhere("a") == {A: "later", B: "later", C: "later"}


def test_writes_that_have_arrived_are_removed_from_the_state(world):
    for number in range(100):
        world.write(A, f"a{number}", "one")
        world.write(B, f"b{number}", "one")
    world.deliver(1)
    assert world.replication.state()["links"] == []
    assert world.replication.state()["newest"] == []


def test_writes_to_a_removed_region_are_dropped(world):
    world.write(A, "a", "one")
    world.replication.remove_region("1", "t", B)
    world.deliver(1)
    assert world.everywhere("a") == {A: "one", B: None, C: "one"}
