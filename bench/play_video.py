"""One request for a link to a video, and what AWS answers to it, as bytes on the wire."""

import json
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.get_todos import OWNER, api_event
from bench.warm_function import Call

Delivery = Literal["cookies", "url"]
Algorithm = Literal["ecdsa", "rsa"]
VIDEO = "019a2f3b7c40a1b2c3d4e5f60718"
_CREATED = "2026-11-01T08:15:30.123456Z"


def call(delivery: Delivery, algorithm: Algorithm, tables: dict[str, str]) -> Call:
    """A subscriber asks for a link; `tables` are the variables with the tables' names."""
    answers = {"BatchGetItem": _state(tables), "PutItem": {}, "GetSecretValue": _secret(algorithm)}
    event = api_event("POST", "/videos/{video_id}/play", {"video_id": VIDEO})
    event["body"] = json.dumps({"device": "living-room-tv", "delivery": delivery})
    return Call(event, answers, status=201)


def _state(tables: dict[str, str]) -> dict[str, Any]:
    """BatchGetItem's answer: a subscription, a video, and an account that watches on two devices."""
    right = {"owner": OWNER, "what": "premium", "valid_from": 1_700_000_000, "valid_until": None, "source": "sub_1"}
    video = {
        "id": VIDEO,
        "title": "The Tide Mill",
        "description": "A mill that the sea drives, twice a day. " * 10,
        "seconds": 5400.5,
        "amount": 490,
        "currency": "eur",
        "folder": "4fd0c2d86ac14ef0a2b6dd1c27c9a43e",
        "created_at": _CREATED,
        "status": "ready",
    }
    last = {"video_id": VIDEO, "delivery": "cookies", "device": "living-room-tv", "issued": 1, "until": 301}
    # The hour began long ago, so that the limit of links is never reached.
    plays = {
        "version": 41,
        "devices": {"phone-01": 301, "living-room-tv": 301},
        "hour_began": 1,
        "links": 9,
        "last": last,
    }
    return {
        "Responses": {
            tables["ENTITLEMENTS_TABLE_NAME"]: [_item(right, owner=OWNER, what="premium")],
            tables["VIDEOS_TABLE_NAME"]: [_item(video, id=VIDEO, listed="ready")],
            tables["PLAYS_TABLE_NAME"]: [_item(plays, owner=OWNER)],
        },
        "UnprocessedKeys": {},
    }


def _item(data: dict[str, Any], **attributes: str) -> dict[str, Any]:
    texts = {**attributes, "data": json.dumps(data, separators=(",", ":"))}
    return {name: {"S": value} for name, value in texts.items()}


def _secret(algorithm: Algorithm) -> dict[str, str]:
    """Return a new key as Secrets Manager has it."""
    key = ec.generate_private_key(ec.SECP256R1()) if algorithm == "ecdsa" else rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    signing = {"slot": "A", "key_id": "K2JCJMDEHXQW5F", "private_key": pem}
    return {
        "Name": "signing-key",
        "VersionId": "01234567-89ab-4cde-8f01-23456789abcd",
        "SecretString": json.dumps({"signing": signing, "public_keys": {}}),
    }
