"""What the tasks that rotate keys use of AWS, in memory, with a clock that is set by hand."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
from chalicelib.video.playback.key_ring import OLDER_KEY_SECONDS, KeyRing
from chalicelib.video.playback.key_secret import KeySecret


class Interrupted(Exception):
    """The operator's machine is gone."""


class StackFailed(Exception):
    """CloudFormation has rolled an update back."""


class VersionExists(Exception):
    """Secrets Manager has another value under this version."""


class RotationStage:
    """A task's context: the secret, and a stack whose public keys CloudFront trusts.

    A task is interrupted at a moment if `interrupted_at` is set: each operation has a moment before it and one after.
    `while_waiting` runs while a task waits for the edges, and what is in `at_moment` runs once at its moment.
    """

    def __init__(self) -> None:
        self.ring = KeyRing()
        self.trusted = {"A": "", "B": ""}
        self.key_ids: dict[str, str] = {}
        self.stage, self.outputs = "test", {"DistributionId": "E1"}
        self.now = 1_767_290_400
        self.interrupted_at: int | None = None
        self.while_waiting: Callable[[], object] = lambda: None
        self.at_moment: dict[int, Callable[[], object]] = {}
        self._moments = self._keys = 0
        self._version, self._values = "first", {"first": "{}"}
        self._changing_until = 0

    @property
    def key_secret(self) -> KeySecret:
        """The secret, as a task that begins now has it."""
        exceptions = SimpleNamespace(ResourceExistsException=VersionExists)
        client = SimpleNamespace(get_secret_value=self._get, put_secret_value=self._put, exceptions=exceptions)
        return KeySecret(lambda: client, "signing-key", lambda: self.now)

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

    def _get(self, **_: str) -> dict[str, str]:
        stored = {**msgspec.to_builtins(self.ring), "changing_until": self._changing_until}
        return {"SecretString": msgspec.json.encode(stored).decode(), "VersionId": self._version}

    def _put(self, *, SecretId: str, SecretString: str, ClientRequestToken: str) -> dict[str, str]:  # noqa: N803 - its names
        self._moment()
        if self._values.setdefault(ClientRequestToken, SecretString) != SecretString:
            raise VersionExists
        self._version = ClientRequestToken
        self.ring = msgspec.json.decode(SecretString, type=KeyRing)
        self._changing_until = msgspec.json.decode(SecretString)["changing_until"]
        self._moment()
        return {"VersionId": ClientRequestToken}

    def _trust(self, slot: str, public_key: str) -> None:
        if public_key == self.trusted[slot]:
            return
        # CloudFront does not change the key of a PublicKey. A new one has another id.
        if public_key and self.trusted[slot]:
            raise StackFailed
        self.trusted[slot] = public_key
        self._keys += 1
        self.key_ids[slot] = f"K{self._keys}"

    def _moment(self) -> None:
        self._moments += 1
        self.at_moment.pop(self._moments, lambda: None)()
        if self.interrupted_at is not None and self._moments > self.interrupted_at:
            raise Interrupted

    def at(self, moment: int, action: Callable[[], object]) -> None:
        """Let something happen at a moment from now, 0 being the next."""
        self.at_moment[self._moments + moment + 1] = action

    def interrupt(self, moment: int) -> None:
        """Interrupt at a moment from now, 0 being the next."""
        self.interrupted_at = self._moments + moment
