"""Several devices that change one list at random, offline, interrupted and with wrong clocks, agree in the end.

`QUARTET_EXAMPLES=2000 pytest tests/unit/todo/sync_client/test_convergence.py` looks longer.
"""

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chalicelib.todo.sync.sync import Sync
from chalicelib.todo.todos.todos import Todos
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sync_client.api import Api, Unreachable
from sync_client.copy import Change
from sync_client.device import Device

from common.aws.backoff import ATTEMPTS
from common.values import new_id
from tests.unit.stage import token
from tests.unit.todo.memory_store import MemoryStore
from tests.unit.todo.stage import Stage
from tests.unit.todo.sync_client.network import URL, MemoryStorage, Network, PowerLoss

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
DEVICES = st.integers(0, 2)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["milk", "bread", "tea"]),
        "completed": st.booleans(),
        "notes": st.sampled_from(["", "soon"]),
        "due": st.sampled_from([None, "2026-12-24"]),
    },
)
LOSSES = st.lists(st.sampled_from(["", "request", "answer"]), max_size=3)


class Household(RuleBasedStateMachine):
    """Three devices of one user. `changes` has every change by its key, `refused` the keys of which users were told."""

    stage: Stage
    store: MemoryStore | None
    # Whether the server has no time left for the changes of a request.
    out_of_time = False

    def __init__(self) -> None:
        super().__init__()
        self.user = token(new_id(NOW))
        self.network = Network(self.stage.client.http.request)
        self.files = [MemoryStorage() for _ in range(3)]
        self.devices: list[Device] = []
        self.refused: set[str] = set()
        self.changes: dict[str, Change] = {}
        if self.store is not None:
            self.store.__init__()  # type: ignore[misc] # emptied, because the app has this object

    @initialize(years=st.lists(st.integers(-40, 40), min_size=3, max_size=3))
    def begin(self, years: list[int]) -> None:
        self.clocks = [NOW + timedelta(days=365 * offset) for offset in years]
        self.devices = [self.restarted(number) for number in range(3)]

    def restarted(self, number: int) -> Device:
        return Device(self.files[number], lambda: new_id(self.clocks[number]))

    def api(self) -> Api:
        return Api(URL, self.network, lambda _: self.user, lambda _: None)

    # ---- what users do ----------------------------------------------------------------------------------------------

    @rule(number=DEVICES, fields=FIELDS)
    def add(self, number: int, fields: dict[str, Any]) -> None:
        self.use(number, lambda device: device.add(**{"title": "a to-do", **fields}))

    @rule(number=DEVICES, fields=FIELDS.filter(bool), choice=st.integers(0, 20))
    def change(self, number: int, fields: dict[str, Any], choice: int) -> None:
        if todo_ids := list(self.devices[number].todos()):
            self.use(number, lambda device: device.change(todo_ids[choice % len(todo_ids)], **fields))

    @rule(number=DEVICES, choice=st.integers(0, 20))
    def delete(self, number: int, choice: int) -> None:
        if todo_ids := list(self.devices[number].todos()):
            self.use(number, lambda device: device.delete(todo_ids[choice % len(todo_ids)]))

    @rule(
        number=DEVICES,
        losses=LOSSES,
        power=st.integers(-1, 3),
        out_of_time=st.booleans(),
        collisions=st.sampled_from([0, 0, 1, ATTEMPTS, ATTEMPTS + 1]),
        behind=st.integers(0, 4),
    )
    def sync(self, number: int, losses: list[str], power: int, out_of_time: bool, collisions: int, behind: int) -> None:
        self.network.lose, self.files[number].power = losses, power
        Household.out_of_time = out_of_time
        if self.store is not None:
            self.store.collisions, self.store.behind = collisions, behind
        self.use(number, lambda device: device.sync(self.api()))
        self.settled(number)

    def settled(self, number: int) -> None:
        """Nothing goes wrong any more, and the user is told what was refused."""
        self.network.lose, self.files[number].power = [], -1
        Household.out_of_time = False
        if self.store is not None:
            self.store.collisions = self.store.behind = 0
        refused = self.devices[number].refused()
        self.refused |= {one.change.key for one in refused}
        self.devices[number].dismiss(refused)

    @precondition(lambda self: self.store is not None and self.store.version > 0)
    @rule(share=st.floats(0, 1))
    def forget(self, share: float) -> None:
        """The log loses a change, as one that has expired."""
        assert self.store is not None
        self.store.expire(1 + int(share * (self.store.version - 1)))

    def use(self, number: int, action: Any) -> None:
        """Let a user do something on a device, which starts again after a power loss."""
        try:
            action(self.devices[number])
        except Unreachable:
            pass
        except PowerLoss:
            self.files[number].power = -1
            self.devices[number] = self.restarted(number)
        # Only what the device has stored counts as said by its user.
        copy = self.files[number].load()
        self.changes |= {queued.change.key: queued.change for queued in (copy.queue if copy else [])}

    # ---- what must hold ---------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        if not self.devices:
            return
        for _ in range(2):
            for number, device in enumerate(self.devices):
                device.sync(self.api())
                self.settled(number)
        served = {todo_id: todo for todo_id, todo in self.api().all_todos()}
        for device in self.devices:
            assert device.waiting() == 0
            assert device.todos() == dict(sorted(served.items()))
        if self.store is not None:
            self.assert_each_change_counts_once(served)

    def assert_each_change_counts_once(self, served: dict[str, Any]) -> None:
        """The list is what the changes make of it in the order in which they arrived, each of them once."""
        assert self.store is not None
        assert set(Counter(self.store.applied).values()) <= {1}
        assert set(self.store.applied) == self.changes.keys() - self.refused
        expected: dict[str, dict[str, Any]] = {}
        for change in (self.changes[key] for key in self.store.applied):
            if change.op == "delete":
                del expected[change.id]
            else:
                expected[change.id] = {**expected.get(change.id, {}), **(change.todo or {})}
        assert served.keys() == expected.keys()
        for todo_id, fields in expected.items():
            assert {name: served[todo_id][name] for name in fields} == fields


def run(monkeypatch: pytest.MonkeyPatch, stage: Stage, store: MemoryStore | None, examples: int, steps: int) -> None:
    machine = type("Machine", (Household,), {"stage": stage, "store": store})
    monkeypatch.setattr("chalicelib.todo.sync.routes.deadline", lambda *_, **__: lambda: Household.out_of_time)
    limits = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate, *([Phase.shrink] if "QUARTET_SHRINK" in os.environ else [])],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=limits)


def test_devices_agree_and_no_change_is_lost(todo_app: Stage, monkeypatch: pytest.MonkeyPatch):
    store = MemoryStore()
    app = todo_app.module.todo_app
    monkeypatch.setitem(app.__dict__, "sync", Sync(store, lambda: NOW, lambda _: None))
    monkeypatch.setitem(app.__dict__, "todos", Todos(store, lambda: NOW, lambda _: None))
    # Small, so that lists and changes come in several parts.
    monkeypatch.setattr("chalicelib.todo.sync.sync.MAX_CHANGES_READ", 3)
    run(monkeypatch, todo_app, store, int(os.environ.get("QUARTET_EXAMPLES", "80")), steps=25)


def test_devices_agree_on_the_table(todo_app: Stage, monkeypatch: pytest.MonkeyPatch):
    run(monkeypatch, todo_app, None, examples=3, steps=15)
