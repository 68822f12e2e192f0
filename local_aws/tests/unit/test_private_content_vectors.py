"""Signed URLs and signed cookies of other signers, which `data/signed_requests.json` describes."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from ministack.services import cloudfront

from local_aws.services.cloudfront.private_content.refusals import Refused
from local_aws.services.cloudfront.private_content.verification import verify
from local_aws.tests.private_content import viewer_request

DATA = json.loads((Path(__file__).parent.parent / "data" / "signed_requests.json").read_text())
ENDS_AT = DATA["ends_at"]
VECTORS = [
    pytest.param(vector, id=f"{vector['maker'].replace('@aws-sdk/', '')}-{vector['key']}-{vector['name']}")
    for vector in DATA["vectors"]
]


@pytest.fixture(autouse=True)
def _keys():
    for key_id, pem in DATA["public_keys"].items():
        cloudfront._public_keys[key_id] = {"Config": {"EncodedKey": pem}}
    cloudfront._key_groups["G"] = {"Config": {"Items": list(DATA["public_keys"])}}
    yield
    cloudfront._public_keys.clear()
    cloudfront._key_groups.clear()


def _verify(vector, now, **changes):
    changed = vector | changes
    cookie = "; ".join(f"{name}={value}" for name, value in changed.get("cookies", {}).items())
    url = changed["url"]
    request = viewer_request(url, cookie, changed.get("viewer_ip", "198.51.100.7"))
    verify(request, urlsplit(url).path, now)
    return request


@pytest.mark.parametrize("vector", VECTORS)
def test_another_signers_request_is_verified_until_its_last_second(vector):
    request = _verify(vector, ENDS_AT - 1)
    assert "Signature=" not in request.query
    with pytest.raises(Refused, match="ACCESS_DENIED"):
        _verify(vector, ENDS_AT)


@pytest.mark.parametrize("vector", VECTORS)
def test_another_signers_request_is_refused_for_another_file(vector):
    url = vector["url"].replace("/content/a/", "/content/b/")
    with pytest.raises(Refused, match="ACCESS_DENIED"):
        _verify(vector, ENDS_AT - 1, url=url)


@pytest.mark.parametrize("vector", [each for each in VECTORS if "begins_after" in each.values[0]])
def test_another_signers_request_is_refused_before_it_begins(vector):
    _verify(vector, vector["begins_after"] + 1)
    with pytest.raises(Refused, match="ACCESS_DENIED"):
        _verify(vector, vector["begins_after"])


@pytest.mark.parametrize("vector", [each for each in VECTORS if "viewer_ip" in each.values[0]])
def test_another_signers_request_is_refused_to_another_address(vector):
    with pytest.raises(Refused, match="ACCESS_DENIED"):
        _verify(vector, ENDS_AT - 1, viewer_ip="198.51.100.7")
