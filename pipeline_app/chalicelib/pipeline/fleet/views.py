"""The fleet over HTTP."""

from typing import Annotated, Any

import msgspec
from chalice.app import Response
from chalicelib.pipeline.device_id import DeviceId
from chalicelib.pipeline.fleet.alert_items import alert_id
from chalicelib.pipeline.fleet.model import Alert, DeviceState, FleetSummary, Minute, MinuteState, at
from msgspec import Meta

from common.http import responses
from common.http.cursors import Cursors
from common.http.paging import Cursor, next_link, page_size, position
from common.values import Page, Timestamp

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
FIRST_MINUTE, LAST_MINUTE = "0000-00-00T00:00", "9999-99-99T99:99"
PRIVATE = {"Cache-Control": "no-store"}

Number = Annotated[float, Meta(examples=[21.4])]


class FleetView(msgspec.Struct, rename="camel", frozen=True):
    """The fleet in numbers. They are counted once a minute."""

    counted_at: Annotated[Timestamp | None, Meta(description="When they were counted; null before the first time.")]
    devices: Annotated[int, Meta(description="Devices that have ever sent a message.", examples=[250])]
    online: Annotated[int, Meta(description="Those of them that are not silent.", examples=[248])]
    silent: Annotated[int, Meta(description="Those that are.", examples=[2])]
    open_alerts: Annotated[
        dict[str, int], Meta(description="Alerts that are not cleared, by rule.", examples=[{"silence": 2}])
    ]


class AlertView(msgspec.Struct, rename="camel", frozen=True):
    """An alert: a rule that a device has broken."""

    id: Annotated[
        str, Meta(description="Its name at the device.", examples=["2026-11-27T17:05:00.000Z#temperature-high"])
    ]
    device_id: DeviceId
    rule: Annotated[str, Meta(examples=["temperature-high"])]
    value: Annotated[float, Meta(description="The value that raised it; of silence, seconds.", examples=[35.2])]
    limit: Annotated[float, Meta(description="The rule's limit.", examples=[35])]
    raised_at: Timestamp
    cleared_at: Annotated[Timestamp | None, Meta(description="Null while it is open.")]
    cleared_value: Annotated[float | None, Meta(description="The value that cleared it.", examples=[None])]


class ValuesView(msgspec.Struct, frozen=True):
    """The newest value of each measurement; null if the device has never sent it."""

    temperature: Annotated[float | None, Meta(description="Degrees Celsius.", examples=[21.4])] = None
    humidity: Annotated[float | None, Meta(description="Per cent of relative humidity.", examples=[61.5])] = None
    pressure: Annotated[float | None, Meta(description="Hectopascals.", examples=[1013.2])] = None
    battery: Annotated[float | None, Meta(description="Charge, from 0 to 1.", examples=[0.87])] = None


class DeviceView(msgspec.Struct, rename="camel", frozen=True):
    """A device as it is now."""

    id: DeviceId
    url: Annotated[str, Meta(examples=["https://devices.example/api/devices/sensor-07"])]
    last_seen: Annotated[Timestamp, Meta(description="When its last message arrived.")]
    silent: Annotated[bool, Meta(description="Whether no message has arrived for too long.", examples=[False])]
    measured_at: Annotated[Timestamp | None, Meta(description="The device's own time of its newest reading.")]
    measurements: ValuesView
    alerts: Annotated[list[AlertView], Meta(description="Its open alerts.")]


class AggregateView(msgspec.Struct, rename="camel", frozen=True):
    """The values of one measurement in one minute."""

    count: Annotated[int, Meta(examples=[60])]
    mean: Number
    min: Number
    max: Number


class AggregatesView(msgspec.Struct, frozen=True):
    """Each measurement of one minute; null if no reading has it."""

    temperature: AggregateView | None = None
    humidity: AggregateView | None = None
    pressure: AggregateView | None = None
    battery: AggregateView | None = None


class MinuteView(msgspec.Struct, rename="camel", frozen=True):
    """One minute of a device's own time, in UTC."""

    minute: Minute
    readings: Annotated[int, Meta(description="Messages with measurements.", examples=[60])]
    measurements: AggregatesView


class DeviceList(msgspec.Struct, frozen=True):
    """A page of the devices, in no particular order."""

    devices: list[DeviceView]


class MinuteList(msgspec.Struct, frozen=True):
    """A page of a device's minutes, the newest first."""

    minutes: list[MinuteView]


class AlertList(msgspec.Struct, frozen=True):
    """A page of alerts, the newest first."""

    alerts: list[AlertView]


class PageQuery(msgspec.Struct, frozen=True):
    """Which part of the list a page shows."""

    limit: Annotated[int, page_size("items", default=DEFAULT_LIMIT, maximum=MAX_LIMIT)] | None = None
    cursor: Cursor | None = None


class MinutesQuery(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """Which minutes a list has, and which part of it a page shows."""

    first: Annotated[Minute | None, Meta(description="The first minute.")] = None
    last: Annotated[Minute | None, Meta(description="The last minute.")] = None
    limit: Annotated[int, page_size("minutes", default=DEFAULT_LIMIT, maximum=MAX_LIMIT)] | None = None
    cursor: Cursor | None = None


class FleetViews:
    """Writes devices, minutes and alerts for clients."""

    def __init__(self, public_url: str, cursors: Cursors) -> None:
        self._url = f"{public_url.rstrip('/')}/api"
        self._cursors = cursors

    def position(self, path: str, query: Any) -> str | None:
        """Return the position that the query's cursor holds; `path` names the list."""
        return position(self._cursors, path, query)

    def fleet(self, summary: FleetSummary | None) -> Response:
        """Answer with the fleet in numbers."""
        if summary is None:
            return responses.json(FleetView(None, 0, 0, 0, {}), PRIVATE)
        view = FleetView(
            counted_at=at(summary.at),
            devices=summary.online + summary.silent,
            online=summary.online,
            silent=summary.silent,
            open_alerts=summary.open_alerts,
        )
        return responses.json(view, PRIVATE)

    def device(self, state: DeviceState) -> Response:
        """Answer with one device."""
        return responses.json(self._device(state), PRIVATE)

    def devices(self, path: str, query: PageQuery, page: Page[DeviceState]) -> Response:
        """Answer with a page of devices."""
        devices = DeviceList([self._device(state) for state in page.items])
        return self._page(devices, path, query, page.next_after)

    def minutes(self, path: str, query: MinutesQuery, page: Page[MinuteState]) -> Response:
        """Answer with a page of minutes."""
        return self._page(MinuteList([_minute(minute) for minute in page.items]), path, query, page.next_after)

    def alerts(self, path: str, query: PageQuery, page: Page[Alert]) -> Response:
        """Answer with a page of alerts."""
        return self._page(AlertList([_alert(alert) for alert in page.items]), path, query, page.next_after)

    def _page(self, body: Any, path: str, query: Any, after: str | None) -> Response:
        link = next_link(self._cursors, self._url + path, path, query, after) if after else {}
        return responses.json(body, {**PRIVATE, **link})

    def _device(self, state: DeviceState) -> DeviceView:
        return DeviceView(
            id=state.device_id,
            url=f"{self._url}/devices/{state.device_id}",
            last_seen=at(state.last_seen),
            silent=state.is_silent,
            measured_at=None if state.event_time is None else at(state.event_time),
            measurements=ValuesView(**state.measurements),
            alerts=[_alert(alert) for _, alert in sorted(state.alerts.items())],
        )


def _alert(alert: Alert) -> AlertView:
    return AlertView(
        id=alert_id(alert),
        device_id=alert.device_id,
        rule=alert.rule,
        value=alert.value,
        limit=alert.limit,
        raised_at=at(alert.raised_at),
        cleared_at=None if alert.cleared_at is None else at(alert.cleared_at),
        cleared_value=alert.cleared_value,
    )


def _minute(minute: MinuteState) -> MinuteView:
    measurements = {
        name: AggregateView(values.count, values.sum / values.count, values.min, values.max)
        for name, values in minute.measurements.items()
    }
    return MinuteView(minute.minute, minute.readings, AggregatesView(**measurements))
