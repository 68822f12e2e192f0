"""Reads one lane of a shard for one mapping, invokes the function with its batches, and moves the checkpoint.

Each consumer has a thread of its own.
"""

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
from local_aws.services.lambda_.event_sources.mapping_settings import MappingSettings
from local_aws.services.lambda_.event_sources.source import Record, Shard
from local_aws.state import saver

_log = logging.getLogger(__name__)
# Lambda does not document its backoff. These times limit the load of a record that always fails.
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 10.0
# A write to a stream wakes its consumers. This poll finds records that no wake-up announced.
_POLL_SECONDS = 5.0
# While the batching window is open, the records that arrive within this time are read together.
_COLLECTING_SECONDS = 0.05
_FAILURE_SECONDS = 1.0
_FAILED = "PROBLEM: Function call failed"


class ConsumerEnded(Exception):
    """The mapping is deleted, disabled, or served by other consumers now; or the shard is finished."""


@dataclass(frozen=True)
class ConsumerCallbacks:
    """A consumer's calls to the outside. `mapping` returns the current mapping; None if it must not be served."""

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
        """Start the consumer's thread."""
        threading.Thread(target=self._run, daemon=True, name=f"stream-{self._shard.id}").start()

    def wake(self) -> None:
        """Wake the consumer: there may be records, or the mapping has changed."""
        # Each record that is put calls this, and setting an event takes its lock.
        if not self._awake.is_set():
            self._awake.set()

    def end(self) -> None:
        """End after the current invocation; records that it did not process are not retried."""
        self._has_ended = True
        self._awake.set()

    def _run(self) -> None:
        try:
            while True:
                self._process_next()
        except ConsumerEnded:
            pass
        except Exception:
            # The supervisor starts a new consumer.
            _log.exception("the consumer of %s failed", self._shard.id)
            time.sleep(_FAILURE_SECONDS)
        finally:
            self._callbacks.ended(self)

    def _process_next(self) -> None:
        self._awake.clear()
        settings = self.settings()
        batch = self._batch(settings)
        if not batch.records:
            if batch.read_up_to > self._checkpoint.sequence:
                self.advance_to(batch.read_up_to)
            self._window_began = None
            if self._shard.is_finished(self._checkpoint.sequence):
                raise ConsumerEnded
            self._awake.wait(_POLL_SECONDS)
        elif (seconds := self._seconds_of_window(batch, settings)) > 0:
            time.sleep(min(seconds, _COLLECTING_SECONDS))
            self._awake.wait(max(0.0, seconds - _COLLECTING_SECONDS))
        else:
            self._window_began = None
            deliver(batch.records, self)
            self.advance_to(batch.read_up_to)

    def _batch(self, settings: MappingSettings) -> Batch:
        mapping, after = self._mapping(), self._checkpoint.sequence
        window_settings = after, settings, json.dumps(mapping.get("FilterCriteria"))
        if self._window is None or self._window_settings != window_settings:
            self._window_settings = window_settings
            self._window = BatchWindow(
                after, settings.batch_size, self._lane, lambda record: self._callbacks.matches(mapping, record.event)
            )
        return self._window.extend(self._shard.read(self._window.read_up_to))

    def _seconds_of_window(self, batch: Batch, settings: MappingSettings) -> float:
        """The seconds for which the batching window is still open."""
        if batch.is_full or not settings.window_seconds:
            return 0
        now = time.monotonic()
        self._window_began = self._window_began or now
        return self._window_began + settings.window_seconds - now

    def _mapping(self) -> dict[str, Any]:
        mapping = self._callbacks.mapping()
        if self._has_ended or mapping is None:
            raise ConsumerEnded
        return mapping

    # ---- DeliveryActions ----

    def settings(self) -> MappingSettings:
        """The mapping's current settings."""
        settings = MappingSettings.from_mapping(self._mapping())
        oldest = self._shard.retention_seconds
        return replace(settings, max_age_seconds=min(oldest, settings.max_age_seconds or oldest))

    def invoke(self, records: list[Record]) -> InvocationResult:
        """Invoke the function with these records."""
        mapping = self._mapping()
        result = self._callbacks.invoke(mapping, [record.event for record in records])
        invocation_result = result_of_invocation(
            result, records, MappingSettings.from_mapping(mapping).reports_item_failures
        )
        mapping["LastProcessingResult"] = "OK" if invocation_result.failed_from is None else _FAILED
        return invocation_result

    def discard(self, sub_batch: SubBatch, condition: str) -> None:
        """Discard records and report them; raises if the mapping ended, because a stop of the server is no failure."""
        mapping = self._mapping()
        _log.info("%s: %d records are discarded: %s", mapping["FunctionArn"], len(sub_batch.records), condition)
        self._callbacks.report(mapping, self._shard, sub_batch, condition)

    def advance_to(self, sequence: int) -> None:
        """Move the checkpoint forward."""
        if sequence > self._checkpoint.sequence:
            self._checkpoint.move_to(sequence)
            saver.mark_changed()

    def pause(self, attempts: int) -> None:
        """Wait before the next attempt. A change of the mapping ends the wait."""
        self._awake.clear()
        deadline = time.monotonic() + min(_FIRST_PAUSE_SECONDS * 2 ** min(attempts - 1, 16), _LONGEST_PAUSE_SECONDS)
        before = self._mapping().get("LastModified"), self.settings()
        while (left := deadline - time.monotonic()) > 0:
            self._awake.wait(left)
            self._awake.clear()
            if (self._mapping().get("LastModified"), self.settings()) != before:
                return
