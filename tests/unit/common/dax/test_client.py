"""What goes through DAX, and that no request is lost or carried out twice when the cluster fails."""

import random
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from common.aws.clients import is_temporary
from common.aws.dax.circuit_breaker import FIRST_PAUSE_SECONDS
from tests.unit.common.dax.table import Cancelled, Stage

FAILURES = ["refuse", "before", "after", "hang", "late", "garbage", "unreachable"]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def transact(stage: Stage, name: str, **more: Any) -> Any:
    return stage.client.transact_write_items(Key="a", Name=name, **more)


def test_reads_and_writes_go_through_the_cluster(stage: Stage):
    stage.client.put_item(Key="a", Name="one")
    transact(stage, "two")
    assert stage.client.get_item(Key="a") == {"Item": 2}
    assert stage.cluster.calls == ["put_item", "transact_write_items", "get_item"]
    assert stage.made == 1


def test_a_consistent_read_goes_to_dynamodb_and_makes_no_connection(stage: Stage):
    assert stage.client.get_item(Key="a", ConsistentRead=True) == {}
    assert (stage.cluster.calls, stage.made) == ([], 0)


@pytest.mark.parametrize("failure", FAILURES)
def test_a_read_without_an_answer_is_dynamodbs(stage: Stage, failure: str):
    stage.table.items["a"] = 7
    stage.cluster.plan = [failure] * 2
    assert stage.client.get_item(Key="a") == {"Item": 7}
    assert len(stage.told) == 1


def test_a_read_whose_connection_was_lost_while_the_function_was_frozen_is_sent_to_the_cluster_again(stage: Stage):
    stage.cluster.plan = ["before"]
    stage.client.get_item(Key="a")
    assert stage.cluster.calls == ["get_item"] * 2
    assert stage.told == []


@pytest.mark.parametrize("failure", FAILURES)
def test_a_transaction_is_carried_out_once(stage: Stage, failure: str):
    stage.cluster.plan = [failure]
    transact(stage, "one")
    stage.cluster.arrive()
    assert stage.table.applied == ["one"]


@pytest.mark.parametrize("failure", ["refuse", "unreachable"])
def test_a_write_that_was_not_sent_goes_to_dynamodb(stage: Stage, failure: str):
    stage.cluster.plan = [failure]
    stage.client.update_item(Key="a", Name="one")
    assert stage.table.applied == ["one"]


@pytest.mark.parametrize("failure", ["before", "after", "hang", "late", "garbage"])
def test_any_other_write_whose_outcome_is_unknown_is_an_error_and_not_repeated(stage: Stage, failure: str):
    stage.cluster.plan = [failure]
    with pytest.raises(ReadTimeoutError) as raised:
        stage.client.update_item(Key="a", Name="one")
    # The API answers 503, as when DynamoDB does not answer.
    assert is_temporary(raised.value)
    stage.cluster.arrive()
    assert stage.table.applied == (["one"] if failure in ("after", "late") else [])


def test_a_refusal_of_the_repeated_transaction_does_not_say_what_became_of_the_first(stage: Stage):
    stage.cluster.plan = ["late"]
    stage.table.items["a"] = 1
    with pytest.raises(ReadTimeoutError):
        transact(stage, "one", If=0)


def test_a_refusal_of_a_transaction_that_was_not_sent_is_one(stage: Stage):
    stage.cluster.plan = ["refuse"]
    stage.table.items["a"] = 1
    with pytest.raises(Cancelled):
        transact(stage, "one", If=0)


def test_while_the_cluster_does_not_answer_it_is_left_alone_and_the_log_says_so_once(stage: Stage):
    stage.cluster.plan = ["hang"]
    for number in range(5):
        stage.client.get_item(Key="a")
        transact(stage, str(number))
    assert stage.cluster.calls == ["get_item"]
    assert stage.told == ["no answer within 2 s"]


def test_the_cluster_is_used_again_as_soon_as_it_answers(stage: Stage):
    stage.cluster.plan = ["hang", "hang"]
    stage.client.get_item(Key="a")
    stage.clock.seconds += FIRST_PAUSE_SECONDS
    stage.client.get_item(Key="a")
    stage.clock.seconds += FIRST_PAUSE_SECONDS * 2
    stage.client.get_item(Key="a")
    stage.client.get_item(Key="a")
    assert stage.cluster.calls == ["get_item"] * 4
    assert (stage.told, stage.trials) == (["no answer within 2 s", ""], ["no answer within 2 s"])


@pytest.mark.parametrize("seed", range(5))
def test_of_a_thousand_mixed_requests_none_is_lost_or_carried_out_twice(stage: Stage, seed: int):
    chance = random.Random(seed)
    succeeded, unknown, reads = [], [], 0
    for number in range(1000):
        if chance.random() < 0.3:
            stage.cluster.plan = chance.choices(FAILURES, k=chance.randrange(4))
        if chance.random() < 0.1:
            stage.cluster.arrive()
        stage.clock.seconds += 5 * chance.random()
        kind = chance.choice(["get", "get", "transact", "update"])
        name = f"{kind}-{number}"
        try:
            if kind == "get":
                assert stage.client.get_item(Key="a").get("Item", 0) == stage.table.items.get("a", 0)
                reads += 1
            elif kind == "transact":
                transact(stage, name)
                succeeded.append(name)
            else:
                stage.client.update_item(Key="a", Name=name)
                succeeded.append(name)
        except ReadTimeoutError:
            unknown.append(name)
    stage.cluster.arrive()
    applied = stage.table.applied
    assert len(applied) == len(set(applied))
    assert set(succeeded) <= set(applied) <= {*succeeded, *unknown}
    # Transactions and reads always succeed, and the cluster is used in between.
    assert reads > 400
    assert {name.partition("-")[0] for name in unknown} == {"update"}
    assert len(unknown) < 100
    assert len(stage.cluster.calls) > 300
    assert stage.told.count("") > 10
