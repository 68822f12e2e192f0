"""Which records form a batch, and the position at which a lane continues."""

import pytest

from local_aws.services.lambda_.event_sources.batch import MOST_BYTES, BatchWindow, Lane
from local_aws.services.lambda_.event_sources.checkpoints import checkpoints_of
from local_aws.services.lambda_.event_sources.source import Record

ALL = Lane(0, 1)


def records(keys, text=""):
    return [Record(number, key, 0.0, len(text), {"key": key, "text": text}) for number, key in enumerate(keys, 1)]


def gathered(records, after, size, lane, matches_filter):
    return BatchWindow(after, size, lane, matches_filter).extend(records)


def keys(batch):
    return "".join(record.key for record in batch.records)


def everything(record):
    return True


def test_a_batch_is_full_at_its_size():
    batch = gathered(records("abcd"), 0, 3, ALL, everything)
    assert (keys(batch), batch.is_full, batch.read_up_to) == ("abc", True, 3)


def test_a_batch_that_is_not_full_may_grow():
    batch = gathered(records("ab"), 0, 3, ALL, everything)
    assert (keys(batch), batch.is_full, batch.read_up_to) == ("ab", False, 2)


def test_a_batch_is_full_at_what_an_invocation_takes():
    batch = gathered(records("abcdef", "x" * (MOST_BYTES // 4)), 0, 100, ALL, everything)
    assert (keys(batch), batch.is_full, batch.read_up_to) == ("abc", True, 3)


def test_one_record_that_is_too_large_is_a_batch():
    assert keys(gathered(records("ab", "x" * (MOST_BYTES + 1)), 0, 100, ALL, everything)) == "a"


def test_records_that_are_filtered_out_are_skipped():
    batch = gathered(records("abab"), 0, 2, ALL, lambda record: record.key == "a")
    assert (keys(batch), batch.read_up_to) == ("aa", 3)
    assert gathered(records("bb"), 0, 2, ALL, lambda record: record.key == "a").read_up_to == 2


@pytest.mark.parametrize("size", [3, 4, 5, 100])
@pytest.mark.parametrize("text", ["", "x" * (MOST_BYTES // 4)])
def test_a_batch_that_grows_equals_one_that_is_collected_at_once(size, text):
    given = records("abacad", text)
    growing = BatchWindow(0, size, ALL, lambda record: record.key != "b")
    for count in range(1, len(given) + 1):
        batch = growing.extend([record for record in given[:count] if record.sequence > growing.read_up_to])
    assert batch == gathered(given, 0, size, ALL, lambda record: record.key != "b")


@pytest.mark.parametrize("lanes", [1, 2, 10])
def test_every_record_is_in_one_lane_and_all_of_a_key_in_the_same(lanes):
    given = records("abcdefghijabcdefghij")
    taken = [gathered(given, 0, 100, Lane(number, lanes), everything).records for number in range(lanes)]
    assert sorted(record.sequence for lane in taken for record in lane) == list(range(1, 21))
    assert all(sum(key in {record.key for record in lane} for lane in taken) == 1 for key in "abcdefghij")


def test_a_position_is_found_again():
    positions = {}
    (_, place), *_ = checkpoints_of(positions, "shard", 1)
    place.move_to(9)
    ((_, again),) = checkpoints_of(positions, "shard", 1)
    assert again.sequence == 9


def test_a_changed_number_of_lanes_begins_at_the_slowest_position():
    positions = {"other": "1"}
    for (_, place), sequence in zip(checkpoints_of(positions, "shard", 3), (5, 3, 8), strict=True):
        place.move_to(sequence)
    assert [place.sequence for _, place in checkpoints_of(positions, "shard", 2)] == [3, 3]
    assert [place.sequence for _, place in checkpoints_of(positions, "shard", 1)] == [3]
    assert positions == {"other": "1", "shard": "3"}
