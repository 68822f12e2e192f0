"""What the tasks that rotate keys use of AWS, in memory, with a clock that is set by hand."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
from chalicelib.video.playback.key_ring import OLDER_KEY_SECONDS, KeyRing


class Interrupted(Exception):
    """The operator's machine is gone."""


class RotationStage:
    """A task's context: the secret, and a stack whose public keys CloudFront trusts.

    A task is interrupted at a moment if `interrupted_at` is set: each operation has a moment before it and one after.
    `while_waiting` runs while a task waits for the edges.
    """

    def __init__(self) -> None:
        self.ring = KeyRing()
        self.trusted = {"A": "", "B": ""}
        self.key_ids: dict[str, str] = {}
        self.stage, self.outputs = "test", {"DistributionId": "E1"}
        self.now = 1_767_290_400
        self.interrupted_at: int | None = None
        self.while_waiting: Callable[[], object] = lambda: None
        self._moments = self._keys = 0
        self.key_secret = SimpleNamespace(read=lambda: self.ring, write=self._write)

    def later(self) -> None:
        """Let so much time pass that the older key is not needed any more."""
        self.now += OLDER_KEY_SECONDS

    def deploy(self) -> None:
        """Set the template's parameters to the keys in the secret, as each deployment does."""
        for slot, trusted in self.trusted.items():
            public_key = self.ring.public_keys.get(slot, "")  # type: ignore[call-overload]
            if public_key != trusted:
                self._trust(slot, public_key)

    def update_stack(self, **parameters: str) -> None:
        self._moment()
        for name, public_key in parameters.items():
            self._trust(name.removeprefix("SigningKey"), public_key)
        self._moment()

    def client(self, _: str) -> Any:
        return SimpleNamespace(
            describe_stack_resource=self._resource, get_waiter=lambda _: SimpleNamespace(wait=self._wait)
        )

    def _resource(self, **names: str) -> Any:
        return {"StackResourceDetail": {"PhysicalResourceId": self.key_ids[names["LogicalResourceId"][-1]]}}

    def _wait(self, **_: str) -> None:
        self._moment()
        self.while_waiting()

    def _write(self, ring: KeyRing) -> None:
        self._moment()
        self.ring = msgspec.json.decode(msgspec.json.encode(ring), type=KeyRing)
        self._moment()

    def _trust(self, slot: str, public_key: str) -> None:
        # CloudFront does not change the key of a PublicKey. A new one has another id.
        assert not (public_key and self.trusted[slot])
        self.trusted[slot] = public_key
        self._keys += 1
        self.key_ids[slot] = f"K{self._keys}"

    def _moment(self) -> None:
        self._moments += 1
        if self.interrupted_at is not None and self._moments > self.interrupted_at:
            raise Interrupted

    def interrupt(self, moment: int) -> None:
        """Interrupt at a moment from now, 0 being the next."""
        self.interrupted_at = self._moments + moment
