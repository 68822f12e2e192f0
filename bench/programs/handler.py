"""Answers one request over and over in the functions' own interpreter: for each line on stdin, the CPU ms of a call.

AWS's answers are put in place of what would be sent: only the clients' and the handler's CPU is left. A line is the
number of calls. The first line on stdout is an answer, so that the caller sees what it measures, with the process's
CPU until then.
"""

import importlib
import io
import json
import os
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
INPUT = json.loads(Path(os.environ["BENCH_INPUT"]).read_bytes())
EVENT = json.dumps(INPUT["event"])
ANSWERS = {name: json.dumps(answer, separators=(",", ":")).encode() for name, answer in INPUT["answers"].items()}


class Body(io.BytesIO):
    """A response's body as urllib3 gives it to botocore."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """Yield all at once."""
        yield self.read()


def answer(_: Any, request: Any) -> Any:
    """Answer instead of AWS, checksum included."""
    body = ANSWERS[request.headers["X-Amz-Target"].decode().rpartition(".")[2]]
    headers: Any = {"Content-Type": "application/x-amz-json-1.0", "x-amz-crc32": str(zlib.crc32(body))}
    return awsrequest.AWSResponse(request.url, 200, headers, Body(body))


# Every client sends by this class, so also one that is made by the first call; the plain player reads its secret while
# it is imported.
awsrequest, httpsession = (importlib.import_module(f"botocore.{name}") for name in ("awsrequest", "httpsession"))
httpsession.URLLib3Session.send = answer
function = getattr(importlib.import_module("app"), INPUT["function"])


def call() -> dict[str, Any]:
    """Answer one invocation."""
    answered: dict[str, Any] = function(json.loads(EVENT), None)
    return answered


answers = os.fdopen(os.dup(1), "w", buffering=1)
# What the function logs goes where it costs the least.
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
first = call()
cpu_ms = time.process_time() * 1000
print(json.dumps({"answer": first, "cpu_ms": cpu_ms}), file=answers)
for line in sys.stdin:
    calls = int(line)
    started = time.process_time()
    for _ in range(calls):
        call()
    print((time.process_time() - started) * 1000 / calls, file=answers)
