"""The Handlebars that SES's templates know.

`{{name}}`, `{{a.b}}`, `{{#if}}`, `{{#unless}}`, `{{#each}}`, `{{#with}}` with `{{else}}` and `{{else if}}`, `this`,
`../`, `@index`, `@key`, `@first`, `@last`, comments, and inline partials. Nothing is escaped: SES leaves that to who
fills the data in (https://docs.aws.amazon.com/ses/latest/dg/send-personalized-email-advanced.html).
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from local_aws.services.ses.template_tags import RenderingError, Token, tokens

__all__ = ["RenderingError", "render"]

_INLINE = re.compile(r"\*\s*inline\s+\"([^\"]+)\"")
_UPS = re.compile(r"(?:\.\./)*")
_BLOCKS = ("if", "unless", "each", "with")
_DEPTH = 50
_MISSING = object()


@dataclass
class _Block:
    """A helper with what it shows, and what else."""

    helper: str
    argument: str
    body: "list[_Node]" = field(default_factory=list)
    otherwise: "list[_Node]" = field(default_factory=list)


_Node = Token | _Block


@dataclass(frozen=True)
class _Scope:
    """What names mean at one place: the value there, the variables of a loop, and what is around."""

    this: Any
    variables: dict[str, Any] = field(default_factory=dict)
    parent: "_Scope | None" = None

    def value(self, path: str) -> Any:
        """What a path stands for, or `_MISSING`."""
        scope: _Scope = self
        whole, path = path, _UPS.sub("", path, count=1)
        for _ in range((len(whole) - len(path)) // len("../")):
            scope = scope.parent or scope
        if path.startswith("@"):
            return scope.variables.get(path[1:], _MISSING)
        found: Any = scope.this
        for part in re.split(r"[./]", path):
            if part in ("this", ""):
                continue
            found = _member(found, part.strip("[]"))
        return found


def render(template: str, data: str) -> str:
    """A template filled with the members of a JSON object.

    Raises
    ------
    RenderingError
        The data is not a JSON object, lacks what the template names, or the template itself is not valid.
    """
    try:
        values = json.loads(data or "{}")
    except (ValueError, RecursionError) as error:
        raise RenderingError(f"Template data is not valid JSON: {error}") from error
    if not isinstance(values, dict):
        raise RenderingError("Template data must be a JSON object")
    try:
        return "".join(_Rendering(template).of(_Scope(values)))
    except RecursionError as error:
        raise RenderingError("The template's blocks are nested too deeply") from error


class _Rendering:
    """One template, read; its inline partials by name."""

    def __init__(self, template: str) -> None:
        self._partials: dict[str, list[_Node]] = {}
        self._tokens = tokens(template)
        self._nodes = self._read("")
        self._depth = 0

    def of(self, scope: _Scope) -> Iterator[str]:
        return self._shown(self._nodes, scope)

    def _read(self, closing: str) -> list[_Node]:
        nodes, _ = self._part(closing)
        return nodes

    def _part(self, closing: str) -> tuple[list[_Node], str | None]:
        """Nodes up to the end of the block `closing`, or to an else of it, which is returned as what follows it."""
        nodes: list[_Node] = []
        for token in self._tokens:
            if token.kind == "#":
                self._open(token, nodes)
            elif token.kind == "/":
                if token.text != closing:
                    raise RenderingError(f"{closing or 'nothing'} doesn't match {token.text}")
                return nodes, None
            elif closing and (token.kind == "^" or token.text.split(" ")[0] == "else") and token.kind != "text":
                return nodes, token.text.removeprefix("else").strip()
            elif token.kind != "!":
                nodes.append(token)
        if closing:
            raise RenderingError(f"the block {closing} has no end")
        return nodes, None

    def _open(self, token: Token, nodes: list[_Node]) -> None:
        inline = _INLINE.fullmatch(token.text)
        if inline:
            self._partials[inline[1]] = self._read("inline")
            return
        helper, _, argument = token.text.partition(" ")
        nodes.append(self._block(helper, argument.strip(), helper))

    def _block(self, helper: str, argument: str, closing: str) -> _Block:
        if helper not in _BLOCKS or not argument:
            raise RenderingError(f"Could not find helper: '{helper}'")
        body, following = self._part(closing)
        block = _Block(helper, argument, body)
        if following:
            inner, _, rest = following.partition(" ")
            block.otherwise = [self._block(inner, rest.strip(), closing)]
        elif following is not None:
            block.otherwise = self._read(closing)
        return block

    def _shown(self, nodes: list[_Node], scope: _Scope) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, _Block):
                yield from _HELPERS[node.helper](self, node, scope)
            elif node.kind == "text":
                yield node.text
            elif node.kind == ">":
                yield from self._partial(node.text, scope)
            else:
                yield _text(node.text, scope.value(node.text))

    def _partial(self, name: str, scope: _Scope) -> Iterator[str]:
        if name not in self._partials:
            raise RenderingError(f"The partial {name} could not be found")
        self._depth += 1
        if self._depth > _DEPTH:
            raise RenderingError(f"The partial {name} contains itself")
        yield from self._shown(self._partials[name], scope)
        self._depth -= 1

    def either(self, block: _Block, scope: _Scope, condition: bool) -> Iterator[str]:
        """The block's body, or what it shows otherwise."""
        return self._shown(block.body if condition else block.otherwise, scope)

    def if_(self, block: _Block, scope: _Scope) -> Iterator[str]:
        return self.either(block, scope, _truthy(scope.value(block.argument)))

    def unless(self, block: _Block, scope: _Scope) -> Iterator[str]:
        return self.either(block, scope, not _truthy(scope.value(block.argument)))

    def with_(self, block: _Block, scope: _Scope) -> Iterator[str]:
        value = scope.value(block.argument)
        inner = _Scope(value, scope.variables, scope) if _truthy(value) else scope
        return self.either(block, inner, _truthy(value))

    def each(self, block: _Block, scope: _Scope) -> Iterator[str]:
        value = scope.value(block.argument)
        pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if _is_list(value) else []
        if not pairs:
            yield from self._shown(block.otherwise, scope)
        for index, (key, item) in enumerate(pairs):
            variables = {"index": index, "key": key, "first": index == 0, "last": index == len(pairs) - 1}
            yield from self._shown(block.body, _Scope(item, variables, scope))


_HELPERS: dict[str, Callable[[_Rendering, _Block, _Scope], Iterator[str]]] = {
    "if": _Rendering.if_,
    "unless": _Rendering.unless,
    "with": _Rendering.with_,
    "each": _Rendering.each,
}


def _member(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name, _MISSING)
    if _is_list(value) and name.isdecimal() and int(name) < len(value):
        return value[int(name)]
    return len(value) if _is_list(value) and name == "length" else _MISSING


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _truthy(value: Any) -> bool:
    return value is not _MISSING and bool(value)


def _text(name: str, value: Any) -> str:
    if value is _MISSING:
        raise RenderingError(f"Attribute '{name}' is not present in the rendering data.")
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)
