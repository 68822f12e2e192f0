"""Tokens: signatures, lifetimes and revocation."""

import base64
import json
import urllib.request

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from local_aws.testing import EmbeddedAws, wait_until
from local_aws.tests.cognito_pools import FLOWS, Pool


@pytest.fixture(scope="module")
def pool(aws) -> Pool:
    return Pool.create(aws)


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def claims(token: str) -> dict:
    return json.loads(decoded(token.split(".")[1]))


def verify(aws, token: str) -> dict:
    """Verify a token with the key set of its issuer, as a client does."""
    head, payload, signature = token.split(".")
    issuer = claims(token)["iss"]
    assert issuer.startswith("https://cognito-idp.us-east-1.amazonaws.com/us-east-1_")
    url = f"{aws.endpoint_url}/{issuer.rpartition('/')[2]}/.well-known/jwks.json"
    with urllib.request.urlopen(url) as response:
        keys = {key["kid"]: key for key in json.load(response)["keys"]}
    header = json.loads(decoded(head))
    assert header["alg"] == "RS256"
    numbers = (int.from_bytes(decoded(keys[header["kid"]][name])) for name in ("e", "n"))
    key = rsa.RSAPublicNumbers(*numbers).public_key()
    key.verify(decoded(signature), f"{head}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256())
    return claims(token)


def test_tokens_are_signed_by_the_issuers_keys(aws, pool):
    address = pool.user()
    tokens = pool.srp_tokens(address)
    id_claims, access_claims = (verify(aws, tokens[name]) for name in ("IdToken", "AccessToken"))
    assert (id_claims["aud"], id_claims["token_use"], id_claims["email"]) == (pool.client_id, "id", address)
    assert (access_claims["client_id"], access_claims["token_use"]) == (pool.client_id, "access")
    assert id_claims["email_verified"] is False
    assert id_claims["sub"] == access_claims["sub"] == pool.attributes(address)["sub"]


def test_keys_and_refresh_tokens_survive_a_restart(tmp_path):
    first = EmbeddedAws(tmp_path).start()
    pool = Pool.create(first)
    tokens = pool.tokens(pool.user())
    first.stop()
    second = EmbeddedAws(tmp_path).start()
    pool.aws = second
    try:
        assert verify(second, tokens["IdToken"])
        assert verify(second, pool.refresh(tokens["RefreshToken"])["IdToken"])
    finally:
        second.stop()


def test_tokens_have_the_lifetimes_of_the_client(aws):
    units = {"IdToken": "minutes", "AccessToken": "minutes", "RefreshToken": "hours"}
    validity = {"IdTokenValidity": 5, "AccessTokenValidity": 10, "RefreshTokenValidity": 2}
    pool = Pool.create(aws, client={"ExplicitAuthFlows": FLOWS, "TokenValidityUnits": units, **validity})
    tokens = pool.tokens(pool.user())
    seconds = {name: claims(tokens[name])["exp"] - claims(tokens[name])["iat"] for name in ("IdToken", "AccessToken")}
    assert seconds == {"IdToken": 300, "AccessToken": 600}
    assert tokens["ExpiresIn"] == 600


def test_a_refresh_token_expires(aws):
    units = {"RefreshToken": "seconds"}
    pool = Pool.create(aws, client={"TokenValidityUnits": units, "RefreshTokenValidity": 3600})
    refresh_token = pool.tokens(pool.user())["RefreshToken"]
    assert pool.refresh(refresh_token)["IdToken"]
    # The shortest that AWS allows is an hour, so only the embedded AWS can be told a second.
    pool = Pool.create(aws, client={"TokenValidityUnits": units, "RefreshTokenValidity": 1})
    refresh_token = pool.tokens(pool.user())["RefreshToken"]

    def refused() -> str:
        try:
            pool.refresh(refresh_token)
        except ClientError as error:
            return str(error)
        return ""

    assert "Refresh Token has expired" in wait_until(refused, "the token's end")


def sign_out(pool: Pool, address: str, tokens: dict) -> None:
    pool.idp.global_sign_out(AccessToken=tokens["AccessToken"])


def revoke(pool: Pool, address: str, tokens: dict) -> None:
    pool.idp.revoke_token(ClientId=pool.client_id, Token=tokens["RefreshToken"])


def administrator(operation: str):
    def end(pool: Pool, address: str, tokens: dict) -> None:
        getattr(pool.idp, operation)(UserPoolId=pool.id, Username=address)

    end.__name__ = operation
    return end


ENDS = [
    sign_out,
    revoke,
    *map(administrator, ("admin_user_global_sign_out", "admin_disable_user", "admin_delete_user")),
]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_the_tokens_of_an_ended_session_are_refused_at_once(pool, end):
    address = pool.user()
    tokens = pool.tokens(address)
    assert pool.idp.get_user(AccessToken=tokens["AccessToken"])
    end(pool, address, tokens)
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        pool.refresh(tokens["RefreshToken"])
    with pytest.raises(ClientError, match=r"NotAuthorizedException|UserNotFoundException"):
        pool.idp.get_user(AccessToken=tokens["AccessToken"])


def test_signing_out_everywhere_ends_every_session_and_no_later_one(pool):
    address = pool.user()
    sessions = [pool.tokens(address) for _ in range(3)]
    sign_out(pool, address, sessions[0])
    for tokens in sessions:
        with pytest.raises(ClientError, match="NotAuthorizedException"):
            pool.refresh(tokens["RefreshToken"])
    assert pool.refresh(pool.tokens(address)["RefreshToken"])["IdToken"]


def test_revoking_one_session_leaves_the_others(pool):
    address = pool.user()
    one, other = pool.tokens(address), pool.tokens(address)
    revoke(pool, address, one)
    assert pool.refresh(other["RefreshToken"])["IdToken"]


def test_a_client_can_revoke_only_its_own_refresh_tokens(aws, pool):
    tokens = pool.tokens(pool.user())
    for name in ("IdToken", "AccessToken"):
        with pytest.raises(ClientError, match="UnsupportedTokenTypeException"):
            pool.idp.revoke_token(ClientId=pool.client_id, Token=tokens[name])
    stranger = Pool.create(aws)
    with pytest.raises(ClientError, match="UnauthorizedException"):
        stranger.idp.revoke_token(ClientId=stranger.client_id, Token=tokens["RefreshToken"])
    fixed = Pool.create(aws, client={"EnableTokenRevocation": False})
    with pytest.raises(ClientError, match="UnsupportedOperationException"):
        revoke(fixed, "", fixed.tokens(fixed.user()))


def test_a_deleted_account_is_gone_and_its_address_free(pool):
    address = pool.user()
    tokens = pool.tokens(address)
    sub = pool.attributes(address)["sub"]
    pool.idp.delete_user(AccessToken=tokens["AccessToken"])
    pool.user(address)
    assert pool.attributes(address)["sub"] != sub
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        pool.refresh(tokens["RefreshToken"])
