"""Starts and ends consumers: one for each lane of each readable shard of each enabled mapping."""

import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from local_aws.services.kinesis.reader import readable
from local_aws.services.lambda_.event_sources.batch import Lane
from local_aws.services.lambda_.event_sources.checkpoints import Checkpoint, checkpoints_of, position
from local_aws.services.lambda_.event_sources.consumer import Consumer, ConsumerCallbacks
from local_aws.services.lambda_.event_sources.delivery import SubBatch
from local_aws.services.lambda_.event_sources.mapping_settings import MappingSettings
from local_aws.services.lambda_.event_sources.source import Shard, Source


class MappingId(NamedTuple):
    """The identity of a mapping."""

    account: str
    region: str
    uuid: str


class ConsumerId(NamedTuple):
    """The identity of a consumer."""

    mapping_id: MappingId
    shard: str
    lane: Lane


Mapping = dict[str, Any]


class LambdaCallbacks(NamedTuple):
    """The supervisor's calls to Lambda; `mapping` and `mappings` return only mappings that must be served now."""

    mappings: Callable[[], Iterator[tuple[MappingId, Mapping]]]
    mapping: Callable[[MappingId], Mapping | None]
    matches: Callable[[Mapping, dict[str, Any]], bool]
    invoke: Callable[[MappingId, Mapping, list[dict[str, Any]]], dict[str, Any]]
    report: Callable[[MappingId, Mapping, Shard, SubBatch, str], None]


class Supervisor:
    """Starts and ends the consumers of one kind of stream."""

    def __init__(self, source: Source, lambda_: LambdaCallbacks) -> None:
        self._source, self._lambda = source, lambda_
        self._running: dict[ConsumerId, tuple[str, Consumer]] = {}
        self._lock = threading.RLock()
        self._has_stopped = False

    def reconcile(self) -> None:
        """Start and end consumers so that they match the current mappings."""
        with self._lock:
            if self._has_stopped:
                return
            served = {
                (mapping_id, shard.id): (mapping, shard)
                for mapping_id, mapping in self._lambda.mappings()
                if self._source.owns(mapping["EventSourceArn"])
                for shard in self._readable(mapping_id, mapping)
            }
            self._end_unserved(served)
            for (mapping_id, _), (mapping, shard) in served.items():
                self._serve(mapping_id, mapping, shard)

    def wake(self, arn: str | None = None) -> None:
        """Wake the consumers of a stream that has new records; None wakes all, when mappings may have changed."""
        for source_arn, consumer in list(self._running.values()):
            if arn in (None, source_arn):
                consumer.wake()

    def stop(self) -> None:
        """End all consumers. Records that their functions have not processed are neither processed nor failed."""
        with self._lock:
            self._has_stopped = True
            for _, consumer in self._running.values():
                consumer.end()

    def start_mapping(self, mapping_id: MappingId, mapping: Mapping) -> None:
        """Set a new mapping's position in all shards; shards that are created later are read from their begin."""
        arn = mapping["EventSourceArn"]
        if not self._source.owns(arn):
            return
        positions = self._source.positions(*mapping_id)
        if not positions:
            shards = self._source.shards(mapping_id.account, mapping_id.region, arn)
            positions.update({shard.id: str(shard.start(mapping)) for shard in shards})

    def _readable(self, mapping_id: MappingId, mapping: Mapping) -> list[Shard]:
        """The shards that the mapping may read now."""
        self.start_mapping(mapping_id, mapping)
        positions = self._source.positions(*mapping_id)
        shards = self._source.shards(mapping_id.account, mapping_id.region, mapping["EventSourceArn"])
        return readable(shards, lambda shard: position(positions, shard.id))

    def _end_unserved(self, served: dict[tuple[MappingId, str], tuple[Mapping, Shard]]) -> None:
        for consumer_id, (_, consumer) in self._running.items():
            mapping, _ = served.get((consumer_id.mapping_id, consumer_id.shard), (None, None))
            if mapping is None or MappingSettings.from_mapping(mapping).lanes != consumer_id.lane.of:
                consumer.end()

    def _serve(self, mapping_id: MappingId, mapping: Mapping, shard: Shard) -> None:
        lanes = MappingSettings.from_mapping(mapping).lanes
        running = {
            consumer_id.lane
            for consumer_id in self._running
            if (consumer_id.mapping_id, consumer_id.shard) == (mapping_id, shard.id)
        }
        if len(running) == lanes or any(lane.of != lanes for lane in running):
            # All consumers run; or lanes of an older ParallelizationFactor do, and two consumers must not share a key.
            return
        positions = self._source.positions(*mapping_id)
        for lane, checkpoint in checkpoints_of(positions, shard.id, lanes):
            if lane not in running:
                self._start(ConsumerId(mapping_id, shard.id, lane), mapping["EventSourceArn"], shard, checkpoint)

    def _start(self, consumer_id: ConsumerId, arn: str, shard: Shard, checkpoint: Checkpoint) -> None:
        mapping_id = consumer_id.mapping_id
        callbacks = ConsumerCallbacks(
            mapping=lambda: self._lambda.mapping(mapping_id),
            matches=self._lambda.matches,
            invoke=lambda mapping, events: self._lambda.invoke(mapping_id, mapping, events),
            report=lambda mapping, shard, sub_batch, why: self._lambda.report(
                mapping_id, mapping, shard, sub_batch, why
            ),
            ended=lambda consumer: self._remove(consumer_id),
        )
        consumer = Consumer(shard, consumer_id.lane, checkpoint, callbacks)
        self._running[consumer_id] = (arn, consumer)
        consumer.start()

    def _remove(self, consumer_id: ConsumerId) -> None:
        with self._lock:
            del self._running[consumer_id]
        self.reconcile()
