"""AWS::SecretsManager::Secret: Ref is the secret's ARN, and a generated value follows its rules.

On AWS `Ref` returns the ARN, as `GetAtt Id` does, and GenerateSecretString has the options of GetRandomPassword
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-secretsmanager-secret.html).
In this MiniStack `Ref` is the name, so a policy that names the secret by `Ref` works differently on AWS. Of the options
it applies only the length and ExcludeCharacters, and its generator is not a cryptographic one.

Stacks from before this module have the name as their secret's physical id. Both are accepted.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.services import secretsmanager
from ministack.services.cloudformation import drift

from local_aws.hooks import put, replaces, wraps

_TYPE = "AWS::SecretsManager::Secret"
_HANDLERS = f"ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS[{_TYPE}]"
Json = dict[str, Any]
Made = tuple[str, Json]


@wraps(f"{_HANDLERS}[create]")
def _create(create: Callable[..., Made], logical_id: str, props: Json, stack_name: str) -> Made:
    return _by_arn(create(logical_id, props, stack_name))


@wraps(f"{_HANDLERS}[update]")
def _update(
    update: Callable[..., Made], secret: str, old: Json, new: Json, stack_name: str, logical_id: str | None = None
) -> Made:
    return _by_arn(update(_name(secret), old, new, stack_name, logical_id))


@wraps(f"{_HANDLERS}[delete]")
def _delete(delete: Callable[..., Any], secret: str, props: Json) -> Any:
    return delete(_name(secret), props)


def _read_for_drift(secret: str, props: Json) -> Any:
    return _READ(_name(secret), props)


_READ, _COMPARED_PROPERTIES = drift._DRIFT_READERS[_TYPE]
put(
    f"ministack.services.cloudformation.drift:_DRIFT_READERS[{_TYPE}]",
    (_read_for_drift, _COMPARED_PROPERTIES),
    __name__,
)


def _by_arn(made: Made) -> Made:
    _, attributes = made
    return attributes["Id"], attributes


def _name(secret: str) -> str:
    """The key that MiniStack keeps a secret under; a deleted secret keeps its own name."""
    name, _ = secretsmanager._resolve(secret)
    return name or secret


@replaces("ministack.services.cloudformation.provisioners:_sm_secret_string")
def _secret_string(props: Json) -> str:
    rules = props.get("GenerateSecretString")
    if props.get("SecretString") or not rules:
        return props.get("SecretString") or ""
    password = _password(rules)
    if not rules.get("SecretStringTemplate"):
        return password
    return json.dumps({**json.loads(rules["SecretStringTemplate"]), rules["GenerateStringKey"]: password})


def _password(rules: Json) -> str:
    status, _, body = secretsmanager._get_random_password({name: _typed(value) for name, value in rules.items()})
    answer = json.loads(body)
    if status != 200:
        raise ValueError(f"{_TYPE}: {answer['message']}")
    return str(answer["RandomPassword"])


def _typed(value: Any) -> Any:
    """A template may write numbers and booleans as text."""
    if isinstance(value, str) and (value.isdecimal() or value in ("true", "false")):
        return json.loads(value)
    return value
