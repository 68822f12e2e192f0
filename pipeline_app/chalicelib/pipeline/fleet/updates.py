"""The use case that follows the stream: messages of many devices become states, minutes and alerts."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from chalicelib.pipeline.fleet.model import Alert, DeviceState, Message, MinuteState, StateConflict, minute_of
from chalicelib.pipeline.fleet.ports import DeviceStates, Minutes
from chalicelib.pipeline.fleet.tracking import add_to_minute, follow
from chalicelib.pipeline.telemetry.model import Reading
from msgspec.structs import replace

Key = TypeVar("Key", bound=Hashable)
Groups = dict[Key, list[Message]]
Failures = dict[str, Exception]

# Writes are independent of each other, and most of their time is waiting.
WRITERS = 8
ATTEMPTS = 3
# A transaction has at most 100 items: the state, and its alerts.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
MOST_ALERTS = 99


class FleetUpdates:
    """Follows the stream."""

    def __init__(self, states: DeviceStates, minutes: Minutes) -> None:
        self._states = states
        self._minutes = minutes

    def apply(self, messages: Sequence[Message]) -> Failures:
        """Apply messages in the order of the stream; a message that was applied before changes nothing.

        Returns the messages that are not applied in full, by sequence number, and why.
        """
        failures = _until_written(_by_device(messages), self._update_devices)
        return failures | _until_written(_by_minute(messages), self._update_minutes)

    def _update_devices(self, groups: Groups[str]) -> dict[str, Exception]:
        states = self._states.read(groups)

        def update(device_id: str) -> None:
            state = states.get(device_id, DeviceState(device_id))
            for before, after, alerts in _steps(state, groups[device_id]):
                self._states.write(before, after, alerts)

        return _in_parallel(groups, update)

    def _update_minutes(self, groups: Groups[tuple[str, str]]) -> dict[tuple[str, str], Exception]:
        minutes = self._minutes.read(groups)

        def update(key: tuple[str, str]) -> None:
            before = minutes.get(key, MinuteState(*key))
            after = add_to_minute(before, groups[key])
            if after != before:
                self._minutes.write(before, after)

        return _in_parallel(groups, update)


def _until_written(groups: Groups[Key], update: Callable[[Groups[Key]], dict[Key, Exception]]) -> Failures:
    """Update groups, and those again that another function has changed meanwhile."""
    left = groups
    failed: dict[Key, Exception] = {}
    for _ in range(ATTEMPTS):
        errors = update(left)
        failed = {key: error for key, error in failed.items() if key not in left} | errors
        left = {key: groups[key] for key, error in errors.items() if isinstance(error, StateConflict)}
        if not left:
            break
    return {message.sequence: error for key, error in failed.items() for message in groups[key]}


def _steps(
    state: DeviceState, messages: Sequence[Message]
) -> Iterator[tuple[DeviceState, DeviceState, Sequence[Alert]]]:
    """Follow messages in as few steps as transactions allow; no step if they change nothing."""
    after, alerts = follow(state, messages)
    if len(alerts) > MOST_ALERTS:
        half = len(messages) // 2
        for step in _steps(state, messages[:half]):
            yield step
            state = step[1]
        yield from _steps(state, messages[half:])
    elif after != state:
        yield state, replace(after, version=state.version + 1), alerts


def _in_parallel(groups: Groups[Key], update: Callable[[Key], None]) -> dict[Key, Exception]:
    """Update each group; returns those that failed."""
    with ThreadPoolExecutor(WRITERS) as writers:
        running = {key: writers.submit(update, key) for key in groups}
    errors = {key: future.exception() for key, future in running.items()}
    return {key: error for key, error in errors.items() if isinstance(error, Exception)}


def _by_device(messages: Iterable[Message]) -> Groups[str]:
    groups: Groups[str] = {}
    for message in messages:
        groups.setdefault(message.content.device_id, []).append(message)
    return groups


def _by_minute(messages: Iterable[Message]) -> Groups[tuple[str, str]]:
    groups: Groups[tuple[str, str]] = {}
    for message in messages:
        if isinstance(message.content, Reading):
            key = message.content.device_id, minute_of(message.content.event_time_ms)
            groups.setdefault(key, []).append(message)
    return groups
