"""The servers that stage local runs beside the embedded AWS."""

import socket
import urllib.request

import pytest

from deploy.checkout import AppAddresses, Checkout, Run
from deploy.errors import CommandFailed, DeployError
from deploy.local.local_servers import LocalServers
from deploy.steps.template import stack_request
from deploy.target import Target
from local_aws.testing import free_port, wait_until

MODULE = "local_payments"


def declare(app, module=MODULE, port_offset=9):
    path = app.folder / "stages.yaml"
    server = f"    servers: {{ shop: {{ module: {module}, port_offset: {port_offset}, parameter: ShopUrl }} }}\n"
    path.write_text(path.read_text().replace("  local:\n", f"  local:\n{server}", 1))


@pytest.fixture
def servers(app):
    """The servers of an app that declares one."""
    declare(app)
    checkout = Checkout(app.folder.parent)
    checkout.local.mkdir()
    made = LocalServers(checkout, free_port() - 9, [app])
    yield made
    made.stop()


def test_a_server_answers_at_its_url_until_it_is_stopped(servers):
    urls = servers.start()
    assert urls == {"shop": f"http://127.0.0.1:{servers.port + 9}"}
    assert urllib.request.urlopen(urls["shop"]).status == 200
    servers.require_running()
    servers.stop()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(urls["shop"])


def test_a_server_that_ends_by_itself_is_named_with_the_end_of_its_log(app, servers):
    app_file = app.folder / "stages.yaml"
    app_file.write_text(app_file.read_text().replace(MODULE, "no_such_module"))
    with pytest.raises(CommandFailed, match=r"the server shop stopped(.|\n)*No module named no_such_module"):
        servers.start()


def test_a_server_that_ends_later_is_noticed(servers):
    servers.start()
    (process,) = servers._processes.values()
    process.kill()
    wait_until(lambda: process.poll() is not None, "the server has ended")
    with pytest.raises(CommandFailed, match="the server shop stopped"):
        servers.require_running()


def test_a_port_that_is_taken_is_named(servers):
    with socket.socket() as other:
        other.bind(("127.0.0.1", servers.port + 9))
        other.listen()
        with pytest.raises(DeployError, match=f"port {servers.port + 9} is taken"):
            servers.start()


def test_the_url_of_a_server_is_a_parameter_of_the_template(app):
    declare(app)
    template = app.folder / "resources.yaml"
    template.write_text(template.read_text().replace("Parameters:\n", "Parameters:\n  ShopUrl: { Type: String }\n", 1))
    url = "http://127.0.0.1:8009"
    addresses = {app.key: AppAddresses("http://localhost:8001", "https://localhost:8441")}
    run = Run(8000, "http://127.0.0.1:8000", "", "", 1, 2, addresses, servers={"shop": url})
    target = Target("local", "us-east-1", run)
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in stack_request(app, target, "")["Parameters"]}
    assert parameters["ShopUrl"] == url
    outside = stack_request(app, Target("local", "us-east-1"), "")["Parameters"]
    assert "ShopUrl" not in {one["ParameterKey"] for one in outside}
