"""The use case that runs each minute: finds devices that have fallen silent, and counts the fleet."""

from collections.abc import Callable

from chalicelib.pipeline.fleet.model import SILENCE, FleetSummary, StateConflict
from chalicelib.pipeline.fleet.ports import DeviceStates, OpenAlerts, Summaries, WatchList
from chalicelib.pipeline.fleet.tracking import fall_silent
from msgspec.structs import replace

# Those beyond that are found in the next minute. One takes some 20 ms, and the function has a minute.
MOST_AT_ONCE = 1000


class FleetWatch:
    """Watches the fleet; `silence_ms` is the time after which a device counts as silent."""

    def __init__(
        self,
        *,
        states: DeviceStates,
        watch_list: WatchList,
        open_alerts: OpenAlerts,
        summaries: Summaries,
        silence_ms: int,
        now: Callable[[], int],
    ) -> None:
        self._states = states
        self._watch_list = watch_list
        self._open_alerts = open_alerts
        self._summaries = summaries
        self._silence_ms = silence_ms
        self._now = now

    def run(self) -> FleetSummary:
        """Raise the alerts of silent devices, and replace the summary."""
        now = self._now()
        for device_id in self._watch_list.not_seen_since(now - self._silence_ms, MOST_AT_ONCE):
            self._check(device_id, now)
        alerts = self._open_alerts.count_by_rule()
        summary = FleetSummary(
            at=now,
            online=self._watch_list.count_seen_since(now - self._silence_ms),
            silent=alerts.get(SILENCE, 0),
            open_alerts=alerts,
        )
        self._summaries.put(summary)
        return summary

    def _check(self, device_id: str, now: int) -> None:
        state = self._states.read([device_id]).get(device_id)
        if state is None:
            return
        after, alerts = fall_silent(state, now, self._silence_ms)
        if not alerts:
            return
        try:
            self._states.write(state, replace(after, version=state.version + 1), alerts)
        except StateConflict:
            # A message has arrived meanwhile: the device is not silent.
            return
