"""AWS::CloudFront::PublicKey and AWS::CloudFront::KeyGroup in stacks."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError, WaiterError
from cryptography.hazmat.primitives.asymmetric import ec

from local_aws.testing import wait_until
from local_aws.tests.private_content import pem_of
from local_aws.tests.test_cloudformation import Stack


def pem():
    return pem_of(ec.generate_private_key(ec.SECP256R1()))


def public_key(name, slot):
    config = {"CallerReference": name, "Name": name, "EncodedKey": {"Ref": f"Key{slot}"}}
    return {"Type": "AWS::CloudFront::PublicKey", "Condition": f"With{slot}", "Properties": {"PublicKeyConfig": config}}


def template(name):
    """Two slots for keys, a group of those that exist, and a distribution that trusts it."""
    keys = [{"Fn::If": [f"With{slot}", {"Ref": f"Public{slot}"}, {"Ref": "AWS::NoValue"}]} for slot in "AB"]
    group = {"Name": name, "Comment": "of a test", "Items": keys}
    trusted = {"Fn::If": ["WithGroup", [{"Ref": "Group"}], {"Ref": "AWS::NoValue"}]}
    default = {
        "TargetOriginId": "origin",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        "TrustedKeyGroups": trusted,
    }
    origin = {
        "Id": "origin",
        "DomainName": "127.0.0.1",
        "CustomOriginConfig": {"HTTPPort": 1, "OriginProtocolPolicy": "http-only"},
    }
    distribution = {"Enabled": True, "Origins": [origin], "DefaultCacheBehavior": default}
    outputs = {
        "KeyId": {"Condition": "WithA", "Value": {"Fn::GetAtt": ["PublicA", "Id"]}},
        "KeyRef": {"Condition": "WithA", "Value": {"Ref": "PublicA"}},
        "KeyCreated": {"Condition": "WithA", "Value": {"Fn::GetAtt": ["PublicA", "CreatedTime"]}},
        "GroupId": {"Condition": "WithGroup", "Value": {"Fn::GetAtt": ["Group", "Id"]}},
        "GroupRef": {"Condition": "WithGroup", "Value": {"Ref": "Group"}},
        "GroupModified": {"Condition": "WithGroup", "Value": {"Fn::GetAtt": ["Group", "LastModifiedTime"]}},
        "Site": {"Value": {"Ref": "Site"}},
    }
    return json.dumps(
        {
            "Parameters": {f"Key{slot}": {"Type": "String", "Default": ""} for slot in "AB"},
            "Conditions": {
                **{f"With{slot}": {"Fn::Not": [{"Fn::Equals": [{"Ref": f"Key{slot}"}, ""]}]} for slot in "AB"},
                "WithGroup": {"Fn::Or": [{"Condition": "WithA"}, {"Condition": "WithB"}]},
            },
            "Resources": {
                "PublicA": public_key(f"{name}-a", "A"),
                "PublicB": public_key(f"{name}-b", "B"),
                "Group": {
                    "Type": "AWS::CloudFront::KeyGroup",
                    "Condition": "WithGroup",
                    "Properties": {"KeyGroupConfig": group},
                },
                "Site": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": distribution}},
            },
            "Outputs": outputs,
        }
    )


@pytest.fixture
def stack(aws):
    made = Stack(aws)
    yield made
    if made.statuses():
        made.delete()


def group_of(aws, stack):
    return aws.client("cloudfront").get_key_group(Id=stack.outputs()["GroupRef"])["KeyGroup"]


def test_ref_and_attributes_are_those_of_the_api(aws, stack):
    key = pem()
    stack.deploy(template(stack.name), KeyA=key)
    outputs, cloudfront = stack.outputs(), aws.client("cloudfront")
    made = cloudfront.get_public_key(Id=outputs["KeyRef"])["PublicKey"]
    assert outputs["KeyId"] == outputs["KeyRef"] == made["Id"]
    assert made["PublicKeyConfig"]["EncodedKey"] == key
    assert outputs["KeyCreated"].startswith(f"{made['CreatedTime']:%Y-%m-%dT%H:%M:%S}")
    group = group_of(aws, stack)
    assert outputs["GroupId"] == outputs["GroupRef"] == group["Id"]
    assert outputs["GroupModified"].startswith(f"{group['LastModifiedTime']:%Y-%m-%dT%H:%M:%S}")
    assert group["KeyGroupConfig"] == {"Name": stack.name, "Items": [made["Id"]], "Comment": "of a test"}
    site = cloudfront.get_distribution_config(Id=outputs["Site"])["DistributionConfig"]
    assert site["DefaultCacheBehavior"]["TrustedKeyGroups"]["Items"] == [group["Id"]]


def test_keys_rotate_through_two_slots_and_the_group_keeps_its_id(aws, stack):
    keys = [pem() for _ in range(3)]
    stack.deploy(template(stack.name))
    for key_a, key_b in ((keys[0], ""), (keys[0], keys[1]), ("", keys[1]), (keys[2], keys[1]), (keys[2], "")):
        stack.deploy(template(stack.name), KeyA=key_a, KeyB=key_b)
        group = group_of(aws, stack)
        cloudfront = aws.client("cloudfront")
        pems = [cloudfront.get_public_key_config(Id=key) for key in group["KeyGroupConfig"]["Items"]]
        assert [each["PublicKeyConfig"]["EncodedKey"] for each in pems] == [key for key in (key_a, key_b) if key]
    stack.deploy(template(stack.name))
    assert "Group" not in stack.resources()


def test_an_update_of_the_key_itself_fails_and_is_rolled_back(aws, stack):
    key = pem()
    stack.deploy(template(stack.name), KeyA=key)
    before = stack.outputs()["KeyRef"]
    stack.change_set(template(stack.name), KeyA=pem())
    with pytest.raises(WaiterError):
        stack.execute()
    assert stack.statuses() == ["UPDATE_ROLLBACK_COMPLETE"]
    assert stack.outputs()["KeyRef"] == before
    config = aws.client("cloudfront").get_public_key_config(Id=before)["PublicKeyConfig"]
    assert config["EncodedKey"] == key


def test_a_deleted_stack_leaves_no_keys_and_groups(aws, stack):
    stack.deploy(template(stack.name), KeyA=pem(), KeyB=pem())
    outputs, cloudfront = stack.outputs(), aws.client("cloudfront")
    stack.delete()
    for get, identity in ((cloudfront.get_public_key, "KeyRef"), (cloudfront.get_key_group, "GroupRef")):
        with pytest.raises(ClientError, match="NoSuch"):
            get(Id=outputs[identity])


def reasons_of_failure(aws, resources):
    """What the events of a stack say that cannot be created."""
    name = f"s{uuid.uuid4().hex[:10]}"
    formation = aws.client("cloudformation")
    formation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}), OnFailure="DO_NOTHING")

    def has_failed():
        return formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_FAILED"

    wait_until(has_failed, "the stack fails")
    events = formation.describe_stack_events(StackName=name)["StackEvents"]
    return " ".join(event.get("ResourceStatusReason", "") for event in events)


@pytest.mark.parametrize("encoded_key", ["key", ""])
def test_an_invalid_key_fails_its_stack(aws, encoded_key):
    config = {"CallerReference": "refused", "Name": "refused", "EncodedKey": encoded_key}
    key = {"Type": "AWS::CloudFront::PublicKey", "Properties": {"PublicKeyConfig": config}}
    assert "(InvalidArgument)" in reasons_of_failure(aws, {"Key": key})


def test_a_group_of_a_missing_key_fails_its_stack(aws):
    config = {"Name": "refused", "Items": ["K0000000000000"]}
    group = {"Type": "AWS::CloudFront::KeyGroup", "Properties": {"KeyGroupConfig": config}}
    assert "Public key K0000000000000 does not exist. (InvalidArgument)" in reasons_of_failure(aws, {"Group": group})


def test_a_distribution_with_a_missing_key_group_fails_its_stack(aws):
    site = json.loads(template("refused"))["Resources"]["Site"]
    site["Properties"]["DistributionConfig"]["DefaultCacheBehavior"]["TrustedKeyGroups"] = ["missing"]
    assert "(TrustedKeyGroupDoesNotExist)" in reasons_of_failure(aws, {"Site": site})
