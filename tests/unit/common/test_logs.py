"""Logs: one JSON object a line, and no secrets in it."""

import io
import json
import logging
from typing import Any

import pytest

from common.runtime.logs import JsonLines, redacted

TOKEN = "eyJraWQiOiJvbmUifQ.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl-_x"
SIGNED = "https://files.s3.amazonaws.com/a/b?X-Amz-Credential=AKIA%2F2026&X-Amz-Signature=abc123&X-Amz-Security-Token=t"


@pytest.fixture
def log() -> Any:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.Logger("test")
    logger.addHandler(handler)

    def lines(write: Any) -> list[dict[str, Any]]:
        write(logger)
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    return lines


def test_a_line_is_an_object_with_its_extra_fields(log: Any):
    (line,) = log(lambda logger: logger.info("hello %s", "you", extra={"status": 200}))
    assert (line["level"], line["message"], line["status"]) == ("INFO", "hello you", 200)
    assert line["time"].endswith("Z")


@pytest.mark.parametrize("secret", [TOKEN, f"Bearer {TOKEN}", "alice@example.com", SIGNED, TOKEN.rpartition(".")[0]])
def test_secrets_are_removed_from_every_field(log: Any, secret: str):
    def write(logger: logging.Logger) -> None:
        try:
            raise ValueError(f"cannot use {secret} here")
        except ValueError:
            logger.exception("got %s", secret, extra={"field": secret, "nested": {"deep": [secret]}})

    (line,) = log(write)
    text = json.dumps(line)
    for part in (secret, TOKEN, "alice@example.com", "abc123", "AKIA", "c2lnbmF0dXJl"):
        assert part not in text
    assert "cannot use" in line["exception"]
    assert "ValueError" in line["exception"]


SIGNATURE = "5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd"


@pytest.mark.parametrize("secret", ["sk_live_4eC39HqLyjWD", "rk_test_51H", "whsec_aB3-_x+/=", f"v1={SIGNATURE}"])
def test_the_keys_and_signatures_of_a_payment_provider_are_cut_out(secret: str):
    assert redacted(f"got {secret}, then") == "got [redacted], then"


COOKIES = {"CloudFront-Policy": "eyJTdGF0~_", "CloudFront-Signature": "d-tK~h_", "CloudFront-Key-Pair-Id": "K2JCJMDEHX"}
HEADER = "; ".join(f"{name}={value}" for name, value in COOKIES.items())


@pytest.mark.parametrize(
    "logged", [HEADER, COOKIES, json.dumps(COOKIES), str(COOKIES), json.dumps({"body": json.dumps(COOKIES)})]
)
def test_the_values_of_signed_cookies_are_removed(log: Any, logged: Any):
    (line,) = log(lambda logger: logger.info("sent %s", logged, extra={"sent": logged}))
    text = json.dumps(line)
    assert not [value for value in COOKIES.values() if value in text]
    assert "CloudFront-Policy" in line["message"]


def test_other_text_is_unchanged():
    assert redacted("GET /todos/{todo_id} 200 at 12:00, 3 @ 4") == "GET /todos/{todo_id} 200 at 12:00, 3 @ 4"
