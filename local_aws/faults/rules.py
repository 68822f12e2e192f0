"""The rules of the fault API: which calls and invocations fail, and how."""

import itertools
import random
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.faults.operations import operation_names

INJECTIONS = ("fail", "throttle", "delay", "kill")
UNREACHABLE = "unreachable"
# What a DAX cluster's endpoint may do beside failing, throttling and delaying calls.
REFUSE = "refuse"
ENDPOINT_FAULTS = ("hang", "garbage", "close", "drop", REFUSE)
ACTIONS = (*INJECTIONS, UNREACHABLE, *ENDPOINT_FAULTS)
ANY = "*"
_MAX_DELAY_MS = 900_000  # Lambda's longest timeout
# IAM actions whose names are not operations:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
_IAM_ACTIONS = {"ListBucket", "ListAllMyBuckets", "InvokeFunction", "Invoke"}
_DAX = "dax"
# What rules can make fail and is no operation of an API, by names of ours: work in the background, calls of DAX.
_OTHER_WORK = {
    "athena": {"RunQuery"},
    "redshift-data": {"RunStatement"},
    _DAX: {
        "Connect",
        "Endpoints",
        "GetItem",
        "BatchGetItem",
        "Query",
        "Scan",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "BatchWriteItem",
        "TransactGetItems",
        "TransactWriteItems",
    },
}
_numbers = itertools.count(1)


class InvalidRule(Exception):
    """The rule is invalid; `field` is the field to correct."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field = field


@dataclass
class Rule:
    """One rule. A rule with a `function` applies to invocations, all others to AWS API calls."""

    action: str
    service: str | None = None
    operation: str | None = None
    function: str | None = None
    region: str | None = None
    rate: float = 1.0
    count: int | None = None
    delay_ms: int = 0
    code: str | None = None
    message: str | None = None
    status: int | None = None
    id: str = field(default_factory=lambda: f"fault-{next(_numbers)}")
    # How many faults it has injected.
    injected: int = 0

    def matches(self, **call: str | Collection[str] | None) -> bool:
        """Whether the rule applies to a call with these properties. An operation may have several names."""
        return all(_value_matches(getattr(self, name), value) for name, value in call.items())


def _value_matches(rule_value: str | None, call_value: str | Collection[str] | None) -> bool:
    if rule_value is None or rule_value == ANY:
        return rule_value is None or call_value is not None
    return rule_value == call_value if isinstance(call_value, str) else rule_value in (call_value or ())


class Faults:
    """The active rules, in the order of their creation."""

    def __init__(self, random_number: Any = random.random) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self._random = random_number
        self._watchers: list[Callable[[], None]] = []

    @property
    def rules(self) -> list[Rule]:
        """A copy of the rules."""
        return list(self._rules)

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` whenever a rule has been added or removed."""
        self._watchers.append(watcher)

    def add(self, rule: Rule) -> None:
        """Add a rule."""
        with self._lock:
            self._rules = [*self._rules, rule]
        self._tell()

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher()

    def remove(self, rule_id: str | None = None) -> int:
        """Remove one rule, or all; returns how many."""
        with self._lock:
            kept = [] if rule_id is None else [rule for rule in self._rules if rule.id != rule_id]
            removed = len(self._rules) - len(kept)
            self._rules = kept
        self._tell()
        return removed

    def rules_for_call(self, service: str, operations: Collection[str], region: str) -> list[Rule]:
        """The rules for one API call, in order: delays, then at most one that ends the call."""
        if not self._rules:
            return []
        return self._matching(service=service, operation=operations, region=region, function=None)

    def rules_for_invocation(self, function: str, region: str, actions: Collection[str]) -> list[Rule]:
        """The rules with these actions for one invocation, in order: delays, then at most one that ends it."""
        if not self._rules:
            return []
        return self._matching(actions, function=function, region=region)

    def rules_for_endpoint(self, operation: str, region: str) -> list[Rule]:
        """The rules for one call of a DAX cluster, in order: delays, then at most one that ends the call."""
        if not self._rules:
            return []
        actions = {"fail", "throttle", "delay", *ENDPOINT_FAULTS} - {REFUSE}
        return self._matching(actions, service=_DAX, operation={operation}, region=region, function=None)

    def refuses_connections(self, region: str) -> bool:
        """Whether DAX clusters of this region do not listen."""
        return any(rule.action == REFUSE and rule.region in (None, region) for rule in self._rules)

    def is_down(self, region: str) -> bool:
        """Whether a rule takes this region down."""
        return any(rule.action == UNREACHABLE and rule.region == region for rule in self._rules)

    def is_unreachable(self, region: str) -> bool:
        """Whether a call to this region gets no response. The call is counted."""
        with self._lock:
            rules = [rule for rule in self._rules if rule.action == UNREACHABLE and rule.region == region]
            for rule in rules:
                rule.injected += 1
            return bool(rules)

    def _matching(self, actions: Collection[str] = INJECTIONS, **call: Any) -> list[Rule]:
        is_invocation = call["function"] is not None
        matching: list[Rule] = []
        with self._lock:
            for rule in self._rules:
                if rule.action in actions and (rule.function is not None) == is_invocation and rule.matches(**call):
                    if not self._applies(rule):
                        continue
                    matching.append(rule)
                    if rule.action != "delay":
                        break
        return matching

    def _applies(self, rule: Rule) -> bool:
        if (rule.count is not None and rule.injected >= rule.count) or self._random() >= rule.rate:
            return False
        rule.injected += 1
        return True


def parse_rule(document: Any, services: Mapping[str, str]) -> Rule:
    """Read a rule from a client's JSON document; `services` maps every accepted service name to MiniStack's own.

    Raises
    ------
    BadRule
        The error names the field and the expected value.
    """
    if not isinstance(document, dict):
        raise InvalidRule("body", "expected a JSON object")
    for name in document:
        if name not in _READERS:
            raise InvalidRule(str(name), f"unknown field; the fields are {', '.join(_READERS)}")
    fields = {name: read(name, document[name]) for name, read in _READERS.items() if document.get(name) is not None}
    if "action" not in fields:
        raise InvalidRule("action", f"expected one of {', '.join(ACTIONS)}")
    if "service" in fields and fields["service"] not in services:
        raise InvalidRule("service", f"expected one of {', '.join(sorted(services))}")
    rule = Rule(**fields)
    if rule.service and rule.operation and not _is_operation(rule.service, rule.operation):
        raise InvalidRule("operation", f"{rule.service} has no operation or IAM action of this name")
    rule.service = services[rule.service] if rule.service else None
    _check_together(rule)
    return rule


def _is_operation(service: str, operation: str) -> bool:
    """Whether a service has this operation. A service that botocore does not know by this name is not checked."""
    names = operation_names(service)
    return not names or operation in (*names, *_IAM_ACTIONS, *_OTHER_WORK.get(service, ()))


def _check_together(rule: Rule) -> None:
    if rule.action == UNREACHABLE:
        _check_region(rule)
        return
    if rule.action in ENDPOINT_FAULTS:
        _check_endpoint_fault(rule)
    if rule.service is None and rule.function is None:
        raise InvalidRule("service", "expected a service, or a function")
    if rule.function is not None and rule.service not in (None, "lambda"):
        raise InvalidRule("service", "expected none, or lambda, together with a function")
    if rule.function is not None and rule.operation not in (None, "Invoke"):
        raise InvalidRule("operation", "expected none, or Invoke, together with a function")
    if rule.action == "kill" and rule.function is None:
        raise InvalidRule("function", "expected a function's name, or *, with the action kill")
    if rule.action == "delay" and rule.delay_ms == 0:
        raise InvalidRule("delay_ms", "expected a number above 0 with the action delay")
    if rule.function is not None:
        # Rules for invocations match by function only.
        rule.service = rule.operation = None


def _check_region(rule: Rule) -> None:
    if rule.region is None:
        raise InvalidRule("region", f"expected a region with the action {UNREACHABLE}")
    _require_nothing_else(rule, Rule(UNREACHABLE, region=rule.region, id=rule.id))


def _check_endpoint_fault(rule: Rule) -> None:
    if rule.service != _DAX:
        raise InvalidRule("service", f"expected {_DAX} with the action {rule.action}")
    if rule.action == REFUSE:
        _require_nothing_else(rule, Rule(REFUSE, service=_DAX, region=rule.region, id=rule.id))


def _require_nothing_else(rule: Rule, complete: Rule) -> None:
    for name in _READERS:
        if getattr(rule, name) != getattr(complete, name):
            raise InvalidRule(name, f"expected none with the action {rule.action}")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 256:
        raise InvalidRule(name, "expected a string of 1 to 256 characters")
    return value


def _action(name: str, value: Any) -> str:
    if value not in ACTIONS:
        raise InvalidRule(name, f"expected one of {', '.join(ACTIONS)}")
    return str(value)


def _rate(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidRule(name, "expected a number from 0 to 1")
    return float(value)


def _whole(minimum: int, maximum: int) -> Any:
    def read(name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
            raise InvalidRule(name, f"expected a whole number from {minimum} to {maximum}")
        return value

    return read


_READERS: dict[str, Any] = {
    "action": _action,
    "service": _text,
    "operation": _text,
    "function": _text,
    "region": _text,
    "rate": _rate,
    "count": _whole(1, 1_000_000),
    "delay_ms": _whole(0, _MAX_DELAY_MS),
    "code": _text,
    "message": _text,
    "status": _whole(400, 599),
}
