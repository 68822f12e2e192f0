"""Registers the hooks that our modules declare, and installs them."""

import importlib
import importlib.metadata
import logging
import pkgutil
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import local_aws
from local_aws.hooks import names, order
from local_aws.hooks.hook import Hook
from local_aws.hooks.target import Target
from local_aws.settings import Settings

# The packages whose modules may declare hooks.
_PACKAGES = ("faults", "services", "state")
_log = logging.getLogger("local_aws.hooks")
Function = TypeVar("Function", bound=Callable[..., Any])
Preparation = TypeVar("Preparation", bound=Callable[[Settings], None])


class IncompatibleMiniStack(Exception):
    """The installed MiniStack does not fit our modules, or two hooks take one name without a declared order."""


_hooks: list[Hook] = []
_preparations: list[Callable[[Settings], None]] = []


def wraps(*targets: str) -> Callable[[Function], Function]:
    """Wrap the functions of these names; the wrapper gets the wrapped function as its first argument."""
    return lambda function: _declare(targets, function, is_wrapper=True)


def replaces(*targets: str) -> Callable[[Function], Function]:
    """Replace the functions of these names."""
    return lambda function: _declare(targets, function, is_wrapper=False)


def put(target: str, value: Any, module: str) -> None:
    """Replace a name's value with one that is not a function; `module` is the caller's `__name__`."""
    _hooks.append(Hook(Target(target), value, wraps=False, module=_short(module)))


def prepares(function: Preparation) -> Preparation:
    """Register a function that gets the settings after all hooks are installed, before the server starts."""
    _preparations.append(function)
    return function


def _declare(targets: Iterable[str], function: Function, *, is_wrapper: bool) -> Function:
    for target in targets:
        _hooks.append(Hook(Target(target), function, is_wrapper, _short(function.__module__)))
    return function


def _short(module: str) -> str:
    return module.removeprefix("local_aws.")


def declared() -> list[Hook]:
    """Import all modules; returns their hooks, sorted by name, the outermost first.

    Raises
    ------
    IncompatibleMiniStack
        A module cannot be imported, or hooks take one name without a declared order.
    """
    _import_modules()
    try:
        return order.in_order(_hooks)
    except order.Undeclared as error:
        raise IncompatibleMiniStack(str(error)) from error


def install_all(settings: Settings) -> list[Hook]:
    """Check every MiniStack name that we touch, then put all hooks in place; returns them.

    Raises
    ------
    IncompatibleMiniStack
        Names what does not fit, the modules that rely on it, and the installed versions.
    """
    hooks = declared()
    if differences := names.differences(hook.target.name for hook in hooks):
        raise incompatible("; ".join(differences))
    for hook in reversed(hooks):
        hook.install()
    for prepare in _preparations:
        prepare(settings)
    return hooks


def incompatible(reason: str) -> IncompatibleMiniStack:
    """The refusal to start, with the installed versions."""
    versions = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in ("ministack", "botocore"))
    return IncompatibleMiniStack(f"local_aws does not fit {versions}: {reason}")


def _import_modules() -> None:
    for package in _PACKAGES:
        root = importlib.import_module(f"{local_aws.__name__}.{package}")
        for info in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
            try:
                importlib.import_module(info.name)
            except (ImportError, AttributeError) as error:
                _log.info("%s cannot be imported", info.name, exc_info=True)
                raise incompatible(f"{_short(info.name)} cannot be imported: {error}") from error
