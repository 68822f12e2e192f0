"""Which consumers run: one for each lane of each readable shard of each served mapping of one kind of stream."""

import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from local_aws.services.lambda_.event_sources.batch import Lane
from local_aws.services.lambda_.event_sources.checkpoints import Checkpoint, checkpoints_of
from local_aws.services.lambda_.event_sources.consumer import Consumer, ConsumerCallbacks
from local_aws.services.lambda_.event_sources.delivery import SubBatch
from local_aws.services.lambda_.event_sources.mapping import Settings
from local_aws.services.lambda_.event_sources.source import Shard, Source


class Owner(NamedTuple):
    """Where a mapping is."""

    account: str
    region: str
    uuid: str


class Name(NamedTuple):
    """What a consumer is for."""

    owner: Owner
    shard: str
    lane: Lane


Mapping = dict[str, Any]


class Lambda(NamedTuple):
    """What the supervisor needs of Lambda; `mapping` and `mappings` give those that are to be served now."""

    mappings: Callable[[], Iterator[tuple[Owner, Mapping]]]
    mapping: Callable[[Owner], Mapping | None]
    matches: Callable[[Mapping, dict[str, Any]], bool]
    invoke: Callable[[Owner, Mapping, list[dict[str, Any]]], dict[str, Any]]
    report: Callable[[Owner, Mapping, Shard, SubBatch, str], None]


class Supervisor:
    """Starts and ends the consumers of one kind of stream."""

    def __init__(self, source: Source, lambda_: Lambda) -> None:
        self._source, self._lambda = source, lambda_
        self._running: dict[Name, tuple[str, Consumer]] = {}
        self._lock = threading.RLock()
        self._has_stopped = False

    def look(self) -> None:
        """Bring the consumers to what the mappings are now."""
        with self._lock:
            if self._has_stopped:
                return
            served = {
                (owner, shard.id): (mapping, shard)
                for owner, mapping in self._lambda.mappings()
                if self._source.owns(mapping["EventSourceArn"])
                for shard in self._source.shards(owner.account, owner.region, mapping["EventSourceArn"])
            }
            self._end_others(served)
            for (owner, _), (mapping, shard) in served.items():
                self._serve(owner, mapping, shard)

    def wake(self, arn: str | None = None) -> None:
        """Say that a stream has records; None: that mappings may have changed."""
        for source_arn, consumer in list(self._running.values()):
            if arn in (None, source_arn):
                consumer.wake()

    def stop(self) -> None:
        """End all consumers; what their functions have not processed is not taken for processed or failed."""
        with self._lock:
            self._has_stopped = True
            for _, consumer in self._running.values():
                consumer.end()

    def start_mapping(self, owner: Owner, mapping: Mapping) -> None:
        """Let a new mapping begin here and now, not when its consumers do."""
        arn, positions = mapping["EventSourceArn"], self._source.positions(*owner)
        if self._source.owns(arn) and not positions:
            shards = self._source.shards(owner.account, owner.region, arn)
            positions.update({shard.id: str(shard.start(mapping)) for shard in shards})

    def _end_others(self, served: dict[tuple[Owner, str], tuple[Mapping, Shard]]) -> None:
        for name, (_, consumer) in self._running.items():
            mapping, _ = served.get((name.owner, name.shard), (None, None))
            if mapping is None or Settings.of(mapping).lanes != name.lane.of:
                consumer.end()

    def _serve(self, owner: Owner, mapping: Mapping, shard: Shard) -> None:
        lanes = Settings.of(mapping).lanes
        running = {name.lane for name in self._running if (name.owner, name.shard) == (owner, shard.id)}
        if len(running) == lanes or any(lane.of != lanes for lane in running):
            # All there; or the lanes of before have not ended, and no key may be in two hands.
            return
        positions = self._source.positions(*owner)
        # A shard that a reading mapping finds new is read from its beginning.
        start = 0 if positions else shard.start(mapping)
        for lane, checkpoint in checkpoints_of(positions, shard.id, lanes, start):
            if lane not in running:
                self._start(Name(owner, shard.id, lane), mapping["EventSourceArn"], shard, checkpoint)

    def _start(self, name: Name, arn: str, shard: Shard, checkpoint: Checkpoint) -> None:
        owner = name.owner
        callbacks = ConsumerCallbacks(
            mapping=lambda: self._lambda.mapping(owner),
            matches=self._lambda.matches,
            invoke=lambda mapping, events: self._lambda.invoke(owner, mapping, events),
            report=lambda mapping, shard, sub_batch, why: self._lambda.report(owner, mapping, shard, sub_batch, why),
            ended=lambda consumer: self._ended(name),
        )
        consumer = Consumer(shard, name.lane, checkpoint, callbacks)
        self._running[name] = (arn, consumer)
        consumer.start()

    def _ended(self, name: Name) -> None:
        with self._lock:
            del self._running[name]
        self.look()
