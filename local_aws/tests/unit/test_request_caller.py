"""The caller of a request is the one that MiniStack finds with all its policies."""

import time

import pytest
from ministack.core import iam_evaluator
from ministack.services import iam, sts

from local_aws.services.iam import caller

ACCOUNT = "000000000000"
SESSION = {
    "SecretAccessKey": "secret",
    "SessionToken": "token",
    "AccountId": ACCOUNT,
    "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/me",
    "PrincipalType": "AssumedRole",
}


@pytest.fixture(autouse=True)
def _callers(monkeypatch):
    user = {"UserName": "alice", "SecretAccessKey": "secret", "Status": "Active"}
    keys = {"AKIAALICE": user, "AKIAOFF": {**user, "Status": "Inactive"}}
    monkeypatch.setattr(iam._access_keys, "_data", {(ACCOUNT, key): value for key, value in keys.items()})
    monkeypatch.setattr(iam._users, "_data", {(ACCOUNT, "alice"): {"Arn": f"arn:aws:iam::{ACCOUNT}:user/x/alice"}})
    sessions = {
        "ASIAROLE": SESSION,
        "ASIAOLD": {**SESSION, "Expiration": time.time() - 1},
        "ASIAELSEWHERE": {**SESSION, "Arn": SESSION["Arn"].replace(ACCOUNT, "111111111111")},
    }
    monkeypatch.setattr(sts, "_sessions", sessions)


@pytest.mark.parametrize(
    ("key", "arn"),
    [
        ("", "iam::000000000000:root"),
        ("test", "iam::000000000000:root"),
        ("AKIAALICE", "iam::000000000000:user/x/alice"),
        ("AKIAOFF", "iam::000000000000:root"),
        ("AKIANOBODY", "iam::000000000000:root"),
        ("ASIAROLE", "sts::000000000000:assumed-role/reader/me"),
        ("ASIAOLD", "iam::000000000000:root"),
        ("ASIAELSEWHERE", "iam::000000000000:root"),
    ],
)
def test_the_arn_is_ministacks_own(key, arn):
    headers = {"authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/s3/aws4_request"} if key else {}
    assert caller._request_caller_arn(headers) == iam_evaluator.request_caller_arn(headers) == f"arn:aws:{arn}"
