"""Keys are rotated in two slots: nobody's link breaks, a retired key is gone, and an interruption does no harm."""

import importlib.util
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from chalicelib.video.playback.cloudfront_signing import Signer
from chalicelib.video.playback.key_pairs import new_key_pair
from chalicelib.video.playback.key_ring import KeyRing, SigningKey
from chalicelib.video.playback.key_secret import CHANGE_SECONDS, KeysChanging

from tests.apps import ROOT
from tests.unit.video.playback.rotation_stage import Interrupted, RotationStage, StackFailed


@pytest.fixture
def aws() -> RotationStage:
    return RotationStage()


@pytest.fixture
def tasks(aws: RotationStage, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module of the app's tasks, with the stage's clock and secret."""
    spec = importlib.util.spec_from_file_location("video_app_tasks", ROOT / "video_app" / "tasks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: aws.now))
    monkeypatch.setattr(module, "_operator", lambda context: context)
    return module


def assert_trusted(aws: RotationStage) -> None:
    """CloudFront trusts the key that signs, if there is one, by the id that its links have."""
    if (signing := aws.ring.signing) is not None:
        assert Signer(signing.key_id, signing.private_key).public_key_pem == aws.trusted[signing.slot]
        assert signing.key_id == aws.key_ids[signing.slot]


def assert_consistent(aws: RotationStage) -> None:
    """A key signs, and a deployment would change nothing."""
    assert aws.ring.signing is not None
    assert_trusted(aws)
    assert {slot: key for slot, key in aws.trusted.items() if key} == aws.ring.public_keys


def test_the_first_rotation_fills_one_slot(aws: RotationStage, tasks: Any):
    assert "slot A" in tasks.rotate_keys(aws)
    assert_consistent(aws)
    assert aws.trusted["B"] == ""


def test_a_rotation_keeps_the_key_before_and_retires_the_one_before_that(aws: RotationStage, tasks: Any):
    slots = []
    for _ in range(4):
        before = dict(aws.trusted), aws.ring.signing
        tasks.rotate_keys(aws)
        assert_consistent(aws)
        assert aws.ring.signing is not None
        slots.append(aws.ring.signing.slot)
        if before[1] is not None:
            assert aws.trusted[before[1].slot] == before[0][before[1].slot]
            assert aws.trusted[aws.ring.signing.slot] not in before[0].values()
        aws.later()
    assert slots == ["A", "B", "A", "B"]


def test_a_second_rotation_within_an_hour_changes_nothing(aws: RotationStage, tasks: Any):
    tasks.rotate_keys(aws)
    tasks.rotate_keys(aws)
    before = aws.ring
    assert "not rotated" in tasks.rotate_keys(aws)
    assert aws.ring == before
    tasks.retire_key(aws)
    assert "links are signed" in tasks.rotate_keys(aws)
    assert_consistent(aws)


def test_a_retired_key_is_gone_and_the_other_signs_on(aws: RotationStage, tasks: Any):
    tasks.rotate_keys(aws)
    tasks.rotate_keys(aws)
    signing = aws.ring.signing
    assert "slot A is retired" in tasks.retire_key(aws)
    assert aws.trusted["A"] == ""
    assert aws.ring.signing == signing
    assert_consistent(aws)
    assert tasks.retire_key(aws) == "there is no older key"


def test_retiring_a_key_that_instances_may_still_sign_with_says_until_when(aws: RotationStage, tasks: Any):
    tasks.rotate_keys(aws)
    tasks.rotate_keys(aws)
    done = tasks.retire_key(aws)
    assert done == "the key in slot A is retired; until 18:05:00 UTC it may sign links, which CloudFront refuses"


def test_retiring_a_key_that_signs_nothing_any_more_says_only_that(aws: RotationStage, tasks: Any):
    tasks.rotate_keys(aws)
    tasks.rotate_keys(aws)
    aws.later()
    assert tasks.retire_key(aws) == "the key in slot A is retired"


@pytest.mark.parametrize("moment", range(6))
def test_retiring_that_is_interrupted_at_any_moment_can_be_repeated(aws: RotationStage, tasks: Any, moment: int):
    tasks.rotate_keys(aws)
    tasks.rotate_keys(aws)
    aws.interrupt(moment)
    with pytest.raises(Interrupted):
        tasks.retire_key(aws)
    aws.interrupted_at = None
    aws.now += CHANGE_SECONDS
    tasks.retire_key(aws)
    assert aws.trusted["A"] == ""
    assert_consistent(aws)


@pytest.mark.parametrize("is_deployed_meanwhile", [False, True])
@pytest.mark.parametrize("rotations_before", [0, 1, 2])
@pytest.mark.parametrize("moment", range(13))
def test_a_rotation_that_is_interrupted_at_any_moment_can_be_repeated(
    aws: RotationStage, tasks: Any, moment: int, rotations_before: int, is_deployed_meanwhile: bool
):
    for _ in range(rotations_before):
        tasks.rotate_keys(aws)
        aws.later()
    aws.interrupt(moment)
    with suppress(Interrupted):
        tasks.rotate_keys(aws)
    aws.interrupted_at = None
    if is_deployed_meanwhile:
        aws.deploy()
    assert_trusted(aws)
    aws.later()
    tasks.rotate_keys(aws)
    assert_consistent(aws)


@pytest.mark.parametrize("rotations_before", [0, 1, 2])
def test_a_deployment_during_a_rotation_does_not_remove_the_new_key(
    aws: RotationStage, tasks: Any, rotations_before: int
):
    for _ in range(rotations_before):
        tasks.rotate_keys(aws)
        aws.later()
    aws.while_waiting = aws.deploy
    tasks.rotate_keys(aws)
    assert_consistent(aws)


@pytest.mark.parametrize("other_task", ["rotate_keys", "retire_key"])
@pytest.mark.parametrize("rotations_before", [0, 1, 2])
@pytest.mark.parametrize("moment", range(13))
def test_tasks_at_the_same_time_leave_a_key_that_is_trusted_and_the_links_of_the_key_before(
    aws: RotationStage, tasks: Any, moment: int, rotations_before: int, other_task: str
):
    for _ in range(rotations_before):
        tasks.rotate_keys(aws)
        aws.later()
    before = aws.ring.signing

    def other() -> None:
        with suppress(KeysChanging, StackFailed):
            getattr(tasks, other_task)(aws)

    aws.at(moment, other)
    with suppress(KeysChanging, StackFailed):
        tasks.rotate_keys(aws)
    assert_trusted(aws)
    if before is not None and other_task == "rotate_keys":
        assert aws.trusted[before.slot] == Signer(before.key_id, before.private_key).public_key_pem
    aws.later()
    tasks.rotate_keys(aws)
    assert_consistent(aws)


@pytest.mark.parametrize("other_task", ["rotate_keys", "retire_key"])
def test_a_second_task_is_refused_while_the_first_one_runs(aws: RotationStage, tasks: Any, other_task: str):
    refusals = []

    def other() -> None:
        with pytest.raises(KeysChanging, match="try again in 600 s") as refusal:
            getattr(tasks, other_task)(aws)
        refusals.append(refusal)

    aws.while_waiting = other
    tasks.rotate_keys(aws)
    assert len(refusals) == 1
    assert_consistent(aws)


def test_the_algorithm_can_be_chosen_and_no_other(aws: RotationStage, tasks: Any):
    tasks.rotate_keys(aws, "rsa")
    assert_consistent(aws)
    aws.ring = KeyRing()
    with pytest.raises(ValueError, match="ecdsa or rsa"):
        tasks.rotate_keys(aws, "ed25519")


@pytest.mark.parametrize("algorithm", ["ecdsa", "rsa"])
def test_a_new_pair_is_one_that_a_signer_takes(algorithm: str):
    private_key, public_key = new_key_pair(algorithm)
    assert Signer("K1", private_key).public_key_pem == public_key


def test_a_ring_of_before_is_still_read():
    old = b'{"signing":{"slot":"B","key_id":"K1","private_key":"x"},"public_keys":{"B":"y"}}'
    ring = msgspec.json.decode(old, type=KeyRing)
    assert ring == KeyRing(SigningKey("B", "K1", "x", 0), {"B": "y"})
    assert not ring.needs_older_key(1_767_290_400)
