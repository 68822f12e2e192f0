"""One MiniStack name: `module:attribute`, or an item below it, as `module:_HANDLERS[AWS::S3::Bucket][create]`."""

import importlib
import inspect
import re
from dataclasses import dataclass
from typing import Any

_STEP = re.compile(r"\.?([^.\[\]]+)|\[([^\]]+)\]")


@dataclass(frozen=True)
class Target:
    """One MiniStack name that can be read and set."""

    name: str

    def value(self) -> Any:
        """What the name stands for; raises LookupError when MiniStack does not have it."""
        owner, step = self._owner_and_step()
        try:
            return owner[step.key] if step.is_item else getattr(owner, step.key)
        except (AttributeError, KeyError, TypeError) as error:
            raise LookupError(f"{self.name} is gone") from error

    def set(self, value: Any) -> None:
        """Let the name stand for another value."""
        owner, step = self._owner_and_step()
        if step.is_item:
            owner[step.key] = value
        else:
            setattr(owner, step.key, value)

    def shape(self) -> str:
        """What our code relies on: a function's parameter names, or a value's type."""
        return shape_of(self.value())

    def _owner_and_step(self) -> tuple[Any, "_Step"]:
        module, _, path = self.name.partition(":")
        *steps, last = [_Step(item or attribute, bool(item)) for attribute, item in _STEP.findall(path)]
        try:
            owner: Any = importlib.import_module(module)
            for step in steps:
                owner = owner[step.key] if step.is_item else getattr(owner, step.key)
        except (ImportError, AttributeError, KeyError, TypeError) as error:
            raise LookupError(f"{self.name} is gone") from error
        return owner, last


@dataclass(frozen=True)
class _Step:
    key: str
    is_item: bool


def shape_of(value: Any) -> str:
    """A function's parameter names, `async` before them if it is a coroutine function; of other values the type."""
    if not callable(value) or inspect.isclass(value):
        return f"type:{type(value).__name__}"
    try:
        parameters = ",".join(inspect.signature(value).parameters)
    except (TypeError, ValueError):
        return f"type:{type(value).__name__}"
    return f"async({parameters})" if inspect.iscoroutinefunction(value) else f"({parameters})"
