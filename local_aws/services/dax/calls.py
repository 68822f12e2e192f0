"""The calls of DAX's protocol: their numbers, how many values follow them, and the permissions that they need."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from local_aws.services.dax import reads, transactions, writes
from local_aws.services.dax.attribute_values import text_or_bytes
from local_aws.services.dax.cbor import encode
from local_aws.services.dax.node import Node
from local_aws.services.dax.options import as_list

AUTHORIZE = 1489122155
AUTHORIZE_VALUES = 5
ENDPOINTS = 455855874
_WRITE_ACTIONS = {
    "Put": "PutItem",
    "Delete": "DeleteItem",
    "Update": "UpdateItem",
    "ConditionCheck": "ConditionCheckItem",
}


@dataclass(frozen=True)
class Call:
    """One kind of call. It is answered by `answer(node, *values)`."""

    name: str
    values: int
    answer: Callable[..., Awaitable[bytes]]
    # Whether IAM checks the call. The others tell a client how to write and read calls.
    is_checked: bool = True

    def permissions(self, values: Sequence[Any]) -> tuple[Sequence[str], str]:
        """The operations that a caller needs permission for, and the transaction that they belong to.

        Raises Malformed for a transaction with operations that do not exist.
        """
        if not self.is_checked:
            return (), ""
        if self.name == "TransactGetItems":
            return ("GetItem",), self.name
        if self.name == "TransactWriteItems":
            names = (transactions.operation_of(code) for code in as_list(values[0]))
            return [_WRITE_ACTIONS[name] for name in names], self.name
        return (self.name,), ""


async def _key_schema(node: Node, table: Any) -> bytes:
    return encode(dict(await node.schema(text_or_bytes(table))))


async def _attribute_list(node: Node, number: Any) -> bytes:
    return encode(node.names_of(number))


async def _attribute_list_number(node: Node, names: Any) -> bytes:
    return encode(node.lists.number_of([text_or_bytes(name) for name in as_list(names)]))


async def _endpoints(node: Node) -> bytes:
    return node.endpoints


CALLS = {
    ENDPOINTS: Call("Endpoints", 0, _endpoints, is_checked=False),
    -742646399: Call("DefineKeySchema", 1, _key_schema, is_checked=False),
    670678385: Call("DefineAttributeList", 1, _attribute_list, is_checked=False),
    -1230579644: Call("DefineAttributeListId", 1, _attribute_list_number, is_checked=False),
    263244906: Call("GetItem", 3, reads.get_item),
    -697851100: Call("BatchGetItem", 2, reads.batch_get_item),
    -931250863: Call("Query", 3, reads.query),
    -1875390620: Call("Scan", 2, reads.scan),
    -2106490455: Call("PutItem", 4, writes.put_item),
    1425579023: Call("UpdateItem", 3, writes.update_item),
    1013539361: Call("DeleteItem", 3, writes.delete_item),
    116217951: Call("BatchWriteItem", 2, writes.batch_write_item),
    1866287579: Call("TransactGetItems", 4, transactions.transact_get_items),
    -1160037738: Call("TransactWriteItems", 9, transactions.transact_write_items),
}
