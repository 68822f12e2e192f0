"""Latency of a call to a local API: a client on one connection, API Gateway, a warm function that prints nothing."""

import http.client
import time
from statistics import median

from bench.result import Ratio, Result, compared
from bench.sampling import alternate
from bench.servers import Running, embedded_aws, plain_ministack
from bench.small_api import SmallApi, deploy
from bench.workspace import Workspace

_CALLS = 30


def measure(workspace: Workspace) -> list[Result]:
    """Call the same API on both servers in turns. A wall clock, as waiting is what it is about."""
    with embedded_aws(workspace) as ours, plain_ministack(workspace) as plain:
        clients = Client(ours, deploy(ours)), Client(plain, deploy(plain))
        samples = alternate(clients[0].p50_ms, clients[1].p50_ms, 4 if workspace.short else 12)
    reference = "the unextended MiniStack"
    return [compared("local API call, p50", "ms", samples, reference, Ratio(0.1))]


class Client:
    """One kept-alive connection."""

    def __init__(self, server: Running, api: SmallApi) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self._api = api

    def p50_ms(self) -> float:
        """Median of a few dozen calls."""
        return median(self._call_ms() for _ in range(_CALLS))

    def _call_ms(self) -> float:
        started = time.perf_counter()
        self._connection.request("GET", self._api.path, headers={"Host": self._api.host})
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"the API at {self._api.host} answers {response.status}: {body[:500]!r}")
        return (time.perf_counter() - started) * 1000
