"""Runs CloudFront Functions in a JavaScript engine in this process.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-functions.html: a function is a small
JavaScript file with a top-level `handler(event)`, which may be async (runtime 2.0), without network, files or timers.

MiniStack runs them on `node` from PATH; on a machine without it, every request to such a cache behavior answers 503.
Here V8 comes as a Python package (mini-racer), and a call takes 0.1 ms. `require` and
`import` are not available.
"""

import json
import threading
from functools import lru_cache
from typing import Any, cast

from ministack.core import cloudfront_js
from py_mini_racer import JSEvalException as EvaluationFailed
from py_mini_racer import JSPromise, MiniRacer
from py_mini_racer import JSPromiseError as HandlerFailed

from local_aws.hooks import replaces

# CloudFront limits a function's compute utilization to about 1 ms; this limit only stops an endless loop.
_MOST_SECONDS = 5
_CACHED_FUNCTIONS = 64
# V8 sets up its memory with the first engine, and aborts the process if two threads do that at once.
_engine_creation = threading.Lock()


class CompiledFunction:
    """One function's code, compiled once. Its calls run one after another."""

    def __init__(self, code: str) -> None:
        with _engine_creation:
            self._engine = MiniRacer()
        self._lock = threading.Lock()
        self._engine.eval("globalThis.console = { log() {}, error() {}, warn() {} };")
        self._engine.eval(code, timeout_sec=_MOST_SECONDS)

    def __call__(self, event: dict[str, Any]) -> Any:
        """Call the handler with an event; returns its result."""
        call = f"(async () => JSON.stringify(await handler({json.dumps(event)})))()"
        with self._lock:
            promise = cast(JSPromise, self._engine.eval(call, timeout_sec=_MOST_SECONDS))
            answer = promise.get(timeout=_MOST_SECONDS)
        return json.loads(answer) if isinstance(answer, str) else None


_compiled = lru_cache(_CACHED_FUNCTIONS)(CompiledFunction)


@replaces("ministack.core.cloudfront_js:evaluate")
def evaluate(code: bytes, event: dict[str, Any]) -> Any:
    """Run a published function.

    Raises
    ------
    CloudFrontFunctionError
        The code is invalid, or the handler throws.
    """
    try:
        return _compiled(code.decode())(event)
    except (EvaluationFailed, HandlerFailed, TimeoutError, ValueError, RecursionError) as error:
        raise cloudfront_js.CloudFrontFunctionError(str(error)) from error
