"""CloudFront Functions in a JavaScript engine of this process.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-functions.html: a function is a small
JavaScript file with a top-level `handler(event)`, which may be async (runtime 2.0), without network, files or timers.

This MiniStack runs them on `node` from PATH, which a machine need not have; without it every request to such a behavior
answers 503. Here V8 comes as a Python package (mini-racer), and a call takes a tenth of a millisecond. `require` and
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

# AWS ends a function after a millisecond of its own measure; this only stops one that would never end.
_MOST_SECONDS = 5
_KEPT_FUNCTIONS = 64
# V8 sets up its memory with its first engine, and ends the process if two threads do that at once.
_making = threading.Lock()


class Function:
    """One function's code, compiled once; its calls come one after another."""

    def __init__(self, code: str) -> None:
        with _making:
            self._engine = MiniRacer()
        self._lock = threading.Lock()
        self._engine.eval("globalThis.console = { log() {}, error() {}, warn() {} };")
        self._engine.eval(code, timeout_sec=_MOST_SECONDS)

    def __call__(self, event: dict[str, Any]) -> Any:
        """What the handler answers to this event."""
        call = f"(async () => JSON.stringify(await handler({json.dumps(event)})))()"
        with self._lock:
            promise = cast(JSPromise, self._engine.eval(call, timeout_sec=_MOST_SECONDS))
            answer = promise.get(timeout=_MOST_SECONDS)
        return json.loads(answer) if isinstance(answer, str) else None


_compiled = lru_cache(_KEPT_FUNCTIONS)(Function)


@replaces("ministack.core.cloudfront_js:evaluate")
def evaluate(code: bytes, event: dict[str, Any]) -> Any:
    """Run a published function; CloudFrontFunctionError when it cannot be run or throws."""
    try:
        return _compiled(code.decode())(event)
    except (EvaluationFailed, HandlerFailed, TimeoutError, ValueError, RecursionError) as error:
        raise cloudfront_js.CloudFrontFunctionError(str(error)) from error
