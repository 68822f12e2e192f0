"""https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html, ClientRequestToken."""

import pytest
from botocore.exceptions import ClientError

from local_aws.tests.stream_tables import Table


def test_a_repeated_transaction_changes_nothing_and_another_one_with_its_token_is_refused(aws):
    table = Table(aws)

    def write(number):
        value = {":n": {"N": number}}
        update = {"Key": {"id": {"S": "a"}}, "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": value}
        item = {"Update": {"TableName": table.name, **update}}
        table.dynamodb.transact_write_items(TransactItems=[item], ClientRequestToken=f"token-{table.name}")

    write("1")
    write("1")
    with pytest.raises(ClientError, match="IdempotentParameterMismatchException"):
        write("2")
    item = table.dynamodb.get_item(TableName=table.name, Key={"id": {"S": "a"}})["Item"]
    assert item["n"] == {"N": "1"}
