"""What a delivery stream has read of its source, and what of that is not yet settled.

A record is settled when S3 has it (as data or as an error document) or the function has dropped it. Nothing is read
again that is before the checkpoint, so the checkpoint of a shard is before its oldest record that is not settled.
"""

from collections.abc import Iterable, Mapping

from local_aws.services.firehose.records import Position


class Progress:
    """The progress of one delivery stream, by shard. It changes on the server's event loop only."""

    def __init__(self, positions: Mapping[str, int]) -> None:
        self.read = dict(positions)
        # The sequence numbers that are not settled, in the order of the shard.
        self._unsettled: dict[str, dict[int, None]] = {}

    def begin(self, positions: Iterable[Position]) -> None:
        """Note records, in the order of their shards, that are read and not settled."""
        for shard, sequence in positions:
            self.read[shard] = max(self.read.get(shard, 0), sequence)
            self._unsettled.setdefault(shard, {})[sequence] = None

    def settle(self, positions: Iterable[Position]) -> None:
        """Note that records are settled."""
        for shard, sequence in positions:
            self._unsettled.get(shard, {}).pop(sequence, None)

    def checkpoints(self) -> dict[str, int]:
        """The position of each shard after which reading must begin again if all buffers are lost."""
        first = {shard: next(iter(sequences)) for shard, sequences in self._unsettled.items() if sequences}
        return {shard: first[shard] - 1 if shard in first else position for shard, position in self.read.items()}
