"""How our code takes the place of MiniStack's, which has no plugin interface.

A hook is declared where its function stands, by the MiniStack name that it takes:

    @wraps("ministack.services.sns:_fanout")
    def _with_dead_letters(fanout, topic_arn, message): ...

`wraps` passes what it wraps as the first argument; `replaces` does not call it. `put` takes a name for a value that is
no function, and `prepares` marks a function that needs the settings and runs once, after all hooks are in place.

Three rules keep this safe, and each refuses to start when it is broken:

- every MiniStack name that one of our modules touches has the shape that it had when the module was written (`names`);
- where several hooks take one name, their order is declared (`order`);
- a hook takes a name that MiniStack has (`target`).

`python -m local_aws hooks` prints which function sits on which name, the outermost first.
"""

from local_aws.hooks.registry import IncompatibleMiniStack, install_all, prepares, put, replaces, wraps

__all__ = ["IncompatibleMiniStack", "install_all", "prepares", "put", "replaces", "wraps"]
