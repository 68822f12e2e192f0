"""Where each lane of a shard is, kept by mapping in what MiniStack saves with its mappings.

A mapping's positions are `{"<shard>": "<sequence number>"}`, with more than one lane `{"<shard> <lane>/<lanes>": ...}`.
When the number of lanes changes, the new ones begin where the slowest of the old ones is: nothing is left out, and what
the faster ones had done comes again.
"""

from local_aws.services.lambda_.event_sources.batch import Lane


class Checkpoint:
    """One lane's position."""

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
        """Say that everything up to there is."""
        self._positions[self._name] = str(sequence)


def checkpoints_of(positions: dict[str, str], shard_id: str, lanes: int, start: int) -> list[tuple[Lane, Checkpoint]]:
    """The places of a shard's lanes; `start` is for a shard that the mapping has not read yet."""
    wanted = [Lane(number, lanes) for number in range(lanes)]
    known = {name: position for name, position in positions.items() if name.partition(" ")[0] == shard_id}
    current = {shard_id} if lanes == 1 else {f"{shard_id} {lane.number}/{lanes}" for lane in wanted}
    if known and set(known) != current:
        start = min(int(position) for position in known.values())
        for name in known:
            del positions[name]
    return [(lane, Checkpoint(positions, shard_id, lane, start)) for lane in wanted]
