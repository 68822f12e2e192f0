"""What DAX's client writes is read as it was meant, and what the endpoint writes is read by the client."""

import asyncio
from contextlib import suppress
from decimal import Context, Decimal
from typing import Any

import pytest
from amazondax import AttributeValueEncoder, CborSExprGenerator, LexDecimal
from amazondax.AttributeValueDecoder import _decode_attribute_value, _decode_key_bytes
from amazondax.CborDecoder import NoMoreData
from amazondax.DaxCborDecoder import DaxCborDecoder
from hypothesis import given, settings
from hypothesis import strategies as st

from local_aws.services.dax import calls, cbor, expressions, ordered_numbers, projections
from local_aws.services.dax.attribute_lists import AttributeLists
from local_aws.services.dax.attribute_values import decode_key, encode_key, from_cbor, number_text, to_cbor
from local_aws.services.dax.errors import DaxError
from local_aws.services.dax.expressions import Placeholders
from local_aws.services.dax.node import Node
from local_aws.tests.dax_strategies import EXAMPLES, NAMES, VALUES, attribute_values, conditions, numbers, updates

EXACT = Context(prec=60)
few = settings(max_examples=EXAMPLES, deadline=None, database=None)


def client_decoder(data: bytes) -> DaxCborDecoder:
    """AWS's decoder of an answer."""
    rest = bytearray(data)

    def more(buffer: bytearray, _count: int) -> int:
        if not rest:
            raise NoMoreData
        buffer += rest
        count = len(rest)
        rest.clear()
        return count

    return DaxCborDecoder(more)


def comparable(value: Any) -> Any:
    """An attribute value with numbers as numbers, and without an order in sets."""
    ((kind, content),) = value.items()
    if kind == "N":
        return {"N": Decimal(content)}
    if kind == "L":
        return {"L": [comparable(each) for each in content]}
    if kind == "M":
        return {"M": {name: comparable(each) for name, each in content.items()}}
    if kind == "NS":
        return {"NS": sorted(map(Decimal, content))}
    return {kind: sorted(content)} if kind in ("SS", "BS") else value


@few
@given(attribute_values)
def test_values_pass_both_ways(value):
    read = from_cbor(cbor.Reader(AttributeValueEncoder.encode_attribute_value(value)).value())
    answered = _decode_attribute_value(client_decoder(cbor.encode(to_cbor(read))))
    assert comparable(answered) == comparable(value)


@few
@given(numbers)
def test_a_number_is_written_as_dynamodb_writes_it(number):
    text = number_text(number)
    assert Decimal(text) == number
    assert "E" not in text
    assert "." not in text or not text.endswith("0")


@few
@given(numbers, numbers)
def test_numbers_of_sort_keys_are_those_of_the_client_and_keep_their_order(one, two):
    encoded = [ordered_numbers.encode(number) for number in (one, two)]
    assert encoded[0] == LexDecimal.encode(one.normalize(EXACT))
    assert ordered_numbers.decode(LexDecimal.encode(one)) == one
    assert (encoded[0] < encoded[1]) == (one < two) or one == two


KINDS = {"S": st.text(min_size=1, max_size=8), "N": numbers.map(str), "B": st.binary(min_size=1, max_size=8)}


@few
@given(st.data(), st.sampled_from(["S", "N", "B", "SS", "SN", "NB", "BS", "NN", "BB"]))
def test_keys_pass_both_ways(data, kinds):
    schema = list(zip(("p", "s"), kinds, strict=False))
    key = {name: {kind: data.draw(KINDS[kind])} for name, kind in schema}
    definitions = [{"AttributeName": name, "AttributeType": kind} for name, kind in schema]
    read = decode_key(AttributeValueEncoder.encode_key(key, definitions), schema)
    answered = _decode_key_bytes(client_decoder(cbor.encode(encode_key(read, schema))), definitions)
    assert {name: comparable(each) for name, each in answered.items()} == {
        name: comparable(each) for name, each in key.items()
    }


def encoded_by_client(text: str, kind: str, names: dict[str, str], given_values: dict[str, Any]) -> bytes:
    generator = CborSExprGenerator.CborSExprGenerator
    check, generator.validate_final_state = generator.validate_final_state, lambda _self: None
    try:
        encode = getattr(CborSExprGenerator, f"encode_{kind}_expression")
        return encode(text, names, given_values)
    finally:
        generator.validate_final_state = check


@few
@given(conditions)
def test_a_condition_says_the_same_when_dynamodb_gets_it(condition):
    sent = encoded_by_client(condition, "condition", NAMES, VALUES)
    placeholders = Placeholders()
    text = expressions.condition(sent, placeholders)
    again = encoded_by_client(text, "condition", placeholders.names, placeholders.values)
    assert logical(again) == logical(sent)


def logical(data: bytes) -> Any:
    """An expression with its values in place, and without a difference between (a AND b) AND c and a AND (b AND c)."""
    _, tree, listed = cbor.Reader(data).value()

    def plain(node: Any) -> Any:
        if not isinstance(node, list):
            return node
        if node[0] == 17:
            return ("value", repr(listed[node[1]]))
        if node[0] in (6, 7):
            return [node[0], *flat(node, node[0])]
        return [plain(each) for each in node]

    def flat(node: Any, operator: int) -> list[Any]:
        if isinstance(node, list) and node[0] == operator:
            return [part for each in node[1:] for part in flat(each, operator)]
        return [plain(node)]

    return plain(tree)


@few
@given(updates)
def test_an_update_says_the_same_when_dynamodb_gets_it(update):
    sent = encoded_by_client(update, "update", NAMES, VALUES)
    placeholders = Placeholders()
    text = expressions.update(sent, placeholders)
    again = encoded_by_client(text, "update", placeholders.names, placeholders.values)
    assert sorted(map(repr, logical(again))) == sorted(map(repr, logical(sent)))


@few
@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_are_refused(data):
    with suppress(cbor.Malformed, cbor.Truncated):
        from_cbor(cbor.Reader(data).value())


@few
@given(st.binary(max_size=40))
def test_any_bytes_are_an_expression_or_are_refused(data):
    for read in (expressions.condition, expressions.update):
        with pytest.raises(cbor.Malformed):
            read(data, Placeholders())


def test_values_that_are_nested_too_deep_are_refused():
    with pytest.raises(cbor.Malformed):
        cbor.Reader(b"\x81" * 100_000).value()


def test_an_element_of_a_projected_list_belongs_to_the_first_place_that_has_its_parts():
    item = {"l": {"L": [{"M": {"b": {"S": "second"}}}, {"S": "fourth"}]}}
    paths = [("l", 0, "a"), ("l", 1, "b"), ("l", 3), ("absent",)]
    assert projections.of_projected(item, paths) == {1: {"S": "second"}, 2: {"S": "fourth"}}


def test_the_number_of_an_attribute_list_is_the_same_after_a_restart_and_without_its_record():
    saved: dict[int, list[str]] = {}
    changes: list[None] = []
    lists = AttributeLists(saved, lambda: changes.append(None))
    number = lists.number_of(["a", "b"])
    assert number == lists.number_of(["a", "b"]) != lists.number_of(["b", "a"])
    assert AttributeLists(dict(saved), list).names_of(number) == ["a", "b"]
    assert AttributeLists({}, list).number_of(["a", "b"]) == number
    assert (lists.number_of([]), lists.names_of(1), lists.names_of(7), len(changes)) == (1, [], None, 2)


def test_a_cluster_refuses_attribute_lists_that_it_has_no_memory_for():
    saved: dict[int, list[str]] = {}
    lists = AttributeLists(saved, list, max_bytes=1000)
    number = lists.number_of(["a"])
    while len(saved) < 6:
        lists.number_of([f"name {len(saved)}"])
    with pytest.raises(DaxError, match="too many attribute lists"):
        lists.number_of(["one more"])
    with pytest.raises(DaxError):
        AttributeLists(saved, list, max_bytes=1000).number_of(["one more", "after a restart"])
    assert (lists.number_of(["a"]), lists.names_of(number)) == (number, ["a"])


class RefusingDynamoDb:
    """Refuses everything but the description of a table."""

    async def call(self, operation: str, _body: dict[str, Any]) -> dict[str, Any]:
        if operation != "DescribeTable":
            raise DaxError("ValidationException", "refused")
        definitions = [{"AttributeName": name, "AttributeType": kind} for name, kind in (("p", "S"), ("s", "N"))]
        keys = [{"AttributeName": name, "KeyType": kind} for name, kind in (("p", "HASH"), ("s", "RANGE"))]
        return {"Table": {"KeySchema": keys, "AttributeDefinitions": definitions}}


sent_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 30),
        st.floats(),
        st.decimals(allow_nan=False, allow_infinity=False, places=2),
        st.text(max_size=4),
        st.binary(max_size=6),
        conditions.map(lambda text: encoded_by_client(text, "condition", NAMES, VALUES)),
        st.just(cbor.encode("p") + ordered_numbers.encode(Decimal(1))),
        st.just(cbor.encode(1)),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.integers(0, 19), st.text(max_size=3), st.binary(max_size=3)), inner, max_size=4),
        st.builds(cbor.Tagged, st.sampled_from([0, 3321, 3322, 3324]), inner),
    ),
    max_leaves=12,
)


@few
@given(st.data(), st.sampled_from(list(calls.CALLS.values())))
def test_a_call_with_any_values_is_answered_or_refused(data, call):
    node = Node(RefusingDynamoDb(), AttributeLists({}, list), lambda: 0, lambda: 0)
    sent = [data.draw(sent_values) for _ in range(call.values)]
    encoded = cbor.Reader(cbor.encode(*sent))
    values = [encoded.value() for _ in range(call.values)]
    with suppress(cbor.Malformed, DaxError):
        call.permissions(values)
        asyncio.run(call.answer(node, *values))
