"""Loads that are parked, and their retry by an operator."""

from chalicelib.pipeline.warehouse.model import MOST_ATTEMPTS, LoadRecord
from chalicelib.pipeline.warehouse.ports import LoadQueue, Loads
from msgspec.structs import replace


def retry_parked(loads: Loads, queue: LoadQueue) -> list[LoadRecord]:
    """Load all parked reports again; returns what was parked."""
    parked = list(loads.parked())
    for record in parked:
        load = record.load
        queue.load_later(replace(load, attempt=load.attempt + 1, last_attempt=load.attempt + MOST_ATTEMPTS), 0)
    return parked
