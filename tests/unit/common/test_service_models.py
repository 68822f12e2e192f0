"""Our loader returns the same as botocore's own, without reading other services."""

import os

import pytest
from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader

from common.aws.service_models import ServiceModels


@pytest.mark.parametrize("service", ["dynamodb", "s3", "sqs", "secretsmanager", "cognito-idp"])
@pytest.mark.parametrize("kind", ["service-2", "endpoint-rule-set-1", "paginators-1"])
def test_models_are_those_that_botocore_reads_itself(service: str, kind: str):
    assert ServiceModels().load_service_model(service, kind) == Loader().load_service_model(service, kind)


@pytest.mark.parametrize("name", ["endpoints", "partitions", "_retry", "sdk-default-configuration"])
def test_data_of_all_services_is_that_which_botocore_reads_itself(name: str):
    assert ServiceModels().load_data(name) == Loader().load_data(name)


def test_a_model_that_a_service_does_not_have_is_reported_as_botocore_reports_it():
    with pytest.raises(DataNotFoundError):
        ServiceModels().load_service_model("cognito-identity", "waiters-2")
    with pytest.raises(DataNotFoundError):
        ServiceModels().load_service_model("no-such-service", "service-2")


def test_other_services_folders_are_not_read(monkeypatch: pytest.MonkeyPatch):
    looked: list[str] = []
    listdir = os.listdir

    def noted(path: str) -> list[str]:
        looked.append(path)
        return listdir(path)

    monkeypatch.setattr(os, "listdir", noted)
    ServiceModels().load_service_model("dynamodb", "service-2")
    assert looked
    assert all(path.endswith("dynamodb") for path in looked)
