"""The program that function environments are forked from. The functions' interpreter runs it, by `bootstrap.py`.

It has imported the packages of Lambda's runtime, so that all environments share their memory and none spends CPU on
reading them. An environment sees a module only once its function has imported it: `Preloaded` hands out the modules
that are here already, each with those that it imported itself.

It has one thread and no connections. It ends with the server, which holds the other end of its socket.
"""

import builtins
import contextlib
import importlib
import json
import os
import sys
import time
import types
from typing import Any

# botocore, and what it imports when a client is made. boto3 changes modules that it does not import itself.
_PACKAGES = (
    "gc",
    "select",
    "socket",
    "botocore.session",
    "botocore.handlers",
    "botocore.httpsession",
    "botocore.retries.standard",
)
_MAX_REQUEST_BYTES = 1 << 20
_DESCRIPTORS = 5


_ModuleSpec: Any = type(sys.__spec__)


class Preloaded:
    """Finds modules that are loaded already, and imports what they import, as their own code would do."""

    def __init__(self, imports: dict[str, list[str]], baseline: frozenset[str]) -> None:
        self._imports = imports
        self._modules = {name: module for name, module in sys.modules.items() if name not in baseline and module}

    @property
    def packages(self) -> list[str]:
        """The names of modules and packages that are not part of another package."""
        return [name for name in self._modules if "." not in name]

    def hide(self) -> None:
        """Remove the modules, so that an import finds them here."""
        for name, module in self._modules.items():
            del sys.modules[name]
            parent, _, child = name.rpartition(".")
            holder = self._modules.get(parent) or sys.modules.get(parent)
            if hasattr(holder, "__path__") and vars(holder).get(child) is module:
                delattr(holder, child)
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, *_: Any) -> Any:
        """Find a module that is loaded already (https://docs.python.org/3/library/importlib.html)."""
        return _ModuleSpec(name, self) if name in self._modules else None

    def create_module(self, spec: Any) -> types.ModuleType:
        """Return the module, which keeps its own specification."""
        module = self._modules[spec.name]
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Import what the module's code imports."""
        found = module.__spec__
        if found is not None:
            module.__spec__ = found.loader_state
            for name in self._imports.get(found.name, ()):
                self._import(name)

    def _import(self, name: str) -> None:
        package = sys.modules.get(name.rpartition(".")[0])
        if package is None or hasattr(package, "__path__"):
            importlib.import_module(name)
        elif name in self._modules:
            # A module that another one in C has added.
            sys.modules.setdefault(name, self._modules[name])


def preload(baseline: frozenset[str]) -> Preloaded:
    """Import the packages, and note which module imports which."""
    imports: dict[str, list[str]] = {}
    original = builtins.__import__

    def noting(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        try:
            return original(name, globals, locals, fromlist, level)
        finally:
            # A package is imported even if its part is missing.
            names = _imported(name, globals or {}, fromlist or (), level)
            imports.setdefault(_importer(), []).extend(each for each in names if each in sys.modules)

    builtins.__import__ = noting
    try:
        for package in _PACKAGES:
            importlib.import_module(package)
    finally:
        builtins.__import__ = original
    return Preloaded({name: list(dict.fromkeys(names)) for name, names in imports.items()}, baseline)


def _imported(name: str, importer: dict[str, Any], fromlist: tuple[str, ...], level: int) -> list[str]:
    """The full names of the modules that an import statement may import, packages first."""
    if level:
        package = str(importer["__package__"]).rsplit(".", level - 1)[0]
        name = f"{package}.{name}" if name else package
    parts = name.split(".")
    names = [".".join(parts[: end + 1]) for end in range(len(parts))] + [f"{name}.{part}" for part in fromlist]
    if not hasattr(sys.modules.get(name), "__path__"):
        # Modules in C such as pyexpat add modules below their name.
        names += [each for each in sys.modules if each.startswith(f"{name}.")]
    return names


def _importer() -> str:
    """The module that imports now. Modules in C import by the frame of importlib that loads them."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals["__name__"].startswith(("importlib._bootstrap", __name__)):
        frame = frame.f_back
    return str(frame.f_globals["__name__"])


def serve(descriptor: int, baseline: frozenset[str]) -> list[str]:
    """Fork an environment for each request. Returns in each environment, with the arguments of its program."""
    preloaded = preload(baseline)
    import gc  # noqa: PLC0415 - all modules but the bootstrap's are noted by `preload`
    import socket  # noqa: PLC0415

    server = socket.socket(fileno=descriptor)
    gc.collect()
    # Later collections do not touch these objects, so their memory stays shared.
    gc.freeze()
    server.send(json.dumps(preloaded.packages).encode())
    request, descriptors = _next_environment(server)
    server.detach()
    return _become(request, descriptors, preloaded)


def _next_environment(server: Any) -> tuple[dict[str, Any], list[int]]:
    """Report the exits of environments to the server, until this process is itself one. Exits with the server."""
    import select  # noqa: PLC0415
    import socket  # noqa: PLC0415

    running: dict[int, tuple[int, int]] = {}
    poll = select.poll()
    poll.register(server, select.POLLIN)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor in running:
                poll.unregister(descriptor)
                _report_exit(descriptor, *running.pop(descriptor))
                continue
            message, descriptors, _, _ = socket.recv_fds(server, _MAX_REQUEST_BYTES, _DESCRIPTORS)
            if not message:
                sys.exit()
            pid = os.fork()
            if not pid:
                return json.loads(message), descriptors
            *environments_own, status = descriptors
            for each in environments_own:
                os.close(each)
            exit_descriptor = os.pidfd_open(pid)
            running[exit_descriptor] = (pid, status)
            poll.register(exit_descriptor, select.POLLIN)


def _report_exit(descriptor: int, pid: int, status: int) -> None:
    os.close(descriptor)
    _, wait_status = os.waitpid(pid, 0)
    # The server may no longer want to know.
    with contextlib.suppress(BrokenPipeError):
        os.write(status, b"%d\n" % os.waitstatus_to_exitcode(wait_status))
    os.close(status)


def _become(request: dict[str, Any], descriptors: list[int], preloaded: Preloaded) -> list[str]:
    """Turn this copy of the process into an environment; returns the arguments of its program."""
    requests, answers, lifeline, log, status = descriptors
    os.setsid()
    os.write(status, b"%d\n" % os.getpid())
    os.dup2(log, 1)
    os.dup2(log, 2)
    # Others' pipes in here would not end with them.
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor not in (0, 1, 2, requests, answers, lifeline):
            with contextlib.suppress(OSError):
                os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["variables"])
    time.tzset()
    os.chdir(request["cwd"])
    preloaded.hide()
    return [request["token"], *map(str, (requests, answers, lifeline)), *request["layers"]]
