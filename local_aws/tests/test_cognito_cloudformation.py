"""Cognito's CloudFormation types: every property is applied, and Ref and GetAtt are those of the reference."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError, WaiterError

TEMPLATE = {
    "Resources": {
        "UserPool": {
            "Type": "AWS::Cognito::UserPool",
            "Properties": {
                "UserPoolName": {"Ref": "AWS::StackName"},
                "UsernameAttributes": ["email"],
                "UsernameConfiguration": {"CaseSensitive": False},
                "AutoVerifiedAttributes": ["email"],
                "AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
                "DeletionProtection": "ACTIVE",
                "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
                "UserPoolAddOns": {"AdvancedSecurityMode": "OFF"},
                "Policies": {"PasswordPolicy": {"MinimumLength": 12, "RequireSymbols": False}},
                "VerificationMessageTemplate": {"EmailSubject": "Your code", "EmailMessage": "{####}"},
            },
        },
        "Client": {
            "Type": "AWS::Cognito::UserPoolClient",
            "Properties": {
                "UserPoolId": {"Ref": "UserPool"},
                "ClientName": "web",
                "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
                "IdTokenValidity": 15,
                "AccessTokenValidity": 20,
                "RefreshTokenValidity": 7,
                "TokenValidityUnits": {"IdToken": "minutes", "AccessToken": "minutes", "RefreshToken": "days"},
                "PreventUserExistenceErrors": "ENABLED",
                "EnableTokenRevocation": True,
            },
        },
        "Group": {
            "Type": "AWS::Cognito::UserPoolGroup",
            "Properties": {"UserPoolId": {"Ref": "UserPool"}, "GroupName": "editors", "Precedence": 3},
        },
        "IdentityPool": {
            "Type": "AWS::Cognito::IdentityPool",
            "Properties": {
                "AllowUnauthenticatedIdentities": False,
                "CognitoIdentityProviders": [
                    {
                        "ClientId": {"Ref": "Client"},
                        "ProviderName": {"Fn::GetAtt": ["UserPool", "ProviderName"]},
                        "ServerSideTokenCheck": True,
                    }
                ],
            },
        },
        "Tags": {
            "Type": "AWS::Cognito::IdentityPoolPrincipalTag",
            "Properties": {
                "IdentityPoolId": {"Ref": "IdentityPool"},
                "IdentityProviderName": {"Fn::GetAtt": ["UserPool", "ProviderName"]},
                "UseDefaults": False,
                "PrincipalTags": {"sub": "sub"},
            },
        },
        "Roles": {
            "Type": "AWS::Cognito::IdentityPoolRoleAttachment",
            "Properties": {
                "IdentityPoolId": {"Ref": "IdentityPool"},
                "Roles": {"authenticated": {"Fn::GetAtt": ["Role", "Arn"]}},
            },
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
        },
    },
    "Outputs": {
        name: {"Value": value}
        for name, value in {
            "Pool": {"Ref": "UserPool"},
            "PoolArn": {"Fn::GetAtt": ["UserPool", "Arn"]},
            "Provider": {"Fn::GetAtt": ["UserPool", "ProviderName"]},
            "ProviderUrl": {"Fn::GetAtt": ["UserPool", "ProviderURL"]},
            "Client": {"Ref": "Client"},
            "Group": {"Ref": "Group"},
            "IdentityPool": {"Ref": "IdentityPool"},
            "Tags": {"Ref": "Tags"},
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        }.items()
    },
}
TEMPLATE["Resources"]["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"] = [
    {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
]


def outputs(aws, name: str, template: dict) -> dict[str, str]:
    """Create or update a stack and return its outputs."""
    cloudformation = aws.client("cloudformation")
    verb = "update" if _exists(cloudformation, name) else "create"
    arguments = {"StackName": name, "TemplateBody": json.dumps(template), "Capabilities": ["CAPABILITY_IAM"]}
    getattr(cloudformation, f"{verb}_stack")(**arguments)
    waiter = cloudformation.get_waiter(f"stack_{verb}_complete")
    waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    found = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    return {entry["OutputKey"]: entry["OutputValue"] for entry in found}


def _exists(cloudformation, name: str) -> bool:
    try:
        return bool(cloudformation.describe_stacks(StackName=name)["Stacks"])
    except ClientError:
        return False


@pytest.fixture(scope="module")
def stack(aws) -> tuple[str, dict[str, str]]:
    name = f"pools-{uuid.uuid4().hex[:8]}"
    return name, outputs(aws, name, TEMPLATE)


def test_the_user_pool_has_its_properties(aws, stack):
    _, out = stack
    pool = aws.client("cognito-idp").describe_user_pool(UserPoolId=out["Pool"])["UserPool"]
    wanted = TEMPLATE["Resources"]["UserPool"]["Properties"]
    for name in ("UsernameAttributes", "AutoVerifiedAttributes", "AccountRecoverySetting", "DeletionProtection"):
        assert pool[name] == wanted[name], name
    assert pool["Policies"]["PasswordPolicy"].items() >= wanted["Policies"]["PasswordPolicy"].items()
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["UserPoolAddOns"] == {"AdvancedSecurityMode": "OFF"}
    assert pool["VerificationMessageTemplate"].items() >= wanted["VerificationMessageTemplate"].items()
    assert pool["UsernameConfiguration"] == {"CaseSensitive": False}
    assert out["Provider"] == f"cognito-idp.us-east-1.amazonaws.com/{out['Pool']}"
    assert out["ProviderUrl"] == f"https://{out['Provider']}"
    assert out["PoolArn"] == f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{out['Pool']}"


def test_the_client_has_its_properties(aws, stack):
    _, out = stack
    client = aws.client("cognito-idp").describe_user_pool_client(UserPoolId=out["Pool"], ClientId=out["Client"])
    wanted = dict(TEMPLATE["Resources"]["Client"]["Properties"])
    del wanted["UserPoolId"]
    assert client["UserPoolClient"].items() >= wanted.items()
    assert "ClientSecret" not in client["UserPoolClient"]


def test_the_group_exists(aws, stack):
    _, out = stack
    group = aws.client("cognito-idp").get_group(UserPoolId=out["Pool"], GroupName="editors")["Group"]
    assert (out["Group"], group["Precedence"]) == ("editors", 3)


def test_the_identity_pool_has_its_provider_role_and_tags(aws, stack):
    _, out = stack
    identity = aws.client("cognito-identity")
    pool = identity.describe_identity_pool(IdentityPoolId=out["IdentityPool"])
    provider = {"ProviderName": out["Provider"], "ClientId": out["Client"], "ServerSideTokenCheck": True}
    assert (pool["AllowUnauthenticatedIdentities"], pool["CognitoIdentityProviders"]) == (False, [provider])
    roles = identity.get_identity_pool_roles(IdentityPoolId=out["IdentityPool"])["Roles"]
    assert roles == {"authenticated": out["Role"]}
    tags = identity.get_principal_tag_attribute_map(
        IdentityPoolId=out["IdentityPool"], IdentityProviderName=out["Provider"]
    )
    assert (tags["UseDefaults"], tags["PrincipalTags"]) == (False, {"sub": "sub"})
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-identitypoolprincipaltag.html
    assert out["Tags"] == f"{out['IdentityPool']}|{out['Provider']}"


def test_the_pools_settings_are_enforced(aws, stack):
    _, out = stack
    idp = aws.client("cognito-idp")
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        idp.sign_up(ClientId=out["Client"], Username="a@example.com", Password="Long-enough-horse-1")
    with pytest.raises(ClientError, match="InvalidPasswordException"):
        idp.admin_create_user(UserPoolId=out["Pool"], Username="a@example.com", TemporaryPassword="Short-1")
    with pytest.raises(ClientError, match="InvalidParameterException"):
        idp.delete_user_pool(UserPoolId=out["Pool"])


def test_user_names_that_differ_only_in_case_are_one_user(aws, stack):
    _, out = stack
    idp = aws.client("cognito-idp")
    idp.admin_create_user(UserPoolId=out["Pool"], Username="Case@example.com", MessageAction="SUPPRESS")
    found = idp.admin_get_user(UserPoolId=out["Pool"], Username="case@EXAMPLE.com")
    assert found["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    with pytest.raises(ClientError, match="UsernameExistsException"):
        idp.admin_create_user(UserPoolId=out["Pool"], Username="CASE@example.com", MessageAction="SUPPRESS")


def test_an_update_keeps_the_pool_and_its_users(aws, stack):
    name, out = stack
    changed = json.loads(json.dumps(TEMPLATE))
    changed["Resources"]["UserPool"]["Properties"]["DeletionProtection"] = "INACTIVE"
    changed["Resources"]["Client"]["Properties"]["IdTokenValidity"] = 30
    assert outputs(aws, name, changed) == out
    client = aws.client("cognito-idp").describe_user_pool_client(UserPoolId=out["Pool"], ClientId=out["Client"])
    assert client["UserPoolClient"]["IdTokenValidity"] == 30


def test_a_protected_pool_is_not_deleted_with_its_stack(aws):
    name = f"protected-{uuid.uuid4().hex[:8]}"
    resources = {"UserPool": TEMPLATE["Resources"]["UserPool"]}
    pool = outputs(aws, name, {"Resources": resources, "Outputs": {"Pool": {"Value": {"Ref": "UserPool"}}}})["Pool"]
    cloudformation = aws.client("cloudformation")
    cloudformation.delete_stack(StackName=name)
    with pytest.raises(WaiterError, match="DELETE_FAILED"):
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert aws.client("cognito-idp").describe_user_pool(UserPoolId=pool)["UserPool"]["Id"] == pool
