"""Numbers the records of all streams, in the order in which they arrive, also after a restart.

A sequence number is a decimal number without leading zeros that grows in each shard
(https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html,
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Record.html). AWS's have 56 digits. Here they grow over all
shards, so that a child's are higher than its parents'.

MiniStack's have leading zeros, which the API does not accept, and go back if the clock does.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.services import kinesis

from local_aws.hooks import replaces, wraps

_LEAST = 49 * 10**54
# Room for many records in each microsecond.
_PER_MICROSECOND = 10**9
_lock = threading.Lock()
_last = 0


@replaces("ministack.services.kinesis:_next_sequence_number")
def next_sequence_number() -> str:
    """A number above all earlier ones: 56 digits, so that the order of the texts is the order of the numbers."""
    global _last
    with _lock:
        _last = max(_last + 1, _LEAST + time.time_ns() // 1000 * _PER_MICROSECOND)
        return str(_last)


@replaces("ministack.services.kinesis:get_state")
def _state() -> dict[str, Any]:
    """The saved state. A forked process saves it, so that no copy is needed; MiniStack copies each record."""
    return {
        "streams": kinesis._streams,
        "resource_policies": kinesis._resource_policies,
        "last_sequence_number": str(_last),
    }


@wraps("ministack.services.kinesis:load_persisted_state")
def _load_last_number(load: Callable[[Any], Any], data: dict[str, Any] | None) -> Any:
    global _last
    _last = max(_last, int((data or {}).get("last_sequence_number", 0)))
    return load(data)
