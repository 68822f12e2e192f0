"""Versions of a secret are written once.

AWS: PutSecretValue with the ClientRequestToken of a version does nothing if the value is the same, and fails otherwise.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
Lacking here: MiniStack replaces the version.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import secretsmanager

from local_aws.hooks import wraps

_VALUES = ("SecretString", "SecretBinary")


@wraps("ministack.services.secretsmanager:_put_secret_value")
def _put_secret_value(put: Callable[[dict[str, Any]], Any], data: dict[str, Any]) -> Any:
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    version = (secret or {}).get("Versions", {}).get(data.get("ClientRequestToken"))
    if version is not None and any(version.get(name) != data.get(name) for name in _VALUES):
        message = "A resource with the ID you requested already exists."
        return error_response_json("ResourceExistsException", message, 400)
    return put(data)
