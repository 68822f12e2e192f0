"""The routes of the fleet."""

from chalice.app import Response
from chalicelib.pipeline.composition import PipelineApp
from chalicelib.pipeline.device_id import DeviceId
from chalicelib.pipeline.errors import DeviceNotFound
from chalicelib.pipeline.fleet.model import DeviceState
from chalicelib.pipeline.fleet.views import (
    DEFAULT_LIMIT,
    FIRST_MINUTE,
    LAST_MINUTE,
    AlertList,
    DeviceList,
    DeviceView,
    FleetView,
    MinuteList,
    MinutesQuery,
    PageQuery,
)

from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes
from common.values import parse

routes = Routes[PipelineApp]()


@routes.route("GET", "/fleet", summary="Get the fleet in numbers", returns={200: ResponseSpec(FleetView)})
def get_fleet(pipeline_app: PipelineApp, request: ApiRequest) -> Response:
    """Returns how many devices there are, are online and are silent, and the open alerts. Counted once a minute."""
    return pipeline_app.fleet_views.fleet(pipeline_app.minutes.summary())


@routes.route(
    "GET",
    "/devices",
    summary="List the devices",
    query=PageQuery,
    returns={200: ResponseSpec(DeviceList, ("Link",))},
)
def list_devices(pipeline_app: PipelineApp, request: ApiRequest, query: PageQuery) -> Response:
    """Returns a page of the devices that have sent a message, each as it is now, in no particular order.

    If there are more, `Link` has the address of the next page.
    """
    views, path = pipeline_app.fleet_views, "/devices"
    page = pipeline_app.devices.page(query.limit or DEFAULT_LIMIT, views.position(path, query))
    return views.devices(path, query, page)


@routes.route(
    "GET",
    "/devices/{device_id}",
    summary="Get a device",
    returns={200: ResponseSpec(DeviceView)},
    raises=(DeviceNotFound,),
)
def get_device(pipeline_app: PipelineApp, request: ApiRequest, device_id: DeviceId) -> Response:
    """Returns a device's newest values and its open alerts."""
    return pipeline_app.fleet_views.device(_device(pipeline_app, _device_id(device_id)))


@routes.route(
    "GET",
    "/devices/{device_id}/minutes",
    summary="List a device's minutes",
    query=MinutesQuery,
    returns={200: ResponseSpec(MinuteList, ("Link",))},
    raises=(DeviceNotFound,),
)
def list_minutes(pipeline_app: PipelineApp, request: ApiRequest, query: MinutesQuery, device_id: DeviceId) -> Response:
    """Returns a page of a device's minutes with their mean, lowest and highest values, the newest first.

    A minute is one of the device's own time, in UTC; minutes without a reading are left out. If there are more, `Link`
    has the address of the next page.
    """
    views, path = pipeline_app.fleet_views, f"/devices/{_device_id(device_id)}/minutes"
    between = query.first or FIRST_MINUTE, query.last or LAST_MINUTE
    page = pipeline_app.minutes.page(device_id, between, query.limit or DEFAULT_LIMIT, views.position(path, query))
    if not page.items:
        _device(pipeline_app, device_id)
    return views.minutes(path, query, page)


@routes.route(
    "GET",
    "/devices/{device_id}/alerts",
    summary="List a device's alerts",
    query=PageQuery,
    returns={200: ResponseSpec(AlertList, ("Link",))},
    raises=(DeviceNotFound,),
)
def list_alerts_of_device(
    pipeline_app: PipelineApp, request: ApiRequest, query: PageQuery, device_id: DeviceId
) -> Response:
    """Returns a page of a device's alerts, those that are cleared too, the newest first."""
    views, path = pipeline_app.fleet_views, f"/devices/{_device_id(device_id)}/alerts"
    page = pipeline_app.alerts.page(device_id, query.limit or DEFAULT_LIMIT, views.position(path, query))
    if not page.items:
        _device(pipeline_app, device_id)
    return views.alerts(path, query, page)


@routes.route(
    "GET",
    "/alerts",
    summary="List the open alerts",
    query=PageQuery,
    returns={200: ResponseSpec(AlertList, ("Link",))},
)
def list_open_alerts(pipeline_app: PipelineApp, request: ApiRequest, query: PageQuery) -> Response:
    """Returns a page of all devices' alerts that are not cleared, the newest first."""
    views, path = pipeline_app.fleet_views, "/alerts"
    page = pipeline_app.alerts.open_page(query.limit or DEFAULT_LIMIT, views.position(path, query))
    return views.alerts(path, query, page)


def _device(pipeline_app: PipelineApp, device_id: str) -> DeviceState:
    state = pipeline_app.devices.get(device_id)
    if state is None:
        raise DeviceNotFound("No message of this device has arrived.")
    return state


def _device_id(device_id: str) -> str:
    return parse(device_id, DeviceId, DeviceNotFound("No message of this device has arrived."))
