"""The reference: signed URLs as a Chalice app usually makes them, with boto3's resource, botocore's signer and json."""

import json
import os
import time
from datetime import UTC, datetime
from typing import Any

import boto3
from boto3.dynamodb.conditions import Attr
from botocore.signers import CloudFrontSigner
from chalice.app import Chalice, ForbiddenError, NotFoundError, Response
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_pem_private_key

app = Chalice(app_name="plain")
dynamodb = boto3.resource("dynamodb")
VIDEOS, ENTITLEMENTS, PLAYS = (os.environ[f"{name}_TABLE_NAME"] for name in ("VIDEOS", "ENTITLEMENTS", "PLAYS"))
PUBLIC_URL = os.environ["PUBLIC_URL"]
secret = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SIGNING_KEY_SECRET_ARN"])
key = json.loads(secret["SecretString"])["signing"]
# The recipe loads the key for each signature.
private_key: Any = load_pem_private_key(key["private_key"].encode(), None)


def sign(message: bytes) -> bytes:
    """Sign with the algorithms of the recipe in botocore's documentation."""
    # S303: CloudFront's default.
    signature: bytes = private_key.sign(message, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    return signature


signer = CloudFrontSigner(key["key_id"], sign)


@app.route("/videos/{video_id}/play", methods=["POST"])
def play(video_id: str) -> Response:
    """Answer with a signed URL, if the caller has an entitlement and does not watch on other devices."""
    request: Any = app.current_request
    owner, device = request.context["authorizer"]["claims"]["sub"], request.json_body["device"]
    entitlements, video, plays = read(owner, video_id)
    now = int(time.time())
    if video is None or video["status"] != "ready":
        raise NotFoundError("no such video")
    ends = [one["valid_until"] for one in entitlements if one["valid_from"] <= now < (one["valid_until"] or now + 1)]
    if not ends:
        raise ForbiddenError("not paid")
    until = min([now + 300, *(end for end in ends if end)])
    count(owner, plays, {"video_id": video_id, "delivery": "url", "device": device, "issued": now, "until": until})
    url = f"{PUBLIC_URL}/content/{video_id}/{video['folder']}/video.mp4"
    signed = signer.generate_presigned_url(url, date_less_than=datetime.fromtimestamp(until, UTC))
    body = json.dumps({"url": signed, "expiresAt": datetime.fromtimestamp(until, UTC).isoformat()})
    return Response(body, {"Content-Type": "application/json", "Cache-Control": "no-store"}, 201)


def read(owner: str, video_id: str) -> tuple[list[Any], Any, Any]:
    """Read everything in one request."""
    rights = [{"owner": owner, "what": what} for what in ("premium", f"video#{video_id}")]
    tables = {
        ENTITLEMENTS: {"Keys": rights, "ConsistentRead": True},
        VIDEOS: {"Keys": [{"id": video_id}]},
        PLAYS: {"Keys": [{"owner": owner}]},
    }
    items = dynamodb.batch_get_item(RequestItems=tables)["Responses"]
    entitlements, videos, plays = (
        [json.loads(item["data"]) for item in items[table]] for table in (ENTITLEMENTS, VIDEOS, PLAYS)
    )
    return entitlements, videos[0] if videos else None, plays[0] if plays else {"version": 0, "devices": {}}


def count(owner: str, plays: Any, record: dict[str, Any]) -> None:
    """Count the link by one conditional write."""
    devices = {name: until for name, until in plays["devices"].items() if until > record["issued"]}
    changed = {
        "version": plays["version"] + 1,
        "devices": devices | {record["device"]: record["until"]},
        "last": record,
    }
    dynamodb.Table(PLAYS).put_item(
        Item={"owner": owner, "version": changed["version"], "data": json.dumps(changed), "expiresAt": record["until"]},
        ConditionExpression=Attr("owner").not_exists() | Attr("version").eq(plays["version"]),
    )
