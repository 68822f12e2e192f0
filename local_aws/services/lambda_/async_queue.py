"""Invokes functions asynchronously: retries, then sends failed events to dead-letter queues and destinations.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html: a function error is retried
twice, after one minute and after two (here after one second and after two). A throttled event is retried until it is
too old. Then the event goes to the dead-letter queue and a record of it to the on-failure destination, if the
function's role allows it. Events wait while the function's region is down.
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
_log = logging.getLogger("local_aws.lambda")
_MAX_WAIT_SECONDS = 30.0
# No event announces that a region is up again.
_POLL_SECONDS = 0.1
_DEFAULT_RETRIES, _DEFAULT_AGE = 2, 6 * 3600
_MAX_MESSAGE_CHARACTERS = 1024
Json = dict[str, Any]


@dataclass
class AsyncInvocation:
    """One asynchronous invocation of a function."""

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
        config: Json = self.function.get("config") or self.function
        return config

    @property
    def settings(self) -> Json:
        """The function's event invoke configuration."""
        configured = self.function.get("event_invoke_configs") or {}
        return self.function.get("event_invoke_config") or configured.get("$LATEST") or {}

    def invoke_in_background(self) -> None:
        """Run in the background, with the caller's context: account, region and depth of the chain of invocations."""
        threading.Thread(target=contextvars.copy_context().run, args=(self.run,), daemon=True).start()

    def run(self) -> None:
        """Invoke until the event is processed or discarded."""
        self._enter_scope()
        if not self._invoke_with_retries():
            self.fail()
            return
        self.condition = "Success"
        self._send("OnSuccess")

    def fail(self) -> None:
        """Send the event to the on-failure destination and the dead-letter queue."""
        self._send("OnFailure")
        dead_letters = (self.config.get("DeadLetterConfig") or {}).get("TargetArn")
        if dead_letters:
            self._deliver(dead_letters, json.dumps(self.event), self._attributes())

    def _enter_scope(self) -> None:
        arn = self.config["FunctionArn"].split(":")
        _request_region.set(arn[3])
        _request_account_id.set(arn[4])

    def _invoke_with_retries(self) -> bool:
        wait = 0.0
        self._wait_for_region()
        while not self._attempt():
            wait = min(wait * 2 or lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS, _MAX_WAIT_SECONDS)
            if self.errors > self.settings.get("MaximumRetryAttempts", _DEFAULT_RETRIES):
                return False
            if time.monotonic() - self.started + wait > self.settings.get("MaximumEventAgeInSeconds", _DEFAULT_AGE):
                self.condition = "EventAgeExceeded"
                return False
            time.sleep(wait)
            self._wait_for_region()
        return True

    def _wait_for_region(self) -> None:
        """Wait while the function's region is down. The wait does not count as age of the event."""
        region, began = self.config["FunctionArn"].split(":")[3], time.monotonic()
        while regions.is_down(region):
            time.sleep(_POLL_SECONDS)
        self.started += time.monotonic() - began

    def _attempt(self) -> bool:
        """Invoke once; returns whether it succeeded. A throttled attempt does not count."""
        self.result = lambda_svc._execute_function(self.function, self.event)
        is_throttled, is_error = bool(self.result.get("throttle")), bool(self.result.get("error"))
        self.attempts += not is_throttled
        self.errors += is_error and not is_throttled
        return not is_error and not is_throttled

    def _record(self) -> Json:
        """The invocation record for a destination."""
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
        """The message attributes for a dead-letter queue."""
        body = self.result.get("body")
        message = str(body.get("errorMessage", "")) if isinstance(body, dict) else ""
        values = {
            "RequestID": ("String", self.request_id),
            "ErrorCode": ("Number", "429" if self.result.get("throttle") else "200"),
            "ErrorMessage": ("String", message[:_MAX_MESSAGE_CHARACTERS]),
        }
        return {
            name: {"DataType": data_type, "StringValue": text} for name, (data_type, text) in values.items() if text
        }

    def _send(self, condition: str) -> None:
        """Send the invocation record to the destination `OnSuccess` or `OnFailure`, if it is configured."""
        destinations = self.settings.get("DestinationConfig") or {}
        arn = (destinations.get(condition) or {}).get("Destination")
        if arn:
            self._deliver(arn, json.dumps(self._record()), {})

    def _deliver(self, arn: str, text: str, attributes: dict[str, Json]) -> None:
        service = arn.split(":")[2]
        action = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction"}.get(service, "")
        if not execution_roles.allows(self.config["Role"], action, arn):
            _log.warning("%s is not allowed %s on %s", self.config["Role"], action, arn)
        elif service == "sqs":
            put_in_queue(arn, text, attributes)
        elif service == "sns":
            sns.publish_internal(arn, text, message_attributes=attributes)
        elif service == "lambda":
            invoke_async(arn, json.loads(text))


def invoke_in_background(func: Json, event: Any) -> None:
    """Invoke a function asynchronously; `func` is MiniStack's record of it."""
    AsyncInvocation(func, event).invoke_in_background()


def invoke_async(function_arn: str, event: Any) -> bool:
    """Invoke a function asynchronously for another AWS service; returns False if the function does not exist.

    An event of a recursive loop is not delivered: it goes to the dead-letter queue and the on-failure destination.
    """
    record, config, name = lambda_svc._get_func_record_for_ref(function_arn)
    if record is None or config is None:
        return False
    depth = lambda_svc._invoke_depth.get() + 1
    invocation = AsyncInvocation(lambda_svc._execution_record_for_config(record, config), event)
    loop_error = lambda_svc._recursive_loop_drop(name, record, depth)
    if loop_error is not None:
        invocation.result = {"body": json.loads(loop_error[2]), "error": True}
        invocation.fail()
        return True
    contextvars.copy_context().run(_start_with_depth, depth, invocation)
    return True


def _start_with_depth(depth: int, invocation: AsyncInvocation) -> None:
    lambda_svc._invoke_depth.set(depth)
    invocation.invoke_in_background()
