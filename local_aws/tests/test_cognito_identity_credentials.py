"""Identity pools end to end: a signed-in user's temporary credentials reach that user's own data and nothing else."""

import base64
import json
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from local_aws.tests.cognito_pools import Pool
from local_aws.tests.iam_principals import policy, refused, statement

SUB = "${cognito-identity.amazonaws.com:sub}"
ACCOUNT = "000000000000"


def trust(identity_pool: str, actions: Any = ("sts:AssumeRoleWithWebIdentity", "sts:TagSession"), **override: Any):
    condition = {
        "StringEquals": {"cognito-identity.amazonaws.com:aud": identity_pool},
        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
    } | override
    allow = {"Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Action": list(actions)}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**allow, "Condition": condition}]})


@dataclass
class House:
    """A user pool, an identity pool with one role, a bucket and a table."""

    aws: Any
    users: Pool
    identity_pool: str
    role: str
    bucket: str
    table: str

    def identity(self, id_token: str) -> str:
        logins = {self.users.provider: id_token}
        response = self.aws.client("cognito-identity").get_id(IdentityPoolId=self.identity_pool, Logins=logins)
        return response["IdentityId"]

    def credentials(self, id_token: str, identity: str | None = None) -> dict[str, Any]:
        response = self.aws.client("cognito-identity").get_credentials_for_identity(
            IdentityId=identity or self.identity(id_token), Logins={self.users.provider: id_token}
        )
        return response["Credentials"]


@dataclass
class Person:
    """A signed-in user with temporary credentials."""

    house: House
    address: str
    id_token: str
    sub: str
    identity: str
    credentials: dict[str, Any]

    def client(self, service: str):
        found = self.credentials
        return self.house.aws.client(service, found["AccessKeyId"], found["SecretKey"], found["SessionToken"])


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.fixture(scope="module")
def house(aws) -> House:
    name = f"house-{uuid.uuid4().hex[:8]}"
    users = Pool.create(aws)
    provider = {"ProviderName": users.provider, "ClientId": users.client_id, "ServerSideTokenCheck": True}
    identity_pool = aws.client("cognito-identity").create_identity_pool(
        IdentityPoolName=name, AllowUnauthenticatedIdentities=False, CognitoIdentityProviders=[provider]
    )["IdentityPoolId"]
    aws.client("s3").create_bucket(Bucket=name)
    aws.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("owner", "key")],
        KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "key", "KeyType": "RANGE"}],
    )
    bucket_arn, table_arn = f"arn:aws:s3:::{name}", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{name}"
    own_items = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:PrincipalTag/sub}"]}}
    document = policy(
        statement(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], f"{bucket_arn}/{SUB}/*"),
        statement("s3:ListBucket", bucket_arn, Condition={"StringLike": {"s3:prefix": f"{SUB}/*"}}),
        statement(
            [f"dynamodb:{a}" for a in ("GetItem", "Query", "PutItem", "BatchGetItem")], table_arn, Condition=own_items
        ),
    )
    iam = aws.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(identity_pool))
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document)
    identity = aws.client("cognito-identity")
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    identity.set_identity_pool_roles(IdentityPoolId=identity_pool, Roles={"authenticated": role})
    identity.set_principal_tag_attribute_map(
        IdentityPoolId=identity_pool, IdentityProviderName=users.provider, PrincipalTags={"sub": "sub"}
    )
    return House(aws, users, identity_pool, name, name, name)


def person(house: House) -> Person:
    address = house.users.user()
    id_token = house.users.tokens(address)["IdToken"]
    identity = house.identity(id_token)
    return Person(house, address, id_token, claims(id_token)["sub"], identity, house.credentials(id_token))


@pytest.fixture(scope="module")
def alice(house) -> Person:
    return person(house)


@pytest.fixture(scope="module")
def bob(house) -> Person:
    return person(house)


def test_credentials_of_the_role_are_valid_for_one_hour(house, alice):
    before = int(time.time())
    expires = house.credentials(alice.id_token)["Expiration"].timestamp()
    assert before + 3600 <= expires <= time.time() + 3600
    caller = alice.client("sts").get_caller_identity()
    assert caller["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{house.role}/CognitoIdentityCredentials"
    role_id = house.aws.client("iam").get_role(RoleName=house.role)["Role"]["RoleId"]
    assert caller["UserId"] == f"{role_id}:CognitoIdentityCredentials"


def test_each_sign_in_gets_the_same_identity(house, alice):
    assert house.identity(house.users.tokens(alice.address)["IdToken"]) == alice.identity


@pytest.mark.parametrize(
    "name", ["a.txt", "deep/er/b", "with space", "a*b?c", "%2F", "..%2Fx", "ünïcode", "a//b", "n\nl"]
)
def test_a_user_can_use_their_own_folder(house, alice, name):
    s3, key = alice.client("s3"), f"{alice.identity}/{name}"
    s3.put_object(Bucket=house.bucket, Key=key, Body=b"mine")
    assert s3.get_object(Bucket=house.bucket, Key=key)["Body"].read() == b"mine"
    listed = s3.list_objects_v2(Bucket=house.bucket, Prefix=f"{alice.identity}/")["Contents"]
    assert key in [found["Key"] for found in listed]
    s3.delete_object(Bucket=house.bucket, Key=key)


def keys_outside(alice: Person, bob: Person) -> list[str]:
    return [
        f"{bob.identity}/a",
        "a",
        alice.identity,
        f"{alice.identity}x/a",
        f"x{alice.identity}/a",
        f"/{alice.identity}/a",
        f"//{alice.identity}/a",
        f"{bob.identity}/{alice.identity}/a",
        f"./{alice.identity}/a",
        f"{alice.identity}%2Fa",
        f"{SUB}/a",
        "*/a",
    ]


@pytest.mark.parametrize("number", range(12))
def test_a_user_cannot_use_objects_outside_their_own_folder(house, alice, bob, number):
    s3, key = alice.client("s3"), keys_outside(alice, bob)[number]
    root = house.aws.client("s3")
    root.put_object(Bucket=house.bucket, Key=key, Body=b"not yours")
    assert refused(s3.get_object, Bucket=house.bucket, Key=key)
    assert refused(s3.head_object, Bucket=house.bucket, Key=key)
    assert refused(s3.put_object, Bucket=house.bucket, Key=key, Body=b"x")
    assert refused(s3.delete_object, Bucket=house.bucket, Key=key)
    assert refused(s3.delete_objects, Bucket=house.bucket, Delete={"Objects": [{"Key": key}]})
    mine = {"Key": f"{alice.identity}/x"}
    assert refused(s3.delete_objects, Bucket=house.bucket, Delete={"Objects": [mine, {"Key": key}]})
    source = {"Bucket": house.bucket, "Key": key}
    assert refused(s3.copy_object, Bucket=house.bucket, Key=f"{alice.identity}/copy", CopySource=source)
    assert refused(s3.create_multipart_upload, Bucket=house.bucket, Key=key)
    url = s3.generate_presigned_url("get_object", Params=source)
    assert _status(url) == 403
    assert root.get_object(Bucket=house.bucket, Key=key)["Body"].read() == b"not yours"


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_dots_in_a_key_are_part_of_its_name(house, alice, bob):
    """S3 keys are not paths: `..` in a key is part of its name."""
    house.aws.client("s3").put_object(Bucket=house.bucket, Key=f"{bob.identity}/dots", Body=b"bob's")
    s3, key = alice.client("s3"), f"{alice.identity}/../{bob.identity}/dots"
    s3.put_object(Bucket=house.bucket, Key=key, Body=b"alice's")
    kept = bob.client("s3").get_object(Bucket=house.bucket, Key=f"{bob.identity}/dots")["Body"].read()
    assert kept == b"bob's"


@pytest.mark.parametrize("prefix", ["", "/", "a", "*", "?", "own-id", "own-id-no-slash*"])
def test_a_user_can_list_only_their_own_folder(house, alice, bob, prefix):
    s3 = alice.client("s3")
    wanted = prefix.replace("own-id-no-slash", alice.identity).replace("own-id", alice.identity)
    assert refused(s3.list_objects_v2, Bucket=house.bucket, Prefix=wanted)
    assert refused(s3.list_objects_v2, Bucket=house.bucket, Prefix=f"{bob.identity}/")
    assert refused(s3.list_objects_v2, Bucket=house.bucket)
    assert refused(s3.list_object_versions, Bucket=house.bucket, Prefix=f"{alice.identity}/")


def test_a_user_can_read_only_their_own_partition(house, alice, bob):
    def key(owner: str) -> dict[str, Any]:
        return {"owner": {"S": owner}, "key": {"S": "k"}}

    dynamodb = alice.client("dynamodb")
    query = {"TableName": house.table, "KeyConditionExpression": "#o = :o", "ExpressionAttributeNames": {"#o": "owner"}}
    dynamodb.put_item(TableName=house.table, Item=key(alice.sub))
    assert dynamodb.query(**query, ExpressionAttributeValues={":o": {"S": alice.sub}})["Count"] == 1
    assert refused(dynamodb.query, **query, ExpressionAttributeValues={":o": {"S": bob.sub}})
    assert refused(dynamodb.get_item, TableName=house.table, Key=key(bob.sub))
    assert refused(dynamodb.put_item, TableName=house.table, Item=key(bob.sub))
    both = [key(alice.sub), key(bob.sub)]
    assert refused(dynamodb.batch_get_item, RequestItems={house.table: {"Keys": both}})
    puts = [{"Put": {"TableName": house.table, "Item": item}} for item in both]
    assert refused(dynamodb.transact_write_items, TransactItems=puts)
    assert refused(dynamodb.scan, TableName=house.table)
    assert refused(dynamodb.describe_table, TableName=house.table)


def test_guests_get_no_identity_and_no_credentials(house, alice):
    identity = house.aws.client("cognito-identity")
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        identity.get_id(IdentityPoolId=house.identity_pool)
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        identity.get_credentials_for_identity(IdentityId=alice.identity)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        identity.get_credentials_for_identity(IdentityId=f"us-east-1:{uuid.uuid4()}")


def test_a_user_gets_no_credentials_for_another_users_identity(house, alice, bob):
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        house.credentials(alice.id_token, identity=bob.identity)


def signed(house: House, payload: dict[str, Any], key: Any, kid: str) -> str:
    def part(document: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()

    text = f"{part({'alg': 'RS256', 'kid': kid})}.{part(payload)}"
    signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_forged_expired_and_foreign_tokens_are_refused(house, alice):
    head = json.loads(base64.urlsafe_b64decode(alice.id_token.split(".")[0] + "=="))
    payload, kid = claims(alice.id_token), head["kid"]
    pem = (house.aws.state_dir / "services" / "cognito-pool-keys" / f"{house.users.id}-id.pem").read_bytes()
    own_key = serialization.load_pem_private_key(pem, password=None)
    other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert house.identity(signed(house, payload, own_key, kid)) == alice.identity
    tokens = {
        "forged": signed(house, payload, other_key, kid),
        "expired": signed(house, payload | {"exp": int(time.time()) - 301}, own_key, kid),
        "another client": signed(house, payload | {"aud": "other"}, own_key, kid),
        "an access token": house.users.tokens(alice.address)["AccessToken"],
        "unsigned": alice.id_token.rpartition(".")[0] + ".",
        "not a token": "x",
    }
    for name, token in tokens.items():
        with pytest.raises(ClientError, match="NotAuthorizedException"):
            house.identity(token)
        with pytest.raises(ClientError, match="NotAuthorizedException"):
            house.credentials(token, identity=alice.identity)
        assert name
    stranger = Pool.create(house.aws)
    token = stranger.tokens(stranger.user())["IdToken"]
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        house.identity(token)


@pytest.mark.parametrize("end", ["admin_delete_user", "admin_disable_user", "admin_user_global_sign_out"])
def test_the_server_side_token_check_refuses_users_who_may_not_sign_in(house, end):
    leaver = person(house)
    getattr(house.users.idp, end)(UserPoolId=house.users.id, Username=leaver.address)
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        house.credentials(leaver.id_token, identity=leaver.identity)


@pytest.mark.parametrize(
    "document",
    [
        trust("us-east-1:another-pool"),
        trust("the-pool", **{"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"}}),
        trust("the-pool", actions=["sts:AssumeRoleWithWebIdentity"]),
        policy({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}),
    ],
    ids=["another pool", "guests only", "no tags", "a function's role"],
)
def test_the_trust_policy_decides_whether_the_role_is_assumed(house, document):
    identity, iam = house.aws.client("cognito-identity"), house.aws.client("iam")
    name = f"trust-{uuid.uuid4().hex[:8]}"
    provider = {"ProviderName": house.users.provider, "ClientId": house.users.client_id}
    pool = identity.create_identity_pool(
        IdentityPoolName=name, AllowUnauthenticatedIdentities=False, CognitoIdentityProviders=[provider]
    )["IdentityPoolId"]
    token = house.users.tokens(house.users.user())["IdToken"]
    logins = {house.users.provider: token}
    own = identity.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    with pytest.raises(ClientError, match="InvalidIdentityPoolConfigurationException"):
        identity.get_credentials_for_identity(IdentityId=own, Logins=logins)
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document.replace("the-pool", pool))["Role"]
    identity.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": role["Arn"]})
    identity.set_principal_tag_attribute_map(
        IdentityPoolId=pool, IdentityProviderName=house.users.provider, PrincipalTags={"sub": "sub"}
    )
    with pytest.raises(ClientError, match="InvalidIdentityPoolConfigurationException"):
        identity.get_credentials_for_identity(IdentityId=own, Logins=logins)
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust(pool))
    assert identity.get_credentials_for_identity(IdentityId=own, Logins=logins)["Credentials"]["SecretKey"]
