"""Calls of the fault API for tests. The fixture `inject` has a rule for one test."""

import http.client
import json

PATH = "/_quartet/faults"


def request(aws, method, path=PATH, body=None, headers=None):
    """Call the fault API; returns status and JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", aws.port)
    try:
        content = None if body is None else body if isinstance(body, str) else json.dumps(body)
        connection.request(method, path, content, {"content-type": "application/json", **(headers or {})})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()
