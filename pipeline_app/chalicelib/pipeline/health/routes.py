"""The route of the pipeline's health."""

from chalice.app import Response
from chalicelib.pipeline.composition import PipelineApp
from chalicelib.pipeline.health.views import DEFAULT_MINUTES, HealthQuery, HealthView, health_response

from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes

routes = Routes[PipelineApp]()


@routes.route(
    "GET",
    "/health",
    summary="Get the pipeline's health",
    query=HealthQuery,
    returns={200: ResponseSpec(HealthView)},
)
def get_health(pipeline_app: PipelineApp, request: ApiRequest, query: HealthQuery) -> Response:
    """Returns what came in, what became of it, what waits in the queues, and how old the oldest record is that waits.

    Records are counted in the minute in which the first of their batch arrived.
    """
    return health_response(pipeline_app.health.read(query.minutes or DEFAULT_MINUTES))
