"""Answers `GET /todos` over and over in the functions' own interpreter: for each line on stdin, the CPU ms of a call.

DynamoDB's answers are the same bytes on both sides, put in place of what would be sent: only the client's and the
handler's CPU is left. A line is the number of calls. The first line on stdout is an answer, so that the caller sees
what it measures, with the process's CPU until then.
"""

import importlib
import io
import json
import os
import sys
import time
import zlib
from collections.abc import Iterator
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])

app = importlib.import_module("app")
PAGE, VERSION, EVENT = (part.encode() for part in json.loads(os.environ["BENCH_INPUT"]))
ANSWERS = {"Query": PAGE, "GetItem": VERSION}


class Body(io.BytesIO):
    """A response's body as urllib3 gives it to botocore."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """Yield all at once."""
        yield self.read()


def answer(request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
    """Answer instead of DynamoDB, checksum included."""
    body = ANSWERS[event_name.rpartition(".")[2]]
    headers: Any = {"Content-Type": "application/x-amz-json-1.0", "x-amz-crc32": str(zlib.crc32(body))}
    return AWSResponse(request.url, 200, headers, Body(body))


def dynamodb_client() -> Any:
    """Return the client that the app uses."""
    if hasattr(app, "todo_app"):
        return importlib.import_module("common.aws.clients").raw_dynamodb(os.environ["AWS_REGION"])
    return app.table.meta.client


dynamodb_client().meta.events.register("before-send.dynamodb", answer)


def call() -> dict[str, Any]:
    """Answer one invocation."""
    answered: dict[str, Any] = app.app(json.loads(EVENT), None)
    return answered


answers = os.fdopen(os.dup(1), "w", buffering=1)
# What the function logs goes where it costs the least.
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
first = call()
cpu_ms = time.process_time() * 1000
print(json.dumps({"status": first["statusCode"], "todos": json.loads(first["body"]), "cpu_ms": cpu_ms}), file=answers)
for line in sys.stdin:
    calls = int(line)
    started = time.process_time()
    for _ in range(calls):
        call()
    print((time.process_time() - started) * 1000 / calls, file=answers)
