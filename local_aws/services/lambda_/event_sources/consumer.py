"""The loop: one thread for each lane of each shard of each mapping, which reads, invokes, and keeps its checkpoint."""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from local_aws.services.lambda_.event_sources.batch import Batch, BatchWindow, Lane
from local_aws.services.lambda_.event_sources.checkpoints import Checkpoint
from local_aws.services.lambda_.event_sources.delivery import SubBatch, deliver
from local_aws.services.lambda_.event_sources.invocation_result import InvocationResult, result_of_invocation
from local_aws.services.lambda_.event_sources.mapping import Settings
from local_aws.services.lambda_.event_sources.source import Record, Shard
from local_aws.state import saver

_log = logging.getLogger(__name__)
# Lambda's own times between attempts are not documented; these keep a poison record from using up the machine.
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 10.0
# Whoever writes to a stream wakes its consumers; this is for records that nobody announced.
_LOOK_SECONDS = 5.0
_FAILURE_SECONDS = 1.0
_FAILED = "PROBLEM: Function call failed"


class Ended(Exception):
    """The mapping is gone, disabled, or served by other consumers now."""


@dataclass(frozen=True)
class ConsumerCallbacks:
    """What a consumer does to the outside. `mapping` is the mapping as it is now, None when it is not to be served."""

    mapping: Callable[[], dict[str, Any] | None]
    matches: Callable[[dict[str, Any], dict[str, Any]], bool]
    invoke: Callable[[dict[str, Any], list[dict[str, Any]]], dict[str, Any]]
    report: Callable[[dict[str, Any], Shard, SubBatch, str], None]
    ended: Callable[["Consumer"], None]


class Consumer:
    """Serves one lane of one shard for one mapping until it is told to end."""

    def __init__(self, shard: Shard, lane: Lane, checkpoint: Checkpoint, callbacks: ConsumerCallbacks) -> None:
        self._shard, self._lane, self._checkpoint, self._callbacks = shard, lane, checkpoint, callbacks
        self._awake = threading.Event()
        self._has_ended = False
        self._window_began: float | None = None
        self._window: BatchWindow | None = None
        # What the window was opened with: position, settings, filter.
        self._window_settings: tuple[Any, ...] = ()

    def start(self) -> None:
        """Begin, in a thread of its own."""
        threading.Thread(target=self._run, daemon=True, name=f"stream-{self._shard.id}").start()

    def wake(self) -> None:
        """Say that there may be records, or that the mapping has changed."""
        self._awake.set()

    def end(self) -> None:
        """Take no more batches; an invocation that runs is waited for, what it did not process is not tried again."""
        self._has_ended = True
        self._awake.set()

    def _run(self) -> None:
        try:
            while True:
                self._turn()
        except Ended:
            pass
        except Exception:
            # It is started anew by whoever looks after the consumers.
            _log.exception("the consumer of %s failed", self._shard.id)
            time.sleep(_FAILURE_SECONDS)
        finally:
            self._callbacks.ended(self)

    def _turn(self) -> None:
        self._awake.clear()
        settings = self.settings()
        batch = self._batch(settings)
        if not batch.records:
            if batch.read_up_to > self._checkpoint.sequence:
                self.passed(batch.read_up_to)
            self._window_began = None
            self._awake.wait(_LOOK_SECONDS)
        elif (seconds := self._seconds_of_window(batch, settings)) > 0:
            self._awake.wait(seconds)
        else:
            self._window_began = None
            deliver(batch.records, self)
            self.passed(batch.read_up_to)

    def _batch(self, settings: Settings) -> Batch:
        mapping, after = self._mapping(), self._checkpoint.sequence
        begun_with = after, settings, json.dumps(mapping.get("FilterCriteria"))
        if self._window is None or self._window_settings != begun_with:
            self._window_settings = begun_with
            self._window = BatchWindow(
                after, settings.batch_size, self._lane, lambda record: self._callbacks.matches(mapping, record.event)
            )
        return self._window.with_more(self._shard.read(self._window.read_up_to))

    def _seconds_of_window(self, batch: Batch, settings: Settings) -> float:
        """How long the batch may still grow."""
        if batch.is_full or not settings.window_seconds:
            return 0
        now = time.monotonic()
        self._window_began = self._window_began or now
        return self._window_began + settings.window_seconds - now

    def _mapping(self) -> dict[str, Any]:
        mapping = self._callbacks.mapping()
        if self._has_ended or mapping is None:
            raise Ended
        return mapping

    # ---- what `delivery` asks for ----

    def settings(self) -> Settings:
        """The mapping's settings as they are now."""
        settings = Settings.of(self._mapping())
        oldest = self._shard.retention_seconds
        return replace(settings, most_age_seconds=min(oldest, settings.most_age_seconds or oldest))

    def invoke(self, records: list[Record]) -> InvocationResult:
        """Call the function with these records."""
        mapping = self._mapping()
        result = self._callbacks.invoke(mapping, [record.event for record in records])
        outcome = result_of_invocation(result, records, Settings.of(mapping).takes_partial_failures)
        mapping["LastProcessingResult"] = "OK" if outcome.failed_from is None else _FAILED
        return outcome

    def discard(self, sub_batch: SubBatch, condition: str) -> None:
        """Give up on records; but what failed because the server ended the function has not failed."""
        mapping = self._mapping()
        _log.info("%s: %d records are discarded: %s", mapping["FunctionArn"], len(sub_batch.records), condition)
        self._callbacks.report(mapping, self._shard, sub_batch, condition)

    def passed(self, sequence: int) -> None:
        """Move the checkpoint."""
        if sequence > self._checkpoint.sequence:
            self._checkpoint.move_to(sequence)
            saver.note_change()

    def pause(self, attempts: int) -> None:
        """Wait before the next attempt; a change of the mapping ends the wait."""
        self._awake.clear()
        deadline = time.monotonic() + min(_FIRST_PAUSE_SECONDS * 2 ** min(attempts - 1, 16), _LONGEST_PAUSE_SECONDS)
        before = self._mapping().get("LastModified"), self.settings()
        while (left := deadline - time.monotonic()) > 0:
            self._awake.wait(left)
            self._awake.clear()
            if (self._mapping().get("LastModified"), self.settings()) != before:
                return
