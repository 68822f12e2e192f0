"""Random items and conditions through a DAX cluster have the answers of DynamoDB."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_aws.tests import dax_strategies as strategies
from local_aws.tests.dax_answers import outcome

random_examples = settings(
    max_examples=strategies.EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


# AWS's client uses it in its own threads.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@random_examples
@given(st.dictionaries(strategies.words, strategies.attribute_values, max_size=4))
def test_any_item_is_stored_as_dynamodb_stores_it(dax_cluster, dax, dynamodb, attributes):
    item = {**attributes, "pk": {"S": "any"}, "sk": {"S": "item"}}
    read = {"TableName": dax_cluster.table, "Key": {name: item[name] for name in ("pk", "sk")}}
    stored = outcome(dax, "put_item", TableName=dax_cluster.table, Item=item)
    assert stored == outcome(dynamodb, "put_item", TableName=dax_cluster.table, Item=item)
    if stored == {}:
        answers = [outcome(client, "get_item", **read) for client in (dax, dynamodb)]
        assert answers[0] == answers[1]
        assert answers[0] == outcome(dax, "get_item", **read, ConsistentRead=True)


# AWS's client uses it in its own threads.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@random_examples
@given(strategies.conditions)
def test_any_condition_selects_what_it_selects_in_dynamodb(dax_cluster, dax, dynamodb, condition):
    used = {name: value for name, value in strategies.VALUES.items() if name in condition}
    names = {name: value for name, value in strategies.NAMES.items() if name in condition}
    query = {
        "TableName": dax_cluster.table,
        "KeyConditionExpression": "pk = :p",
        "FilterExpression": condition,
        "ExpressionAttributeValues": {**used, ":p": {"S": "filtered"}},
        **({"ExpressionAttributeNames": names} if names else {}),
    }
    for number, attributes in enumerate(strategies.FILTERED):
        key = {"pk": {"S": "filtered"}, "sk": {"S": str(number)}}
        dynamodb.put_item(TableName=dax_cluster.table, Item={**key, **attributes})
    assert outcome(dax, "query", **query) == outcome(dynamodb, "query", **query)
