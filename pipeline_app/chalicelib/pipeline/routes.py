"""The routes of no subject."""

from chalice.app import Response
from chalicelib.pipeline.composition import PipelineApp
from chalicelib.pipeline.configuration import Configuration, configuration

from common.http import responses
from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes

routes = Routes[PipelineApp](public=True)


@routes.route("GET", "/config", summary="Get the configuration for clients", returns={200: ResponseSpec(Configuration)})
def get_config(pipeline_app: PipelineApp, request: ApiRequest) -> Response:
    """Returns the names of the user pool and its client, and the endpoint of Cognito."""
    return responses.json(configuration(pipeline_app.settings), {"Cache-Control": "public, max-age=300"})
