"""Replaces and wraps functions of MiniStack, which has no plugin interface.

A decorator declares a hook at its function, with the MiniStack name that the function replaces or wraps:

    @wraps("ministack.services.sns:_fanout")
    def _with_dead_letters(fanout, topic_arn, message): ...

`wraps` passes the wrapped function as the first argument. `replaces` does not call MiniStack's function. `put` replaces
a value that is not a function. `prepares` marks a function that gets the settings and runs once, after all hooks are
installed.

The server refuses to start if one of these rules is broken:

- each MiniStack name that a module uses has the shape that it had when the module was written (`names`);
- if several hooks take one name, their order is declared (`order`);
- a hook takes a name that exists in MiniStack (`target`).

`python -m local_aws hooks` lists the functions on each name, the outermost first.
"""

from local_aws.hooks.registry import IncompatibleMiniStack, install_all, prepares, put, replaces, wraps

__all__ = ["IncompatibleMiniStack", "install_all", "prepares", "put", "replaces", "wraps"]
