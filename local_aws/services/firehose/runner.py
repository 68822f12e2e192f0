"""Serves one delivery stream in a thread of its own: reads, transforms, collects by partition, delivers.

Times of buffers are multiplied by the scale of the settings, so that a buffer of 60 s can be delivered after 6 s.
"""

import base64
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from ministack.core.responses import request_scope

from local_aws.faults import regions
from local_aws.services.firehose import prefixes
from local_aws.services.firehose.buffers import Buffers
from local_aws.services.firehose.configuration import Destination, LambdaProcessor
from local_aws.services.firehose.delivery import DeliveryFailed, error_objects, objects_of_partition, write
from local_aws.services.firehose.records import FailedRecord, OutputRecord, SourceRecord
from local_aws.services.firehose.responses import MAX_PAYLOAD_BYTES, Outcome
from local_aws.services.firehose.source import KinesisSource
from local_aws.services.firehose.transformation import transformed
from local_aws.services.iam.service_roles import RoleRefuses

_log = logging.getLogger("local_aws.firehose")
# Nothing is read while so much waits for S3.
_MAX_BUFFERED_BYTES = 256 * 1024 * 1024
# What a record has beside its data in the function's event.
_EVENT_RECORD_BYTES = 450
_MOST_WAIT_SECONDS = 5.0
# Records that arrive within this time are read together.
_LEAST_WAIT_SECONDS = 0.05
_FAILURE_SECONDS = 1.0
StreamAndDestination = tuple[dict[str, Any], Destination]


class Ended(Exception):
    """The delivery stream is deleted, or the server stops."""


class Runner:
    """Serves one delivery stream; `stream` returns its current description, or None when it is deleted."""

    def __init__(
        self,
        scope: tuple[str, str],
        name: str,
        source: KinesisSource,
        buffers: Buffers,
        stream: Callable[[], StreamAndDestination | None],
        time_scale: float,
    ) -> None:
        self.source, self.buffers = source, buffers
        self._scope, self._name, self._stream, self._scale = scope, name, stream, time_scale
        self._awake = threading.Event()
        self._has_ended = False
        # Read, but not transformed; lost at the end, and then read again.
        self._pending: list[SourceRecord] = []
        self._pending_bytes = 0
        self._pending_since = 0.0
        self._last_warning = ""

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, daemon=True, name=f"firehose-{self._name}").start()

    def wake(self) -> None:
        """There may be new records, or the configuration has changed."""
        # Each record that is put calls this, and setting an event takes its lock.
        if not self._awake.is_set():
            self._awake.set()

    def end(self) -> None:
        """End before the next change of the buffers."""
        self._has_ended = True
        self._awake.set()

    def _check_end(self) -> None:
        if self._has_ended:
            raise Ended

    def _warn(self, error: Exception) -> None:
        """Log what keeps the delivery from going on, once."""
        if str(error) != self._last_warning:
            self._last_warning = str(error)
            _log.warning("%s: %s", self._name, error)

    def _run(self) -> None:
        with request_scope(*self._scope):
            while not self._has_ended:
                try:
                    self._serve()
                except Ended:
                    return
                except (DeliveryFailed, RoleRefuses) as error:
                    self._warn(error)
                    time.sleep(_FAILURE_SECONDS)
                except Exception:
                    _log.exception("the delivery stream %s failed, and goes on", self._name)
                    time.sleep(_FAILURE_SECONDS)

    def _serve(self) -> None:
        self._awake.clear()
        current = self._stream()
        if current is None:
            raise Ended
        if regions.is_down(self._scope[1]):
            self._awake.wait(_FAILURE_SECONDS)
            return
        stream, destination = current
        self._read(destination)
        has_processed = self._process_due(stream, destination)
        self._deliver_due(stream, destination)
        if has_processed:
            # There may be records that the batch had no room for.
            return
        seconds = min(self._seconds_of_batch(destination), self._seconds_of_partitions(destination))
        if seconds > 0:
            time.sleep(min(seconds, _LEAST_WAIT_SECONDS))
            self._awake.wait(min(seconds, _MOST_WAIT_SECONDS))

    # ---- reading ----

    def _read(self, destination: Destination) -> None:
        """Read records up to the size of one batch."""
        if self.buffers.partitions.size_bytes > _MAX_BUFFERED_BYTES or self._is_full(destination):
            return
        positions = dict(self.buffers.progress.read)
        for record in self._pending:
            positions[record.position.shard] = record.position.sequence
        for record in self.source.unread(positions):
            if not self._pending:
                self._pending_since = time.monotonic()
            self._pending.append(record)
            self._pending_bytes += record.size_bytes
            if self._is_full(destination):
                return

    def _is_full(self, destination: Destination) -> bool:
        processor = destination.processor
        limit = processor.buffer_bytes if processor is not None else destination.buffer_bytes
        encoded = self._pending_bytes * 4 // 3 + len(self._pending) * _EVENT_RECORD_BYTES
        # The next record may be large: the event stays below the limit of a payload.
        return self._pending_bytes >= limit or (processor is not None and encoded > MAX_PAYLOAD_BYTES * 3 // 4)

    def _seconds_of_batch(self, destination: Destination) -> float:
        """In how many seconds the pending batch is due."""
        if not self._pending:
            return _MOST_WAIT_SECONDS
        seconds = destination.processor.buffer_seconds if destination.processor is not None else 0
        is_due = self._is_full(destination)
        return 0 if is_due else self._pending_since + seconds * self._scale - time.monotonic()

    # ---- transforming ----

    def _process_due(self, stream: dict[str, Any], destination: Destination) -> bool:
        """Transform the pending batch if it is due; returns whether it was."""
        if not self._pending or self._seconds_of_batch(destination) > 0:
            return False
        records = self._pending
        outcome = self._outcome(stream, destination.processor, prefixes.partition_keys(destination.prefix))
        if outcome.failed:
            _log.info("%s: %d records failed: %s", self._name, len(outcome.failed), outcome.failed[0].message)
        exceeding: list[FailedRecord] = []
        write(
            destination,
            error_objects(stream, destination, outcome.failed),
            self._check_end,
            lambda: exceeding.extend(self.buffers.accept(records, outcome)),
        )
        self._pending, self._pending_bytes = [], 0
        if exceeding:
            self._write_errors(stream, destination, exceeding)
        return True

    def _outcome(self, stream: dict[str, Any], processor: LambdaProcessor | None, partition_keys: list[str]) -> Outcome:
        if processor is None:
            return Outcome(
                [OutputRecord(record.without_data(), base64.b64decode(record.data)) for record in self._pending]
            )
        return transformed(processor, stream, self._pending, partition_keys, self._check_end)

    def _write_errors(self, stream: dict[str, Any], destination: Destination, failed: list[FailedRecord]) -> None:
        """Write error documents of records that are read and not settled; repeated until S3 has them."""
        positions = [record.source.position for record in failed]
        while True:
            try:
                objects = error_objects(stream, destination, failed)
                return write(destination, objects, self._check_end, lambda: self.buffers.progress.settle(positions))
            except DeliveryFailed as error:
                self._warn(error)
                time.sleep(_FAILURE_SECONDS)
                self._check_end()

    # ---- delivering ----

    def _seconds_of_partitions(self, destination: Destination) -> float:
        due = self._next_due(destination)
        return _MOST_WAIT_SECONDS if due is None else due[1]

    def _next_due(self, destination: Destination) -> tuple[tuple[str, ...], float] | None:
        return self.buffers.partitions.next_due(destination.buffer_bytes, destination.buffer_seconds * self._scale)

    def _deliver_due(self, stream: dict[str, Any], destination: Destination) -> None:
        while (due := self._next_due(destination)) and due[1] <= 0:
            key = due[0]
            partition = self.buffers.partitions.active[key]
            try:
                objects = objects_of_partition(stream, destination, key, partition.records)
                write(destination, objects, self._check_end, partial(self.buffers.delivered, key))
            except DeliveryFailed as error:
                self._warn(error)
                self.buffers.partitions.note_failure(key)
