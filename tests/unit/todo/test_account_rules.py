"""The rules of account deletion, on fakes: any step can fail, and any message can be delivered twice."""

import msgspec
import pytest
from chalicelib.todo.accounts.accounts import AccountDeletion, Accounts
from chalicelib.todo.accounts.model import DeletionRequest
from chalicelib.todo.accounts.ports import OutOfTime
from chalicelib.todo.errors import Unfinished

HOUR = 3600
REQUEST = DeletionRequest("alice", "alice-name", "pool:alice")


class World:
    """Everything that a deletion touches, in memory; the step named in `failing` fails once."""

    def __init__(self) -> None:
        self.items = {"alice": {"todo"}, "bob": {"todo"}}
        self.tombstones: dict[str, int] = {}
        self.expiring: set[str] = set()
        self.folders = {"pool:alice": {"file"}, "pool:bob": {"file"}}
        self.users = {"alice-name", "bob-name"}
        self.signed_out: set[str] = set()
        self.queue: list[tuple[DeletionRequest, int]] = []
        self.time = 1_000_000
        self.failing = ""
        self.short_of_time = False

    def step(self, name: str) -> None:
        if self.failing == name:
            self.failing = ""
            raise OSError(name)

    def now(self) -> int:
        return self.time


class Items:
    def __init__(self, world: World) -> None:
        self.world = world

    def is_deleted(self, owner: str) -> bool:
        return owner in self.world.tombstones

    def mark_deleted(self, owner: str, at: int) -> None:
        self.world.step("mark")
        self.world.tombstones.setdefault(owner, at)

    def clear(self, owner: str, out_of_time: OutOfTime) -> None:
        self.world.step("items")
        if self.world.items[owner] and out_of_time():
            raise Unfinished
        self.world.items[owner].clear()

    def expire_tombstone(self, owner: str, expires_at: int) -> None:
        self.world.step("expire")
        self.world.expiring.add(owner)


class Files:
    def __init__(self, world: World) -> None:
        self.world = world

    def clear(self, folder: str, out_of_time: OutOfTime) -> int:
        self.world.step("files")
        files = len(self.world.folders[folder])
        self.world.folders[folder].clear()
        return files


class Users:
    def __init__(self, world: World) -> None:
        self.world = world

    def sign_out(self, username: str) -> None:
        self.world.step("sign out")
        self.world.signed_out.add(username)

    def delete(self, username: str) -> None:
        self.world.step("user")
        self.world.users.discard(username)


class Identities:
    def identity_id(self, id_token: str) -> str:
        return f"pool:{id_token}"


class Queue:
    def __init__(self, world: World) -> None:
        self.world = world

    def send(self, request: DeletionRequest, delay_seconds: int = 0) -> None:
        self.world.step("send")
        self.world.queue.append((request, min(delay_seconds, 900)))


@pytest.fixture
def world() -> World:
    return World()


def fulfil(world: World, request: DeletionRequest) -> None:
    deletion = AccountDeletion(
        items=Items(world), files=Files(world), users=Users(world), queue=Queue(world), now=world.now
    )
    deletion.fulfil(request, lambda: world.short_of_time)


def run_queue(world: World) -> None:
    """Deliver messages until none is left: twice each, and again after a failure, as SQS may."""
    while world.queue:
        request, delay = world.queue.pop(0)
        world.time += delay
        for _ in range(2):
            try:
                fulfil(world, request)
            except OSError:
                world.queue.insert(0, (request, 30))
        # Both deliveries follow up; the follow-ups are equal, so one of them is enough to go on with.
        world.queue = list(dict.fromkeys(world.queue))


def assert_alice_is_gone(world: World) -> None:
    assert world.items == {"alice": set(), "bob": {"todo"}}
    assert world.folders == {"pool:alice": set(), "pool:bob": {"file"}}
    assert world.users == {"bob-name"}
    assert world.signed_out == {"alice-name"}
    assert world.expiring == set(world.tombstones) == {"alice"}


@pytest.mark.parametrize("failing", ["", "mark", "sign out", "items", "files", "user", "send", "expire"])
def test_a_deletion_is_completed_whichever_step_fails(world: World, failing: str):
    world.queue.append((REQUEST, 0))
    world.failing = failing
    run_queue(world)
    assert_alice_is_gone(world)


def test_a_file_uploaded_with_credentials_still_valid_is_swept(world: World):
    fulfil(world, REQUEST)
    world.folders["pool:alice"].add("late")
    began = world.time
    run_queue(world)
    assert world.time - began >= HOUR
    assert_alice_is_gone(world)


def test_the_deletion_of_a_large_account_continues_in_the_next_run(world: World):
    world.short_of_time = True
    fulfil(world, REQUEST)
    assert world.queue == [(REQUEST, 0)]
    world.short_of_time = False
    run_queue(world)
    assert_alice_is_gone(world)


def test_a_request_writes_a_message_and_a_tombstone(world: World):
    Accounts(Items(world), Identities(), Queue(world), world.now).request_deletion("alice", "alice-name", "alice")
    assert world.queue == [(REQUEST, 0)]
    assert world.tombstones == {"alice": world.time}


def test_a_repeated_request_sends_one_message(world: World):
    accounts = Accounts(Items(world), Identities(), Queue(world), world.now)
    accounts.request_deletion("alice", "alice-name", "alice")
    accounts.request_deletion("alice", "alice-name", "alice")
    assert len(world.queue) == 1


@pytest.mark.parametrize("failing", ["send", "mark"])
def test_a_request_that_failed_half_way_can_be_sent_again(world: World, failing: str):
    accounts = Accounts(Items(world), Identities(), Queue(world), world.now)
    world.failing = failing
    with pytest.raises(OSError, match=failing):
        accounts.request_deletion("alice", "alice-name", "alice")
    # Never locked without a message that will delete the account.
    assert not world.tombstones or world.queue
    accounts.request_deletion("alice", "alice-name", "alice")
    run_queue(world)
    assert_alice_is_gone(world)


def test_requests_survive_their_encoding():
    request = msgspec.structs.replace(REQUEST, sweep_at=5)
    assert msgspec.json.decode(msgspec.json.encode(request), type=DeletionRequest) == request
