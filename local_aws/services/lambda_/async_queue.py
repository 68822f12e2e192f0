"""Asynchronous invocations: retries, and where an event goes that failed for good.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html: an error of the function is retried
twice, after one minute and two (here after one second and two); a throttled event comes back until it is too old; then
the event goes to the dead-letter queue and a record of it to the on-failure destination, if the function's role may.
While the function's region is away its events wait.
"""

import contextvars
import json
import logging
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import _request_account_id, _request_region
from ministack.services import lambda_svc, sns

from local_aws.faults import regions
from local_aws.services.lambda_ import execution_roles
from local_aws.services.sqs.queues import put_in_queue

_LAMBDA = "ministack.services.lambda_svc"
_log = logging.getLogger("local_aws.asynchronous")
_LONGEST_WAIT = 30.0
# A region that is away comes back without a word.
_LOOK_SECONDS = 0.1
_DEFAULT_RETRIES, _DEFAULT_AGE = 2, 6 * 3600
_MOST_OF_A_MESSAGE = 1024
Json = dict[str, Any]


@dataclass
class Invocation:
    """One event on its way to a function."""

    function: Json
    event: Any
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempts: int = 0
    errors: int = 0
    condition: str = "RetriesExhausted"
    result: Json = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    @property
    def config(self) -> Json:
        """The function's configuration."""
        found: Json = self.function.get("config") or self.function
        return found

    @property
    def settings(self) -> Json:
        """Its event invoke configuration."""
        configured = self.function.get("event_invoke_configs") or {}
        return self.function.get("event_invoke_config") or configured.get("$LATEST") or {}

    def start(self) -> None:
        """Run in the background, in this call's context: whose account, and how deep in a chain of invocations."""
        threading.Thread(target=contextvars.copy_context().run, args=(self.run,), daemon=True).start()

    def run(self) -> None:
        """Invoke until it succeeds or has failed for good."""
        self._enter_scope()
        if not self._succeeded():
            self.fail()
            return
        self.condition = "Success"
        self._send("OnSuccess")

    def fail(self) -> None:
        """Hand the event over to who takes failed ones."""
        self._send("OnFailure")
        dead_letters = (self.config.get("DeadLetterConfig") or {}).get("TargetArn")
        if dead_letters:
            self._deliver(dead_letters, json.dumps(self.event), self._attributes())

    def _enter_scope(self) -> None:
        arn = self.config["FunctionArn"].split(":")
        _request_region.set(arn[3])
        _request_account_id.set(arn[4])

    def _succeeded(self) -> bool:
        wait = 0.0
        self._hold()
        while not self._attempt():
            wait = min(wait * 2 or lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS, _LONGEST_WAIT)
            if self.errors > self.settings.get("MaximumRetryAttempts", _DEFAULT_RETRIES):
                return False
            if time.monotonic() - self.started + wait > self.settings.get("MaximumEventAgeInSeconds", _DEFAULT_AGE):
                self.condition = "EventAgeExceeded"
                return False
            time.sleep(wait)
            self._hold()
        return True

    def _hold(self) -> None:
        """Wait while the function's region is away; no event becomes too old by that."""
        region, began = self.config["FunctionArn"].split(":")[3], time.monotonic()
        while regions.is_away(region):
            time.sleep(_LOOK_SECONDS)
        self.started += time.monotonic() - began

    def _attempt(self) -> bool:
        """Invoke once; a throttled attempt is none that counts."""
        self.result = lambda_svc._execute_function(self.function, self.event)
        is_throttled, is_error = bool(self.result.get("throttle")), bool(self.result.get("error"))
        self.attempts += not is_throttled
        self.errors += is_error and not is_throttled
        return not is_error and not is_throttled

    def _record(self) -> Json:
        """What a destination gets."""
        error = self.result.get("function_error") or "Unhandled"
        failed = {} if self.condition == "Success" else {"functionError": error}
        return {
            "version": "1.0",
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "requestContext": {
                "requestId": self.request_id,
                "functionArn": f"{self.config['FunctionArn']}:{self.config.get('Version', '$LATEST')}",
                "condition": self.condition,
                "approximateInvokeCount": self.attempts,
            },
            "requestPayload": self.event,
            "responseContext": {
                "statusCode": 200,
                "executedVersion": self.config.get("Version", "$LATEST"),
                **failed,
            },
            "responsePayload": self.result.get("body"),
        }

    def _attributes(self) -> dict[str, Json]:
        """What a dead-letter queue gets beside the event."""
        body = self.result.get("body")
        message = str(body.get("errorMessage", "")) if isinstance(body, dict) else ""
        values = {
            "RequestID": ("String", self.request_id),
            "ErrorCode": ("Number", "429" if self.result.get("throttle") else "200"),
            "ErrorMessage": ("String", message[:_MOST_OF_A_MESSAGE]),
        }
        return {name: {"DataType": kind, "StringValue": text} for name, (kind, text) in values.items() if text}

    def _send(self, kind: str) -> None:
        """Send the record to a destination, if there is one of this kind."""
        destinations = self.settings.get("DestinationConfig") or {}
        arn = (destinations.get(kind) or {}).get("Destination")
        if arn:
            self._deliver(arn, json.dumps(self._record()), {})

    def _deliver(self, arn: str, text: str, attributes: dict[str, Json]) -> None:
        service = arn.split(":")[2]
        action = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction"}.get(service, "")
        if not execution_roles.may(self.config["Role"], action, arn):
            _log.warning("%s may not %s on %s", self.config["Role"], action, arn)
        elif service == "sqs":
            put_in_queue(arn, text, attributes)
        elif service == "sns":
            sns.publish_internal(arn, text, message_attributes=attributes)
        elif service == "lambda":
            deliver(arn, json.loads(text))


def start(func: Json, event: Any) -> None:
    """Invoke in the background; `func` is MiniStack's record of a function."""
    Invocation(func, event).start()


def deliver(function_arn: str, event: Any) -> bool:
    """Invoke for an event of another service's; False where there is no such function.

    One that has come round too often in its chain of calls goes to who takes failed ones.
    """
    record, config, name = lambda_svc._get_func_record_for_ref(function_arn)
    if record is None or config is None:
        return False
    depth = lambda_svc._invoke_depth.get() + 1
    invocation = Invocation(lambda_svc._execution_record_for_config(record, config), event)
    dropped = lambda_svc._recursive_loop_drop(name, record, depth)
    if dropped is not None:
        invocation.result = {"body": json.loads(dropped[2]), "error": True}
        invocation.fail()
        return True
    contextvars.copy_context().run(_start_at, depth, invocation)
    return True


def _start_at(depth: int, invocation: Invocation) -> None:
    lambda_svc._invoke_depth.set(depth)
    invocation.start()
