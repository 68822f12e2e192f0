"""Says to an operator what a reconciliation has found."""

from collections.abc import Iterator

from operations.counts import counted
from operations.reconciliation.comparison import Differences

MOST_LINES = 200


def summary(differences: Differences) -> str:
    """Say what was compared and how much of it is wrong, then name each message and count that is wrong or waits."""
    return "\n".join(_lines(differences))


def _lines(differences: Differences) -> Iterator[str]:
    yield (
        f"{counted(differences.messages, 'message')}: {len(differences.missing)} missing, "
        f"{len(differences.double)} double, {differences.on_their_way} on their way; "
        f"{counted(differences.extra_rows, 'repeated row')} in S3"
    )
    yield (
        f"{counted(differences.counts, 'count')} in the warehouse, of a device's messages in an hour: "
        f"{len(differences.too_low)} too low, {len(differences.too_high)} too high, "
        f"{len(differences.waiting)} waiting for the hour's next report"
    )
    kinds = {
        "missing": differences.missing,
        "double": differences.double,
        "too low": differences.too_low,
        "too high": differences.too_high,
        "waiting": differences.waiting,
    }
    named = [f"{kind}: {one}" for kind, entries in kinds.items() for one in entries]
    yield from named[:MOST_LINES]
    if len(named) > MOST_LINES:
        yield f"and {len(named) - MOST_LINES} more"
