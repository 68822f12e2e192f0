"""The fault API: make AWS API calls and functions go wrong, for tests and demonstrations. Nothing does until asked.

It is HTTP on the embedded AWS's port, for programs and pages of this machine only.

- `POST /_quartet/faults` with a JSON object makes a rule; the answer is the rule with its `id`.
- `GET /_quartet/faults` lists the rules, each with `injected`: how often it struck.
- `DELETE /_quartet/faults/{id}` removes one, `DELETE /_quartet/faults` all.

A rule's fields:

- `action`: `fail`, `throttle`, `delay`, or `kill` (functions only: the process that runs an invocation is killed);
- what it is about: `service` (`dynamodb`, `s3`, ...) with, if wanted, `operation` (`PutItem`; an IAM action's name does
  as well); or `function` (its name, or `*`), for invocations however they come about; `region` narrows either;
- `rate`: the part of the calls that it strikes, 0 to 1 (default 1); `count`: after so many strikes it rests;
- `delay_ms`: for `delay` how long; for `kill` how long after the handler was started; for the others a delay before;
- `code`, `message`, `status`: the error, if not what the service itself would say.

    curl -d '{"service": "dynamodb", "operation": "PutItem", "action": "throttle", "rate": 0.5}' \
        -H 'content-type: application/json' http://localhost:8000/_quartet/faults

Calls inside the emulator are no API calls and are not struck: a queue read by its event source, a stack's resources.
A rule that makes no sense is answered with 400 and the name of the field.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict

from local_aws.faults.rules import BadRule, Faults, parsed
from local_aws.web.asgi import Disconnected, Receive, Reply, Scope, TooLarge, header, json_reply, whole_body

PATH = "/_quartet/faults"
_MOST_BYTES = 10_000


class FaultApi:
    """Answers for the API's paths."""

    def __init__(self, faults: Faults, services: Mapping[str, str]) -> None:
        self._faults = faults
        self._services = services

    async def reply(self, scope: Scope, receive: Receive) -> Reply | None:
        """The answer; None when the request is not for this API."""
        path = scope["path"]
        if path != PATH and not path.startswith(f"{PATH}/"):
            return None
        rule_id = path[len(PATH) + 1 :] or None
        if scope["method"] == "POST" and rule_id is None:
            return await self._made(scope, receive)
        if scope["method"] == "DELETE":
            return self._removed(rule_id)
        if scope["method"] == "GET" and rule_id is None:
            return json_reply(200, [asdict(rule) for rule in self._faults.rules])
        return json_reply(405, {"message": "GET, POST or DELETE"}, allow="GET, POST, DELETE")

    async def _made(self, scope: Scope, receive: Receive) -> Reply:
        # A form of some web page cannot send this type, whatever its browser says of the origin.
        if header(scope, "content-type").partition(";")[0].strip().lower() != "application/json":
            return json_reply(415, {"message": "content-type: expected application/json"})
        try:
            rule = parsed(json.loads(await whole_body(receive, _MOST_BYTES)), self._services)
        except (ValueError, RecursionError, TooLarge, Disconnected):
            return json_reply(400, {"field": "body", "message": "body: expected a JSON object"})
        except BadRule as bad:
            return json_reply(400, {"field": bad.field, "message": str(bad)})
        self._faults.add(rule)
        return json_reply(201, asdict(rule))

    def _removed(self, rule_id: str | None) -> Reply:
        removed = self._faults.remove(rule_id)
        if rule_id is not None and not removed:
            return json_reply(404, {"message": f"no rule {rule_id}"})
        return json_reply(200, {"removed": removed})
