"""Random attribute values, numbers and expressions, for the tests of DAX."""

import os
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

# EXAMPLES=2000 tries more of them.
EXAMPLES = int(os.environ.get("EXAMPLES", "25"))
digits = st.integers(-(10**38) + 1, 10**38 - 1)
numbers = st.builds(lambda number, power: Decimal(number).scaleb(power), digits, st.integers(-120, 80))
number_values = st.builds(lambda number: {"N": str(number)}, numbers)
texts = st.text(max_size=8)
blobs = st.binary(max_size=8)


def _sets(values: Any, kind: str) -> Any:
    return st.lists(values, min_size=1, max_size=3, unique=True).map(lambda each: {kind: each})


scalars = st.one_of(
    texts.map(lambda text: {"S": text}),
    number_values,
    blobs.map(lambda data: {"B": data}),
    st.booleans().map(lambda value: {"BOOL": value}),
    st.just({"NULL": True}),
    _sets(texts, "SS"),
    _sets(digits.map(str), "NS"),
    _sets(blobs, "BS"),
)
attribute_values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: {"L": each}),
        st.dictionaries(texts, inner, max_size=3).map(lambda each: {"M": each}),
    ),
    max_leaves=8,
)
words = st.text("abc", min_size=1, max_size=2).map(lambda text: f"a_{text}")
elements = st.one_of(words, st.sampled_from(["#x", "#dotted"]))
paths = st.builds(
    lambda first, rest: first + "".join(rest),
    elements,
    st.lists(st.one_of(elements.map(lambda name: f".{name}"), st.integers(0, 9).map(lambda n: f"[{n}]")), max_size=3),
)
values = st.sampled_from([":a", ":b", ":c"])
operands = st.one_of(paths, values, paths.map(lambda path: f"size({path})"))
conditions = st.recursive(
    st.one_of(
        st.tuples(operands, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), operands).map(" ".join),
        st.tuples(operands, operands, operands).map(lambda each: f"{each[0]} BETWEEN {each[1]} AND {each[2]}"),
        st.tuples(paths, st.lists(values, min_size=1, max_size=3)).map(
            lambda each: f"{each[0]} IN ({', '.join(each[1])})"
        ),
        paths.map(lambda path: f"attribute_exists({path})"),
        st.tuples(paths, values).map(lambda each: f"begins_with({each[0]}, {each[1]})"),
    ),
    lambda inner: st.one_of(
        inner.map(lambda text: f"NOT ({text})"),
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda each: f"({each[0]}) {each[1]} ({each[2]})"),
    ),
    max_leaves=6,
)
set_values = st.one_of(
    operands.filter(lambda text: not text.startswith("size")),
    st.tuples(paths, st.sampled_from("+-"), values).map(" ".join),
    st.tuples(paths, values).map(lambda each: f"if_not_exists({each[0]}, {each[1]})"),
    st.tuples(paths, values).map(lambda each: f"list_append({each[0]}, {each[1]})"),
)
clauses = {
    "SET": st.tuples(paths, set_values).map(" = ".join),
    "REMOVE": paths,
    "ADD": st.tuples(paths, values).map(" ".join),
    "DELETE": st.tuples(paths, values).map(" ".join),
}
updates = st.fixed_dictionaries(
    {"SET": st.lists(clauses["SET"], min_size=1, max_size=3)},
    optional={name: st.lists(each, min_size=1, max_size=2) for name, each in clauses.items() if name != "SET"},
).map(lambda parts: " ".join(f"{clause} {', '.join(each)}" for clause, each in parts.items()))
NAMES = {"#x": "x", "#dotted": "a.b"}
VALUES = {":a": {"S": "one"}, ":b": {"N": "2"}, ":c": {"SS": ["s"]}}
# Items for conditions: with the names and types that conditions use, and without.
FILTERED: list[dict[str, Any]] = [
    {"a_a": {"S": "one"}, "a.b": {"N": "2"}, "x": {"SS": ["s"]}},
    {"a_a": {"N": "2"}, "x": {"L": [{"S": "one"}, {"N": "3"}]}},
    {"a_a": {"M": {"x": {"S": "one"}, "a_a": {"N": "1"}}}, "x": {"M": {"a.b": {"N": "2"}}}},
    {},
]
