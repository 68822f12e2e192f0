"""Reads the security schemes of an OpenAPI document: authorizers, and the authorization of methods.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
"""

from dataclasses import dataclass, field
from typing import Any

from local_aws.services.apigateway.openapi.integration import InvalidDefinition

Json = dict[str, Any]

_AUTHORIZER_TYPES = {"cognito_user_pools": "COGNITO_USER_POOLS", "token": "TOKEN", "request": "REQUEST"}
_CARRIED = ("authorizerCredentials", "identityValidationExpression", "authorizerResultTtlInSeconds")


@dataclass(frozen=True)
class Authorizer:
    """One security scheme: an authorizer, IAM (`settings` is None), or an API key (`is_api_key`)."""

    name: str
    settings: Json | None = None
    is_api_key: bool = False

    @property
    def authorization_type(self) -> str:
        """The `authorizationType` of a method that requires this scheme."""
        if self.settings is None:
            return "AWS_IAM"
        return "COGNITO_USER_POOLS" if self.settings["type"] == "COGNITO_USER_POOLS" else "CUSTOM"


@dataclass(frozen=True)
class Security:
    """The authorization that one method requires."""

    authorization_type: str = "NONE"
    authorizer: str | None = None
    scopes: list[str] = field(default_factory=list)
    api_key_required: bool = False


def authorizers(schemes: Json) -> list[Authorizer]:
    """The schemes that API Gateway enforces. As on AWS, others are documentation only."""
    enforceable = (_authorizer(name, scheme) for name, scheme in schemes.items())
    return [each for each in enforceable if each is not None]


def _authorizer(name: str, scheme: Json) -> Authorizer | None:
    extension = scheme.get("x-amazon-apigateway-authorizer")
    if extension is not None:
        return Authorizer(name, _settings(name, scheme, extension))
    if str(scheme.get("x-amazon-apigateway-authtype", "")).lower() == "awssigv4":
        return Authorizer(name)
    if scheme.get("type") == "apiKey" and str(scheme.get("name", "")).lower() == "x-api-key":
        return Authorizer(name, is_api_key=True)
    return None


def _settings(name: str, scheme: Json, extension: Json) -> Json:
    authorizer_type = _AUTHORIZER_TYPES.get(str(extension.get("type", "")).lower())
    if authorizer_type is None:
        raise InvalidDefinition(f"Unable to create authorizer '{name}': unknown type '{extension.get('type')}'.")
    needed = "providerARNs" if authorizer_type == "COGNITO_USER_POOLS" else "authorizerUri"
    if not extension.get(needed):
        raise InvalidDefinition(f"Unable to create authorizer '{name}': its {needed} is missing.")
    settings = {
        "name": name,
        "type": authorizer_type,
        "authType": str(scheme.get("x-amazon-apigateway-authtype") or authorizer_type.lower()),
        "identitySource": extension.get("identitySource") or _identity_source(scheme),
        needed: extension[needed],
    }
    return settings | {key: extension[key] for key in _CARRIED if extension.get(key) is not None}


def _identity_source(scheme: Json) -> str:
    location = "querystring" if scheme.get("in") == "query" else "header"
    return f"method.request.{location}.{scheme.get('name') or 'Authorization'}"


def method_security(where: str, requirements: list[Json] | None, schemes: list[Authorizer]) -> Security:
    """Read one operation's `security`. The first authorizer that it names applies.

    Raises
    ------
    InvalidDefinition
        No authorizer enforces the scheme, so an import would leave the method open.
    """
    by_name = {each.name: each for each in schemes}
    authorizer, scopes, api_key = None, [], False
    for name, scheme_scopes in ((name, scopes) for each in requirements or [] for name, scopes in each.items()):
        if name not in by_name:
            raise InvalidDefinition(f"Unable to put {where}: no security scheme '{name}' that API Gateway can enforce.")
        api_key = api_key or by_name[name].is_api_key
        if authorizer is None and not by_name[name].is_api_key:
            authorizer, scopes = by_name[name], list(scheme_scopes or [])
    if authorizer is None:
        return Security(api_key_required=api_key)
    return Security(authorizer.authorization_type, authorizer.name if authorizer.settings else None, scopes, api_key)
