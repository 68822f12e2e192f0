"""botocore's models of the services, each read and decoded once for all modules of the server."""

import json
import threading
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore.loaders import JSONFileLoader, Loader
from botocore.model import ServiceModel


class PlainJsonFiles(JSONFileLoader):
    """Decodes the files to dict. botocore decodes them to OrderedDict, which takes half as much memory again."""

    def _load_file(self, full_path: str, open_method: Any) -> Any:
        if not Path(full_path).is_file():
            return None
        with open_method(full_path, "rb") as file:
            return json.loads(file.read())


# Each session reads and decodes the models anew. A session is not safe for use by several threads at one time:
# https://docs.aws.amazon.com/boto3/latest/guide/session.html
_session = botocore.session.get_session()
_session.register_component("data_loader", Loader(file_loader=PlainJsonFiles()))
_lock = threading.RLock()


@cache
def service_model(service: str) -> ServiceModel:
    """The model of a service.

    Raises
    ------
    UnknownServiceError
        botocore does not know the service by this name.
    """
    with _lock:
        return _session.get_service_model(service)


def description(service: str) -> dict[str, Any]:
    """The JSON from which the model is made; the caller does not change it. Errors are those of `service_model`."""
    with _lock:
        found: dict[str, Any] = _session.get_component("data_loader").load_service_model(service, "service-2")
        return found


def create_client(service: str, **options: Any) -> Any:
    """A botocore client; the options are those of `botocore.session.Session.create_client`."""
    with _lock:
        return _session.create_client(service, **options)
