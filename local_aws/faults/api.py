"""The fault API: makes AWS API calls and function invocations fail, for tests and demonstrations.

There are no faults until a rule is created. The API is HTTP on the embedded AWS's port, for programs and pages of this
machine only.

- `POST /_quartet/faults` with a JSON object creates a rule; the response is the rule with its `id`.
- `GET /_quartet/faults` lists the rules, each with `injected`: how many faults it has injected.
- `DELETE /_quartet/faults/{id}` removes one, `DELETE /_quartet/faults` all.

A rule's fields:

- `action`: `fail`, `throttle`, `delay`, `kill` (functions only: the process that runs an invocation is killed), or
  `unreachable` (with `region` and no other field: the region is down, calls to it lose their connection, and
  CloudFront cannot reach S3, APIs and function URLs there), and for the service `dax` what its endpoints do: `hang`
  (they do not answer), `garbage` (they answer random bytes), `close` (they close the connection before the call is
  carried out), `drop` (they carry the call out, and close the connection), `refuse` (they do not listen);
- the target: `service` (`dynamodb`, `s3`, ...) and optionally `operation` (`PutItem`, or the name of an IAM action); or
  `function` (its name, or `*`), for invocations by any source; `region` limits either to one region;
- `rate`: the part of the calls that fail, 0 to 1 (default 1); `count`: the rule stops after this many faults;
- `delay_ms`: for `delay` its length; for `kill` the time after the handler started; for the others a delay before the
  fault;
- `code`, `message`, `status`: the error; by default the service's own.

    curl -d '{"service": "dynamodb", "operation": "PutItem", "action": "throttle", "rate": 0.5}' \
        -H 'content-type: application/json' http://localhost:8000/_quartet/faults

Rules do not affect calls inside the emulator, such as an event source's reads of a queue, or a stack's resources.
An invalid rule is answered with 400 and the name of the field.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict

from local_aws.faults.rules import Faults, InvalidRule, parse_rule
from local_aws.web.asgi import Disconnected, Receive, Reply, Scope, TooLarge, header, json_reply, whole_body

PATH = "/_quartet/faults"
_MAX_BYTES = 10_000


class FaultApi:
    """Serves the fault API."""

    def __init__(self, faults: Faults, services: Mapping[str, str]) -> None:
        self._faults = faults
        self._services = services

    async def reply(self, scope: Scope, receive: Receive) -> Reply | None:
        """Answer a request; None when it is not for this API."""
        path = scope["path"]
        if path != PATH and not path.startswith(f"{PATH}/"):
            return None
        rule_id = path[len(PATH) + 1 :] or None
        if scope["method"] == "POST" and rule_id is None:
            return await self._create(scope, receive)
        if scope["method"] == "DELETE":
            return self._remove(rule_id)
        if scope["method"] == "GET" and rule_id is None:
            return json_reply(200, [asdict(rule) for rule in self._faults.rules])
        return json_reply(405, {"message": "GET, POST or DELETE"}, allow="GET, POST, DELETE")

    async def _create(self, scope: Scope, receive: Receive) -> Reply:
        # A form of a web page cannot send this content type, whatever origin its browser sends.
        if header(scope, "content-type").partition(";")[0].strip().lower() != "application/json":
            return json_reply(415, {"message": "content-type: expected application/json"})
        try:
            rule = parse_rule(json.loads(await whole_body(receive, _MAX_BYTES)), self._services)
        except (ValueError, RecursionError, TooLarge, Disconnected):
            return json_reply(400, {"field": "body", "message": "body: expected a JSON object"})
        except InvalidRule as bad:
            return json_reply(400, {"field": bad.field, "message": str(bad)})
        self._faults.add(rule)
        return json_reply(201, asdict(rule))

    def _remove(self, rule_id: str | None) -> Reply:
        removed = self._faults.remove(rule_id)
        if rule_id is not None and not removed:
            return json_reply(404, {"message": f"no rule {rule_id}"})
        return json_reply(200, {"removed": removed})
