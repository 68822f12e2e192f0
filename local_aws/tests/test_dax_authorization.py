"""Who may call a DAX cluster, and what the cluster may do."""

import pytest
from botocore.exceptions import ClientError

from local_aws.tests import dax_clusters
from local_aws.tests.dax_answers import KEY, outcome
from local_aws.tests.iam_principals import User, policy, statement

ACCESS_DENIED = "AccessDeniedException"


def test_a_caller_needs_the_permission_for_each_operation_on_the_cluster(aws, dax_cluster):
    user = User(aws, policy(statement("dax:GetItem", dax_cluster.arn), statement("dynamodb:*")))
    client = dax_cluster.client(user.key["AccessKeyId"], user.key["SecretAccessKey"])
    assert client.get_item(TableName=dax_cluster.table, Key=KEY) is not None
    with pytest.raises(ClientError) as refused:
        client.put_item(TableName=dax_cluster.table, Item=KEY)
    error = refused.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert f"{user.arn} is not authorized to perform: dax:PutItem on resource: {dax_cluster.arn}" in error["Message"]


def test_an_item_of_a_transaction_needs_the_permission_of_its_operation(aws, dax_cluster):
    in_transactions = {"StringEquals": {"dax:EnclosingOperation": ["TransactWriteItems"]}}
    user = User(aws, policy(statement("dax:PutItem", dax_cluster.arn, Condition=in_transactions)))
    client = dax_cluster.client(user.key["AccessKeyId"], user.key["SecretAccessKey"])
    put = {"Put": {"TableName": dax_cluster.table, "Item": {**KEY, "sk": {"S": "permitted"}}}}
    check = {"TableName": dax_cluster.table, "Key": KEY, "ConditionExpression": "attribute_not_exists(absent)"}
    assert outcome(client, "transact_write_items", TransactItems=[put]) == {}
    assert outcome(client, "transact_write_items", TransactItems=[put, {"ConditionCheck": check}]) == ACCESS_DENIED
    assert outcome(client, "put_item", **put["Put"]) == ACCESS_DENIED


@pytest.mark.parametrize("key", ["AKIAUNKNOWNUNKNOWN00", None])
def test_a_connection_needs_a_valid_signature(aws, dax_cluster, key):
    user = User(aws, policy(statement("dax:*")))
    with pytest.raises(ClientError) as refused:
        dax_cluster.client(key or user.key["AccessKeyId"], "not-the-secret")
    code = refused.value.response["Error"]["Code"]
    assert code == ("UnrecognizedClientException" if key else "InvalidSignatureException")


def test_the_role_of_the_cluster_needs_the_permissions_of_dynamodb(aws):
    cluster = dax_clusters.create(aws, role_actions=("dynamodb:GetItem",))
    client = cluster.client()
    assert client.get_item(TableName=cluster.table, Key=KEY) is not None
    with pytest.raises(ClientError) as refused:
        client.put_item(TableName=cluster.table, Item=KEY)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "dynamodb:PutItem" in refused.value.response["Error"]["Message"]
    cluster.close()


def test_a_role_that_does_not_trust_dax_is_refused(aws):
    with pytest.raises(Exception, match="Waiter StackCreateComplete failed"):
        dax_clusters.create(aws, trusted="lambda.amazonaws.com")
