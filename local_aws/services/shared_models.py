"""Lets MiniStack use the service models that the server has read already.

MiniStack reads and decodes a service's model anew for each of its questions: the routes, the operations that take tags,
those without credentials, and the content type of responses. The first call of each service took 20 to 100 ms.
"""

from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.model import ServiceModel
from ministack.core import responses

from local_aws import service_models
from local_aws.hooks import replaces


@replaces("ministack.core.responses:_service_model")
def _service_model(service: str) -> ServiceModel | None:
    """Replace MiniStack's function: the model, or None of a service that botocore does not know."""
    try:
        return service_models.service_model(responses._BOTOCORE_NAME.get(service, service))
    except UnknownServiceError:
        return None


@replaces("ministack.core.iam_actions:_load_botocore_model")
def _description(botocore_service: str) -> dict[str, Any]:
    """Replace MiniStack's function: the model's JSON, empty for a service that botocore does not know."""
    try:
        return service_models.description(botocore_service)
    except UnknownServiceError:
        return {}
