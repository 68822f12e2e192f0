"""The state API: tells how old the last good save is, and saves on demand. HTTP, for programs of this machine only.

- `GET /_quartet/state` returns `age_seconds` of the last good save, `unsaved_changes`, and `failure`: why saves fail
  now, or null.
- `POST /_quartet/state` saves, and returns the same when everything until the request is saved; 503 if that failed.
"""

from local_aws.state import saver
from local_aws.web.asgi import Receive, Reply, Scope, header, json_reply

PATH = "/_quartet/state"


class StateApi:
    """Serves the state API."""

    async def reply(self, scope: Scope, receive: Receive) -> Reply | None:
        """Answer a request; None when it is not for this API."""
        if scope["path"] != PATH:
            return None
        if scope["method"] == "GET":
            return json_reply(200, saver.status())
        if scope["method"] != "POST":
            return json_reply(405, {"message": "GET or POST"}, allow="GET, POST")
        # A form of a web page cannot send this content type, whatever origin its browser sends.
        if header(scope, "content-type").partition(";")[0].strip().lower() != "application/json":
            return json_reply(415, {"message": "content-type: expected application/json"})
        failure = await saver.save_now()
        return json_reply(503 if failure else 200, saver.status())
