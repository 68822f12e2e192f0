"""Stores the checkpoint of each lane of a shard, in the state that MiniStack saves with its mappings.

A mapping's positions are `{"<shard>": "<sequence number>"}`, with more than one lane `{"<shard> <lane>/<lanes>": ...}`.
When the number of lanes changes, the new lanes begin at the lowest checkpoint of the old ones: no record is lost, and
records that faster lanes have processed are delivered again.
"""

from local_aws.services.lambda_.event_sources.batch import Lane


def position(positions: dict[str, str], shard_id: str) -> int:
    """The lowest checkpoint of a shard's lanes; 0 if the mapping has not read the shard yet."""
    return min((int(value) for name, value in positions.items() if _shard_of(name) == shard_id), default=0)


def _shard_of(name: str) -> str:
    return name.partition(" ")[0]


class Checkpoint:
    """The checkpoint of one lane."""

    def __init__(self, positions: dict[str, str], shard_id: str, lane: Lane, start: int) -> None:
        self._positions = positions
        self._name = shard_id if lane.of == 1 else f"{shard_id} {lane.number}/{lane.of}"
        if self._name not in positions:
            self._positions[self._name] = str(start)

    @property
    def sequence(self) -> int:
        """Everything up to this sequence number is processed or discarded."""
        return int(self._positions[self._name])

    def move_to(self, sequence: int) -> None:
        """Set the checkpoint: everything up to this sequence number is processed or discarded."""
        self._positions[self._name] = str(sequence)


def checkpoints_of(positions: dict[str, str], shard_id: str, lanes: int) -> list[tuple[Lane, Checkpoint]]:
    """The lanes of a shard with their checkpoints; a shard that the mapping has not read yet is read from its begin."""
    start = 0
    current_lanes = [Lane(number, lanes) for number in range(lanes)]
    saved = {name for name in positions if _shard_of(name) == shard_id}
    current_names = {shard_id} if lanes == 1 else {f"{shard_id} {lane.number}/{lanes}" for lane in current_lanes}
    if saved and saved != current_names:
        start = position(positions, shard_id)
        for name in saved:
            del positions[name]
    return [(lane, Checkpoint(positions, shard_id, lane, start)) for lane in current_lanes]
