"""AssumeRoleWithWebIdentity with an identity pool's token, and with forged ones."""

import base64
import json
import time
import uuid

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from local_aws.tests.cognito_pools import Pool
from local_aws.tests.iam_principals import policy, refused, statement


@pytest.fixture(scope="module")
def users(aws) -> Pool:
    return Pool.create(aws)


def identity_pool(aws, users: Pool, classic: bool) -> str:
    provider = {"ProviderName": users.provider, "ClientId": users.client_id}
    return aws.client("cognito-identity").create_identity_pool(
        IdentityPoolName=f"web-{uuid.uuid4().hex[:8]}",
        AllowUnauthenticatedIdentities=False,
        AllowClassicFlow=classic,
        CognitoIdentityProviders=[provider],
    )["IdentityPoolId"]


def open_id_token(aws, users: Pool, pool: str) -> tuple[str, str]:
    """A new user's identity and its token."""
    logins = {users.provider: users.tokens(users.user())["IdToken"]}
    identity = aws.client("cognito-identity")
    found = identity.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    return found, identity.get_open_id_token(IdentityId=found, Logins=logins)["Token"]


def role(aws, pool: str, bucket: str) -> str:
    iam, name = aws.client("iam"), f"web-{uuid.uuid4().hex[:8]}"
    trust = policy(
        {
            "Effect": "Allow",
            "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": pool}},
        }
    )
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    own = statement("s3:PutObject", f"arn:aws:s3:::{bucket}/${{cognito-identity.amazonaws.com:sub}}/*")
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(own))
    return arn


def assume(aws, role_arn: str, token: str):
    return aws.client("sts").assume_role_with_web_identity(
        RoleArn=role_arn, RoleSessionName="web", WebIdentityToken=token
    )["Credentials"]


def test_a_token_of_an_identity_pool_assumes_the_role_as_its_identity(aws, users):
    bucket = f"web-{uuid.uuid4().hex[:8]}"
    aws.client("s3").create_bucket(Bucket=bucket)
    pool = identity_pool(aws, users, classic=True)
    identity, token = open_id_token(aws, users, pool)
    found = assume(aws, role(aws, pool, bucket), token)
    s3 = aws.client("s3", found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
    assert not refused(s3.put_object, Bucket=bucket, Key=f"{identity}/a", Body=b"")
    assert refused(s3.put_object, Bucket=bucket, Key="other/a", Body=b"")


def test_a_token_does_not_assume_another_pools_role(aws, users):
    pool, other = identity_pool(aws, users, classic=True), identity_pool(aws, users, classic=True)
    _, token = open_id_token(aws, users, pool)
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(aws, role(aws, other, "any"), token)


def test_a_forged_token_is_refused(aws, users):
    pool = identity_pool(aws, users, classic=True)

    def part(document: dict) -> str:
        return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()

    claims = {"iss": "https://cognito-identity.amazonaws.com", "aud": pool, "sub": "x", "amr": ["authenticated"]}
    text = f"{part({'alg': 'RS256', 'kid': 'k'})}.{part({**claims, 'exp': int(time.time()) + 600})}"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signature = base64.urlsafe_b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    arn = role(aws, pool, "any")
    for token in (f"{text}.{signature}", f"{text}.", "no token at all"):
        with pytest.raises(ClientError, match="InvalidIdentityToken"):
            assume(aws, arn, token)


def test_the_classic_flow_is_off_by_default(aws, users):
    with pytest.raises(ClientError, match=r"InvalidParameterException.*classic"):
        open_id_token(aws, users, identity_pool(aws, users, classic=False))
