"""The routes of entitlements."""

from chalice.app import Response
from chalicelib.video.composition import VideoApp
from chalicelib.video.entitlements.views import DEFAULT_LIMIT, EntitlementList, EntitlementQuery

from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes

routes = Routes[VideoApp]()


@routes.route(
    "GET",
    "/entitlements",
    summary="List what you may watch",
    query=EntitlementQuery,
    returns={200: ResponseSpec(EntitlementList, ("Link",))},
)
def list_entitlements(video_app: VideoApp, request: ApiRequest, query: EntitlementQuery) -> Response:
    """Returns the caller's entitlements, those that have ended too.

    If there are more, `Link` has the address of the next page.
    """
    after = video_app.entitlement_views.position(request, query)
    page = video_app.entitlements.page(request.owner, query.limit or DEFAULT_LIMIT, after)
    return video_app.entitlement_views.page(request, query, page, video_app.now())
