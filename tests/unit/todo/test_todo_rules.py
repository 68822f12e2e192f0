"""The to-dos' rules when others change the same things, on a fake store."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Barrier, Lock, Thread

import pytest
from chalicelib.todo.errors import KeyReused, TodoNotFound
from chalicelib.todo.todos.model import NewTodo, Todo, TodoChange
from chalicelib.todo.todos.ports import FirstUse, IdempotencyKey, KnownVersion
from chalicelib.todo.todos.todos import Todos

from common.errors import Busy, VersionConflict

NOW = datetime(2026, 11, 23, tzinfo=UTC)


class Store:
    """To-dos in memory; every write is atomic, as a transaction is."""

    def __init__(self) -> None:
        self.todos: dict[str, Todo] = {}
        self.keys: dict[str, FirstUse] = {}
        self.lock = Lock()
        self.searches = 0
        # Called before each write: what somebody else does in between.
        self.meanwhile = lambda: None

    def get(self, owner: str, todo_id: str) -> Todo:
        if todo_id not in self.todos:
            raise TodoNotFound
        return self.todos[todo_id]

    def add(self, owner: str, todo: Todo, key: IdempotencyKey | None, now: int) -> FirstUse | None:
        self.meanwhile()
        with self.lock:
            if key and key.key in self.keys:
                return self.keys[key.key]
            if key:
                self.keys[key.key] = FirstUse(key.fingerprint, todo)
            self.todos[todo.id] = todo
            return None

    def replace(self, owner: str, old: Todo, new: Todo) -> bool:
        self.meanwhile()
        with self.lock:
            return self._still(old) and not self.todos.update({new.id: new})

    def delete(self, owner: str, todo: Todo, version: KnownVersion) -> bool:
        self.meanwhile()
        with self.lock:
            return self._still(todo) and bool(self.todos.pop(todo.id))

    def ids(self, owner: str, limit: int) -> Sequence[str]:
        self.searches += 1
        return list(self.todos)[:limit]

    def delete_many(self, owner: str, todo_ids: Sequence[str], version: KnownVersion) -> None:
        for todo_id in todo_ids:
            self.todos.pop(todo_id, None)

    def _still(self, todo: Todo) -> bool:
        return todo.id in self.todos and self.todos[todo.id].version == todo.version


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def todos(store: Store) -> Todos:
    return Todos(store, lambda: NOW, lambda _: None)  # type: ignore[arg-type]


def at_once(count: int, work: list[object], call: object) -> None:
    barrier = Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        work.append(call(number))  # type: ignore[operator]

    threads = [Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_changes_of_different_fields_are_both_applied(store: Store, todos: Todos):
    todo = todos.add("alice", NewTodo(title="x"))

    def other() -> None:
        store.meanwhile = lambda: None
        todos.change("alice", todo.id, TodoChange(notes="theirs"))

    store.meanwhile = other
    changed = todos.change("alice", todo.id, TodoChange(completed=True))
    assert (changed.completed, changed.notes, changed.version) == (True, "theirs", 3)


def test_a_change_in_between_is_a_conflict_with_if_match(store: Store, todos: Todos):
    todo = todos.add("alice", NewTodo(title="x"))

    def other() -> None:
        store.meanwhile = lambda: None
        todos.change("alice", todo.id, TodoChange(notes="theirs"))

    store.meanwhile = other
    with pytest.raises(VersionConflict):
        todos.change("alice", todo.id, TodoChange(completed=True), lambda found: found.version == 1)
    assert not todos.get("alice", todo.id).completed


def test_a_todo_that_changes_all_the_time_is_busy(store: Store, todos: Todos):
    todo = todos.add("alice", NewTodo(title="x"))

    def restless() -> None:
        found = store.todos[todo.id]
        store.todos[todo.id] = found.changed(TodoChange(order=found.version), NOW)

    store.meanwhile = restless
    with pytest.raises(Busy):
        todos.change("alice", todo.id, TodoChange(completed=True))


def test_a_change_succeeds_among_many_others(store: Store, todos: Todos):
    todo = todos.add("alice", NewTodo(title="x"))
    others = iter(range(10))

    def other() -> None:
        if (number := next(others, None)) is not None:
            store.todos[todo.id] = store.todos[todo.id].changed(TodoChange(order=number), NOW)

    store.meanwhile = other
    assert todos.change("alice", todo.id, TodoChange(completed=True)).version == 12


def test_concurrent_requests_with_one_key_create_one_todo(store: Store, todos: Todos):
    made: list[object] = []
    at_once(8, made, lambda _: todos.add("alice", NewTodo(title="x"), "k", "same"))
    assert len(store.todos) == 1
    assert made == [made[0]] * 8


def test_concurrent_requests_with_one_key_and_different_bodies_create_one_todo(store: Store, todos: Todos):
    def add(number: int) -> object:
        try:
            return todos.add("alice", NewTodo(title=str(number)), "k", str(number))
        except KeyReused:
            return None

    made: list[object] = []
    at_once(8, made, add)
    assert len(store.todos) == 1
    assert made.count(None) == 7


def test_deleting_all_stops_in_time_and_continues_later(store: Store, todos: Todos):
    for _ in range(200):
        todos.add("alice", NewTodo(title="x"))
    questions = iter([False, True])
    with pytest.raises(Busy):
        todos.delete_all("alice", lambda: next(questions))
    assert 0 < len(store.todos) < 200
    todos.delete_all("alice", lambda: False)
    assert store.todos == {}


def test_deleting_all_reads_many_keys_at_a_time(store: Store, todos: Todos):
    for _ in range(1500):
        todos.add("alice", NewTodo(title="x"))
    todos.delete_all("alice", lambda: False)
    assert (store.todos, store.searches) == ({}, 3)


def test_ids_sort_by_the_time_they_were_made():
    times = [NOW + timedelta(milliseconds=step) for step in (0, 1, 15, 16, 1000, 86_400_000)]
    ids = [Todos(Store(), lambda at=at: at).add("alice", NewTodo(title="x")).id for at in times]  # type: ignore
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
