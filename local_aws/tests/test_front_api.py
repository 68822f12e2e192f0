"""Fronts that are opened after the server's start."""

import http.client
import json
import socket
import ssl

import pytest

from local_aws.testing import free_ports

PATH = "/_quartet/fronts"


def ask(aws, method, document=None, content_type="application/json"):
    connection = http.client.HTTPConnection("127.0.0.1", aws.port)
    connection.request(method, PATH, json.dumps(document), {"Content-Type": content_type})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_a_new_front_is_served_at_both_ports_and_listed(aws):
    http_port, https_port = free_ports(2)
    front = {"app": "new_app", "http_port": http_port, "https_port": https_port}
    for _ in "twice":
        assert ask(aws, "PUT", front) == (200, front)
    assert front in ask(aws, "GET")[1]
    trust = ssl.create_default_context(cafile=str(aws.state_dir / "ca.pem"))
    plain = http.client.HTTPConnection("localhost", http_port)
    secure = http.client.HTTPSConnection("localhost", https_port, context=trust)
    for connection in (plain, secure):
        connection.request("GET", "/")
        response = connection.getresponse()
        assert (response.status, json.loads(response.read())) == (503, {"message": "new_app is not deployed yet"})


def test_a_port_in_use_opens_neither(aws):
    http_port, https_port = free_ports(2)
    with socket.create_server(("127.0.0.1", https_port)):
        status, answer = ask(aws, "PUT", {"app": "other", "http_port": http_port, "https_port": https_port})
    assert status == 409
    assert str(https_port) in answer["message"]
    assert "other" not in json.dumps(ask(aws, "GET")[1])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", http_port))


@pytest.mark.parametrize("document", [None, [], {}, {"app": "a", "http_port": 0, "https_port": 1}, {"app": 1}])
def test_what_is_no_front_is_refused(aws, document):
    assert ask(aws, "PUT", document)[0] == 400
    assert ask(aws, "PUT", document, "text/plain")[0] == 415
    assert ask(aws, "POST", document)[0] == 405
