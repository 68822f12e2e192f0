"""A request that API Gateway passes on to the function of a REST API, by Lambda proxy integration.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from deploy.errors import DeployError
from deploy.events.occasion import ACCOUNT, REGION, Occasion

_API = "1a2b3c4d5e"
_HOST = f"{_API}.execute-api.{REGION}.amazonaws.com"
_STAGE = "api"
_USER = "11111111-2222-4333-8444-555555555555"
_IDENTITY = (
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "user",
    "userArn",
)
Json = dict[str, Any]


def api(
    occasion: Occasion,
    *,
    method: str = "GET",
    path: str = "/",
    resource: str = "",
    body: str = "",
    user: str = _USER,
    groups: str = "",
) -> Json:
    """Make the event of a request whose ID token a Cognito authorizer has verified.

    `path` may have a query. `resource` is the route, as in `/todos/{todo_id}`; without it, the route is the path.
    `groups` are joined by commas.

    Raises
    ------
    DeployError
        The path does not belong to the resource.
    """
    address = urlsplit(path)
    route, query = resource or address.path, parse_qsl(address.query, keep_blank_values=True)
    headers = {
        "Accept": "*/*",
        "Authorization": "eyJraWQiOiJvbmUifQ.e30.c2lnbmF0dXJl",
        "Host": _HOST,
        "User-Agent": "curl/8.5.0",
        "X-Amzn-Trace-Id": f"Root=1-{int(occasion.seconds):08x}-{occasion.new_id().replace('-', '')[:24]}",
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
        **({"Content-Type": "application/json"} if body else {}),
    }
    return {
        "resource": route,
        "path": address.path,
        "httpMethod": method.upper(),
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _lists(query) or None,
        "pathParameters": _path_parameters(route, address.path) or None,
        "stageVariables": None,
        "requestContext": {
            **_context(occasion, method.upper(), route, address.path),
            "authorizer": {"claims": _claims(occasion, user, groups)},
        },
        "body": body or None,
        "isBase64Encoded": False,
    }


def _lists(query: list[tuple[str, str]]) -> dict[str, list[str]]:
    return {name: [value for other, value in query if other == name] for name, _ in query}


def _path_parameters(route: str, path: str) -> dict[str, str]:
    pattern = re.sub(
        r"\\{(\w+)(\\\+)?\\}", lambda name: f"(?P<{name[1]}>{'.+' if name[2] else '[^/]+'})", re.escape(route)
    )
    match = re.fullmatch(pattern, path)
    if match is None:
        raise DeployError(f"the path {path} does not belong to the resource {route}")
    return match.groupdict()


def _context(occasion: Occasion, method: str, route: str, path: str) -> Json:
    return {
        "resourceId": "a1b2c3",
        "resourcePath": route,
        "httpMethod": method,
        "extendedRequestId": "Ab1Cd2Ef3Gh4Ij5=",
        "requestTime": occasion.at.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "path": f"/{_STAGE}{path}",
        "accountId": ACCOUNT,
        "protocol": "HTTP/1.1",
        "stage": _STAGE,
        "domainPrefix": _API,
        "requestTimeEpoch": occasion.milliseconds,
        "requestId": occasion.new_id(),
        "identity": {**dict.fromkeys(_IDENTITY), "sourceIp": "203.0.113.7", "userAgent": "curl/8.5.0"},
        "domainName": _HOST,
        "deploymentId": "d1e2f3",
        "apiId": _API,
    }


def _claims(occasion: Occasion, user: str, groups: str) -> dict[str, str]:
    """The claims of an ID token, which the authorizer passes on as texts."""
    issued_at = int(occasion.seconds)
    return {
        "sub": user,
        "aud": "1h57kf5cpq17m0eml12EXAMPLE",
        "email_verified": "true",
        "token_use": "id",
        "auth_time": str(issued_at),
        "iss": f"https://cognito-idp.{REGION}.amazonaws.com/{REGION}_Ab1Cd2Ef3",
        "cognito:username": user,
        **({"cognito:groups": groups} if groups else {}),
        "exp": str(issued_at + 300),
        "iat": str(issued_at),
        "email": "jane@example.com",
    }
