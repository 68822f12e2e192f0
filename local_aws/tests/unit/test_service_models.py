"""Service models are read once for all modules."""

import pytest
from botocore.exceptions import UnknownServiceError

from local_aws.service_models import description, service_model
from local_aws.services.shared_models import _description, _service_model


def test_a_model_is_read_once():
    assert service_model("sqs") is service_model("sqs")
    assert description("sqs") is description("sqs")
    assert service_model("sqs").metadata is description("sqs")["metadata"]


def test_ministack_gets_the_same_models_by_its_own_names():
    assert _service_model("monitoring") is service_model("cloudwatch")
    assert _description("sqs") is description("sqs")


def test_an_unknown_service_has_no_model():
    with pytest.raises(UnknownServiceError):
        service_model("no-such-service")
    assert _service_model("no-such-service") is None
    assert _description("no-such-service") == {}


def test_models_are_plain_dictionaries():
    assert type(description("sns")["operations"]["Publish"]) is dict
