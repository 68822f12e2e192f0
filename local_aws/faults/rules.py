"""Which calls and invocations are to go wrong, and how."""

import itertools
import random
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.faults.operations import operation_names

INJECTIONS = ("fail", "throttle", "delay", "kill")
UNREACHABLE = "unreachable"
ACTIONS = (*INJECTIONS, UNREACHABLE)
ANY = "*"
_MOST_DELAY_MS = 900_000  # Lambda's longest timeout
# IAM actions that are no operation's name: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
_IAM_ACTIONS = {"ListBucket", "ListAllMyBuckets", "InvokeFunction", "Invoke"}
_numbers = itertools.count(1)


class BadRule(Exception):
    """A rule that makes no sense; `field` is the one to change."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field = field


@dataclass
class Rule:
    """One fault. A rule with a `function` is about invocations, every other about AWS API calls."""

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
    # How often it struck.
    injected: int = 0

    def concerns(self, **call: str | Collection[str] | None) -> bool:
        """Whether the rule is about a call with these properties; an operation may have several names."""
        return all(_same(getattr(self, name), value) for name, value in call.items())


def _same(wanted: str | None, given: str | Collection[str] | None) -> bool:
    if wanted is None or wanted == ANY:
        return wanted is None or given is not None
    return wanted == given if isinstance(given, str) else wanted in (given or ())


class Faults:
    """The rules in force, in the order they were made."""

    def __init__(self, random_number: Any = random.random) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self._random = random_number

    @property
    def rules(self) -> list[Rule]:
        """A copy of the rules."""
        return list(self._rules)

    def add(self, rule: Rule) -> None:
        """Put a rule in force."""
        with self._lock:
            self._rules = [*self._rules, rule]

    def remove(self, rule_id: str | None = None) -> int:
        """Remove one rule, or all; returns how many."""
        with self._lock:
            kept = [] if rule_id is None else [rule for rule in self._rules if rule.id != rule_id]
            removed = len(self._rules) - len(kept)
            self._rules = kept
            return removed

    def rules_for_call(self, service: str, operations: Collection[str], region: str) -> list[Rule]:
        """The faults of one API call, in order: delays, then at most one that ends it."""
        if not self._rules:
            return []
        return self._matching(service=service, operation=operations, region=region, function=None)

    def rules_for_invocation(self, function: str, region: str, actions: Collection[str]) -> list[Rule]:
        """The faults, of these kinds, of one invocation, in order: delays, then at most one that ends it."""
        if not self._rules:
            return []
        return self._matching(actions, function=function, region=region)

    def is_away(self, region: str) -> bool:
        """Whether a rule takes this region away."""
        return any(rule.action == UNREACHABLE and rule.region == region for rule in self._rules)

    def cut_off(self, region: str) -> bool:
        """Whether a call to this region gets no answer; it is counted."""
        with self._lock:
            rules = [rule for rule in self._rules if rule.action == UNREACHABLE and rule.region == region]
            for rule in rules:
                rule.injected += 1
            return bool(rules)

    def _matching(self, actions: Collection[str] = INJECTIONS, **call: Any) -> list[Rule]:
        about_function = call["function"] is not None
        matching: list[Rule] = []
        with self._lock:
            for rule in self._rules:
                if rule.action in actions and (rule.function is not None) == about_function and rule.concerns(**call):
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


def parsed(given: Any, services: Mapping[str, str]) -> Rule:
    """A rule from what a client sent; `services` maps every accepted service name to MiniStack's own.

    Raises
    ------
    BadRule
        Names the field and says what was expected.
    """
    if not isinstance(given, dict):
        raise BadRule("body", "expected a JSON object")
    for name in given:
        if name not in _READERS:
            raise BadRule(str(name), f"unknown; known are {', '.join(_READERS)}")
    fields = {name: read(name, given[name]) for name, read in _READERS.items() if given.get(name) is not None}
    if "action" not in fields:
        raise BadRule("action", f"expected one of {', '.join(ACTIONS)}")
    if "service" in fields and fields["service"] not in services:
        raise BadRule("service", f"expected one of {', '.join(sorted(services))}")
    rule = Rule(**fields)
    if rule.service and rule.operation and not _is_known(rule.service, rule.operation):
        raise BadRule("operation", f"{rule.service} has no operation or IAM action of this name")
    rule.service = services[rule.service] if rule.service else None
    _check_together(rule)
    return rule


def _is_known(service: str, operation: str) -> bool:
    """Whether a call can have this name; a service that botocore calls otherwise is not looked up."""
    names = operation_names(service)
    return not names or operation in names or operation in _IAM_ACTIONS


def _check_together(rule: Rule) -> None:
    if rule.action == UNREACHABLE:
        _check_region(rule)
        return
    if rule.service is None and rule.function is None:
        raise BadRule("service", "expected a service, or a function")
    if rule.function is not None and rule.service not in (None, "lambda"):
        raise BadRule("service", "expected none, or lambda, together with a function")
    if rule.function is not None and rule.operation not in (None, "Invoke"):
        raise BadRule("operation", "expected none, or Invoke, together with a function")
    if rule.action == "kill" and rule.function is None:
        raise BadRule("function", "expected a function's name, or *, with the action kill")
    if rule.action == "delay" and rule.delay_ms == 0:
        raise BadRule("delay_ms", "expected a number above 0 with the action delay")
    if rule.function is not None:
        # Invocations are not about a service's operation.
        rule.service = rule.operation = None


def _check_region(rule: Rule) -> None:
    if rule.region is None:
        raise BadRule("region", f"expected a region with the action {UNREACHABLE}")
    nothing_else = Rule(UNREACHABLE, region=rule.region, id=rule.id)
    for name in _READERS:
        if getattr(rule, name) != getattr(nothing_else, name):
            raise BadRule(name, f"expected none with the action {UNREACHABLE}")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 256:
        raise BadRule(name, "expected a string of 1 to 256 characters")
    return value


def _action(name: str, value: Any) -> str:
    if value not in ACTIONS:
        raise BadRule(name, f"expected one of {', '.join(ACTIONS)}")
    return str(value)


def _rate(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise BadRule(name, "expected a number from 0 to 1")
    return float(value)


def _whole(least: int, most: int) -> Any:
    def read(name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise BadRule(name, f"expected a whole number from {least} to {most}")
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
    "delay_ms": _whole(0, _MOST_DELAY_MS),
    "code": _text,
    "message": _text,
    "status": _whole(400, 599),
}
