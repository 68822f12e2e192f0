"""Authorizers: which tokens are accepted, the responses to others, and what the function gets."""

import base64
import hashlib
import hmac
import json
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local_aws.tests.apis import document, function, import_api, operation, proxy
from local_aws.tests.cognito_pools import Pool
from local_aws.tests.http_call import call_api


@pytest.fixture(scope="module")
def pool(aws):
    return Pool.create(aws)


@pytest.fixture(scope="module")
def address(aws, pool):
    address = pool.user()
    for group in ("writers", "staff"):
        aws.client("cognito-idp").create_group(UserPoolId=pool.id, GroupName=group)
        aws.client("cognito-idp").admin_add_user_to_group(UserPoolId=pool.id, Username=address, GroupName=group)
    return address


@pytest.fixture(scope="module")
def tokens(pool, address):
    return pool.tokens(address)


@pytest.fixture(scope="module")
def get(aws, pool):
    echo = proxy(function(aws, "authorized"))
    arn = f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{pool.id}"
    users = {
        "in": "header",
        "type": "apiKey",
        "name": "Authorization",
        "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [arn]},
    }
    paths = {
        "/mine": {"get": operation(echo, security=[{"users": []}])},
        "/scoped": {"get": operation(echo, security=[{"users": ["aws.cognito.signin.user.admin", "other/scope"]}])},
        "/unmet": {"get": operation(echo, security=[{"users": ["other/scope"]}])},
    }
    api_id = import_api(aws, document(paths, securityDefinitions={"users": users}), "s")

    def get(path, token=None):
        return call_api(aws, api_id, "GET", f"/s{path}", {"Authorization": token} if token is not None else {})

    return get


def encoded(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(token, part=1):
    text = token.split(".")[part]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def signed(header, claims, key):
    text = f"{encoded(header)}.{encoded(claims)}"
    return f"{text}.{encoded(key.sign(text.encode(), PKCS1v15(), SHA256()))}"


@pytest.fixture(scope="module")
def pool_key(aws, pool):
    file = next((aws.state_dir).rglob(f"{pool.id}-id.pem"))
    return load_pem_private_key(file.read_bytes(), None)


@pytest.mark.parametrize("prefix", ["", "Bearer "])
def test_an_id_token_is_accepted_with_and_without_bearer(get, tokens, prefix):
    assert get("/mine", prefix + tokens["IdToken"]).status == 200


def test_the_function_gets_the_claims_as_text(get, tokens, address):
    claims = get("/mine", tokens["IdToken"]).json["requestContext"]["authorizer"]["claims"]
    sent = decoded(tokens["IdToken"])
    assert claims["sub"] == sent["sub"]
    assert claims["email"] == address
    assert claims["token_use"] == "id"
    assert sorted(claims["cognito:groups"].split(",")) == ["staff", "writers"]
    assert claims["auth_time"] == str(sent["auth_time"])
    assert time.strptime(claims["exp"], "%a %b %d %H:%M:%S UTC %Y")
    assert all(isinstance(value, str) for value in claims.values())


def test_a_method_with_scopes_takes_access_tokens_and_one_without_takes_id_tokens(get, tokens):
    assert get("/mine", tokens["AccessToken"]).status == 401
    assert get("/scoped", tokens["IdToken"]).status == 401
    assert get("/scoped", tokens["AccessToken"]).status == 200
    assert get("/unmet", tokens["AccessToken"]).status == 401


def test_a_missing_or_malformed_token_is_unauthorized(get):
    for token in (None, "", "Bearer ", "nonsense", "a.b.c", "e30.e30.", "[].[].[]", "\xff.\xff.\xff"):
        response = get("/mine", token)
        assert (response.status, response.json) == (401, {"message": "Unauthorized"}), token
        assert response.headers["x-amzn-ErrorType"] == "UnauthorizedException"


def test_forged_tokens_are_unauthorized(get, tokens, pool_key):
    header, claims = decoded(tokens["IdToken"], 0), decoded(tokens["IdToken"])
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    unsigned = f"{encoded({**header, 'alg': 'none'})}.{encoded(claims)}"
    symmetric = f"{encoded({**header, 'alg': 'HS256'})}.{encoded(claims)}"
    mac = hmac.new(b"secret", symmetric.encode(), hashlib.sha256).digest()
    first, _, third = tokens["IdToken"].split(".")
    forged = {
        "another's key": signed(header, claims, stranger),
        "none": f"{unsigned}.",
        "HS256": f"{symmetric}.{encoded(mac)}",
        "changed claims": f"{first}.{encoded({**claims, 'email': 'other@example.com'})}.{third}",
        "another pool": signed(header, {**claims, "iss": claims["iss"] + "x"}, pool_key),
        "another key id": signed({**header, "kid": "x"}, claims, pool_key),
        "no expiry": signed(header, {k: v for k, v in claims.items() if k != "exp"}, pool_key),
        "not yet issued": signed(header, {**claims, "iat": time.time() + 3600}, pool_key),
    }
    for kind, token in forged.items():
        response = get("/mine", token)
        assert (response.status, response.json) == (401, {"message": "Unauthorized"}), kind
    assert get("/mine", signed(header, claims, pool_key)).status == 200


def test_the_response_to_an_expired_token_says_that_it_has_expired(get, tokens, pool_key):
    header, claims = decoded(tokens["IdToken"], 0), decoded(tokens["IdToken"])
    response = get("/mine", signed(header, {**claims, "exp": int(time.time()) - 1}, pool_key))
    assert (response.status, response.json) == (401, {"message": "The incoming token has expired"})


def test_tokens_of_another_pool_are_unauthorized(aws, get):
    other = Pool.create(aws)
    response = get("/mine", other.tokens(other.user())["IdToken"])
    assert (response.status, response.json) == (401, {"message": "Unauthorized"})
