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


@pytest.fixture(scope="session")
def dax_stack(aws):
    """One DAX cluster for all tests of a run; tests use keys of their own in its table."""
    from local_aws.tests import dax_clusters  # noqa: PLC0415 - AWS's client is for its tests alone

    return dax_clusters.create(aws)


@pytest.fixture(scope="module")
def dax_cluster(dax_stack):
    """The DAX cluster, whose clients end with a module: they work in the background too."""
    yield dax_stack
    dax_stack.close()


@pytest.fixture(scope="module")
def dax(dax_cluster):
    """AWS's client, connected to the DAX cluster."""
    return dax_cluster.client()


@pytest.fixture(scope="session")
def dynamodb(aws):
    """The client of the DynamoDB behind the DAX cluster."""
    return aws.client("dynamodb")


@pytest.fixture(scope="session")
def twin(dax_stack, dynamodb):
    """A table of the same shape, for the same calls without DAX."""
    name = f"{dax_stack.table}-twin"
    table = dynamodb.describe_table(TableName=dax_stack.table)["Table"]
    (index,) = table["GlobalSecondaryIndexes"]
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=table["AttributeDefinitions"],
        KeySchema=table["KeySchema"],
        GlobalSecondaryIndexes=[{name: index[name] for name in ("IndexName", "KeySchema", "Projection")}],
    )
    return name


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
