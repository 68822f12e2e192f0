"""AWS::SecretsManager::Secret: Ref is the secret's ARN, and a generated value keeps to its rules.

AWS: `Ref` gives the ARN, as `GetAtt Id` does, and GenerateSecretString takes what GetRandomPassword takes
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-secretsmanager-secret.html).
Lacking here: MiniStack's `Ref` is the name, so a policy that names the secret by `Ref` is refused by AWS only, or the
other way round; it heeds length and ExcludeCharacters alone, and its generator is not a cryptographic one.
Hooked at: the type's handlers, the reader of drift detection, and `provisioners._sm_secret_string`.
Stacks from before this have the name as their secret's physical id: both are taken.
"""

import json
from typing import Any

from ministack.services import secretsmanager
from ministack.services.cloudformation import drift, provisioners

from local_aws.hooks import Hook
from local_aws.settings import Settings

_TYPE = "AWS::SecretsManager::Secret"
_PROVISIONERS = "ministack.services.cloudformation.provisioners"
HOOKS = (
    Hook(f"{_PROVISIONERS}:_RESOURCE_HANDLERS", "type:dict"),
    Hook(f"{_PROVISIONERS}:_sm_secret_string", "props"),
    Hook(f"{_PROVISIONERS}:_sm_secret_create", "logical_id,props,stack_name"),
    Hook(f"{_PROVISIONERS}:_sm_secret_update", "physical_id,old_props,new_props,stack_name,logical_id"),
    Hook(f"{_PROVISIONERS}:_sm_secret_delete", "physical_id,props"),
    Hook("ministack.services.cloudformation.drift:_DRIFT_READERS", "type:dict"),
    Hook("ministack.services.secretsmanager:_resolve", "secret_id,use_arn_scope"),
    Hook("ministack.services.secretsmanager:_get_random_password", "data"),
)
Json = dict[str, Any]
Made = tuple[str, Json]


def install(settings: Settings) -> None:
    """Put the ARN in the place of the name."""
    handlers = provisioners._RESOURCE_HANDLERS[_TYPE]
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]
    read, known = drift._DRIFT_READERS[_TYPE]

    def made(logical_id: str, props: Json, stack_name: str) -> Made:
        return _by_arn(create(logical_id, props, stack_name))

    def changed(secret: str, old: Json, new: Json, stack_name: str, logical_id: str | None = None) -> Made:
        return _by_arn(update(_name(secret), old, new, stack_name, logical_id))

    handlers |= {"create": made, "update": changed, "delete": lambda secret, props: delete(_name(secret), props)}
    drift._DRIFT_READERS[_TYPE] = (lambda secret, props: read(_name(secret), props), known)
    provisioners._sm_secret_string = _secret_string


def _by_arn(made: Made) -> Made:
    _, attributes = made
    return attributes["Id"], attributes


def _name(secret: str) -> str:
    """The key that MiniStack keeps a secret under; what is gone keeps its own name."""
    name, _ = secretsmanager._resolve(secret)
    return name or secret


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
