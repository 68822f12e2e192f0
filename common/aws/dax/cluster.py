"""Calls to one DAX cluster, each within a budget of time."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from common.aws.dax.answers import NoAnswer, NotSent

# A cluster answers within milliseconds, and a write takes DynamoDB's own time. The API's function has 29 seconds, of
# which DynamoDB's client may need 18 after this.
CONNECT_SECONDS = 0.5
READ_SECONDS = 1.0
BUDGET_SECONDS = 2.0
# Calls that never end keep their thread; then calls are not sent until one is free.
_THREADS = 4
# The connection was closed, often while the function was frozen.
_LOST = (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)

Run = Callable[[Callable[[], Any]], Any]


class Cluster:
    """One cluster; `connect` makes a client of it, which connects at once."""

    def __init__(self, connect: Callable[[], Any], run: Run) -> None:
        self._connect = connect
        self._run = run
        self._client: Any = None
        self._lock = threading.Lock()

    def call(self, operation: str, request: dict[str, Any], *, repeatable: bool) -> Any:
        """Send a request; a repeatable one is sent again if the connection was lost.

        Raises the exceptions of the DAX client, NotSent if there is no client, and NoAnswer when the time is over.
        """
        if self._client is None:
            try:
                self._run(self._make_client)
            except Exception as error:
                raise NotSent(f"{type(error).__name__}: {error}") from error
        return self._run(lambda: self._send(getattr(self._client, operation), request, repeatable))

    def _send(self, send: Callable[..., Any], request: dict[str, Any], repeatable: bool) -> Any:
        try:
            return send(**request)
        except Exception as error:
            if not (repeatable and is_lost(error)):
                raise
        return send(**request)

    def _make_client(self) -> None:
        with self._lock:
            self._client = self._client or self._connect()


def is_lost(error: Exception) -> bool:
    """Whether the connection was closed before an answer."""
    return isinstance(error, _LOST) or getattr(error, "code", None) == "ConnectionException"


class Within:
    """Runs functions in threads, and waits for each at most `seconds`.

    The timeouts of the DAX client are those of one read of a socket. They bound neither an answer that arrives in
    small parts, nor the lookup of a name.
    """

    def __init__(self, seconds: float = BUDGET_SECONDS) -> None:
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="dax")

    def __call__(self, function: Callable[[], Any]) -> Any:
        """Run one function.

        Raises
        ------
        NotSent
            No thread was free.
        NoAnswer
            The function has not ended in time; it goes on in its thread.
        """
        running: Future[Any] = self._threads.submit(function)
        try:
            return running.result(self._seconds)
        except TimeoutError:
            if running.cancel():
                raise NotSent("no thread is free") from None
            if not running.done():
                raise NoAnswer(f"no answer within {self._seconds} s") from None
            # The function itself has raised it, or has ended just now.
            return running.result()


def connect(endpoint: str, region: str, session: Any) -> Any:
    """Make the DAX client, whose import and first connection are a fifth of a cold start (`bench --only dax`).

    It does not retry: it would send a write again after its connection was lost, and a refused condition like any
    other error.
    """
    from amazondax import AmazonDaxClient  # noqa: PLC0415 - only where a stage has a cluster
    from botocore.config import Config  # noqa: PLC0415

    # The client's warnings repeat what the store's log says once.
    logging.getLogger("amazondax").setLevel(logging.CRITICAL)
    config = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"max_attempts": 0})
    return AmazonDaxClient(session, region_name=region, endpoint_url=endpoint, config=config)
