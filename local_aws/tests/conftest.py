"""What the embedded AWS's tests share."""

import pytest

from local_aws.testing import EmbeddedAws
from local_aws.tests import fault_rules
from local_aws.tests.distributions import running_origin


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory):
    """One embedded AWS for all conformance tests of a run; tests use names of their own in it."""
    # Firehose's shortest buffer for partitions, 60 s, is 0.6 s.
    arguments = ("--firehose-time-scale", "0.01")
    server = EmbeddedAws(tmp_path_factory.mktemp("embedded-aws"), arguments=arguments).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def origin():
    """An HTTP server for a distribution's origin, with the pages that a module's tests give it."""
    with running_origin() as running:
        yield running


@pytest.fixture
def inject(aws):
    """Have a rule for one test."""

    def made(**rule):
        status, response = fault_rules.request(aws, "POST", body=rule)
        assert status == 201, response
        ids.append(response["id"])
        return response["id"]

    ids: list[str] = []
    yield made
    for rule_id in ids:
        fault_rules.request(aws, "DELETE", f"{fault_rules.PATH}/{rule_id}")
