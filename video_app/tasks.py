"""Operators' commands of video_app: `python -m deploy task video_app NAME`."""

import re
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from getpass import getpass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import msgspec
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

# The deploy tool loads this file by its path and knows no app's packages.
sys.path.append(str(Path(__file__).parent))

from chalicelib.video.catalogue.model import UPLOADING, Video
from chalicelib.video.entitlements.model import PREMIUM, Entitlement
from chalicelib.video.operators import Operator
from chalicelib.video.playback.key_pairs import ECDSA, new_key_pair
from chalicelib.video.playback.key_ring import KeyRing, SigningKey
from chalicelib.video.playback.key_secret import KeySecret
from encoder import Encoder, Report
from publisher import Publisher, remembered

from common.redrive.redriving import queue_urls, redrive_named
from common.redrive.table_records import TableRecords
from common.values import new_id, timestamp

DEMO = Path(__file__).parent / "demo"
DEMO_VIDEOS = {"dawn": "Dawn", "noon": "Noon", "dusk": "Dusk"}
DEMO_BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
DEMO_VIEWER = "vera@example.com"
# The payment provider of stage local takes any key.
LOCAL_API_KEY = "sk_test_local"
YEAR_SECONDS = 365 * 86_400
CURRENCY = "eur"
# Encoded videos, until they are published and after that, so that a second run finds them.
WORK = Path(__file__).parents[1] / ".cache" / "publish"


def seed(context: Any) -> None:
    """Publish three short videos, and give a demo user a subscription. A second time changes nothing."""
    operator = _operator(context)
    publisher = Publisher(context, operator, lambda name, done: None)
    for number, (name, title) in enumerate(DEMO_VIDEOS.items()):
        publisher.publish(_demo_video(name, title, DEMO_BEGAN + timedelta(days=number)), DEMO / name)
    now = int(time.time())
    for viewer in _subjects(context, DEMO_VIEWER):
        operator.entitlements.put(
            Entitlement(owner=viewer, what=PREMIUM, valid_from=now, valid_until=now + YEAR_SECONDS, source="demo")
        )


def publish_video(context: Any, file: str, title: str, price: str = "4.90", description: str = "") -> str:
    """Encode a video file and publish it, at a price in euros.

    After an interruption the same command goes on where it ended.
    """
    path = Path(file)
    if not path.is_file():
        raise ValueError(f"there is no file {file}")
    video = _new_video(path, title, price, description)
    work = WORK / _digest(path)
    with _progress() as report:
        encoder = Encoder(_ffmpeg(), report)
        source = encoder.read(path)
        video = remembered(msgspec.structs.replace(video, seconds=round(source.seconds, 3)), work)
        encoder.encode(source, work)
        published = Publisher(context, _operator(context), report).publish(video, work)
    if not published:
        return f"this file was published before, as {video.id}; nothing has changed"
    return f"{video.title} is in the catalogue: {video.id}"


def after_deployment(context: Any) -> str | None:
    """Make the first key of signed links; in stage local, and wherever there is a payment provider, connect it."""
    operator = _operator(context)
    done = [rotate_keys(context)] if operator.key_secret.read().signing is None else []
    api_key = LOCAL_API_KEY if context.stage == "local" else operator.webhook.read().api_key
    if api_key and (change := operator.webhook.connect(_webhook_url(context), api_key)):
        done.append(change)
    return "; ".join(done) or None


def connect_payments(context: Any) -> str | None:
    """Let the payment provider send its events here, signed with a new secret. Asks for the provider's API key.

    What is signed with the secret before stays valid until the next time.
    """
    api_key = LOCAL_API_KEY if context.stage == "local" else getpass("The payment provider's secret API key: ")
    return _operator(context).webhook.connect(_webhook_url(context), api_key, renew=True)


def redrive(context: Any, queue: str) -> str:
    """Handle again what is in a dead-letter queue, after its cause is mended: `Stream` or `Content`."""
    urls = queue_urls(context.outputs)
    # An event of the payment provider is sent again by the provider, which signs it anew.
    del urls["Payment"]
    return redrive_named(queue, urls, context.client, TableRecords(context.client))


def stack_parameters(context: Any) -> dict[str, str]:
    """Return the public keys that CloudFront trusts, so that a deployment does not remove them."""
    keys = _operator(context).key_secret.read().public_keys
    return {"SigningKeyA": keys.get("A", ""), "SigningKeyB": keys.get("B", "")}


def rotate_keys(context: Any, algorithm: str = ECDSA) -> str:
    """Sign links with a new key: `ecdsa` on the curve P-256, or `rsa` of 2048 bits.

    Links that the key before has signed stay valid. The key before that one is retired; within an hour after the last
    rotation viewers may have links of that key, and nothing is changed. One task at a time changes keys.
    """
    private_key, public_key = new_key_pair(algorithm)
    secret = _operator(context).key_secret
    with secret.change() as ring:
        if ring.needs_older_key(int(time.time())):
            return "not rotated: the older key may be in use an hour after a rotation; `retire_key` ends its links now"
        ring = _without_older_key(context, secret, ring)
        slot = ring.other_slot
        # First in the secret, so that a deployment that runs meanwhile does not remove the new key.
        ring = ring.trusting(slot, public_key)
        secret.write(ring)
        key_id = _trusted(context, slot, public_key)
        secret.write(ring.signing_with(SigningKey(slot, key_id, private_key, int(time.time()))))
    return f"links are signed with key {key_id} (slot {slot}, {algorithm})"


def retire_key(context: Any) -> str:
    """End the links of the key before the current one."""
    secret = _operator(context).key_secret
    with secret.change() as ring:
        _without_older_key(context, secret, ring)
    if not ring.has_older_key:
        return "there is no older key"
    done = f"the key in slot {ring.other_slot} is retired"
    if (until := ring.all_sign_with_it_from) > time.time():
        done += f"; until {datetime.fromtimestamp(until, UTC):%H:%M:%S} UTC it may sign links, which CloudFront refuses"
    return done


def _without_older_key(context: Any, secret: KeySecret, ring: KeyRing) -> KeyRing:
    """Retire the older key, and return the ring without it."""
    # First in the secret, from which a deployment takes the keys: a retired key must not come back.
    secret.write(ring.without_other())
    # In any case: a task may have been interrupted here before.
    context.update_stack(**{f"SigningKey{ring.other_slot}": ""})
    return ring.without_other()


def _trusted(context: Any, slot: str, public_key: str) -> str:
    """Let CloudFront trust a public key, and return its id when the distribution is deployed."""
    context.update_stack(**{f"SigningKey{slot}": public_key})
    resource = context.client("cloudformation").describe_stack_resource(
        StackName=f"video-{context.stage}", LogicalResourceId=f"PublicKey{slot}"
    )
    waiter = context.client("cloudfront").get_waiter("distribution_deployed")
    waiter.wait(Id=context.outputs["DistributionId"])
    return str(resource["StackResourceDetail"]["PhysicalResourceId"])


def _webhook_url(context: Any) -> str:
    return f"{context.outputs['PublicUrl'].rstrip('/')}/api/webhooks/payments"


def _operator(context: Any) -> Operator:
    return Operator(context.client, context.outputs)


def _demo_video(name: str, title: str, created_at: datetime) -> Video:
    return Video(
        # The same id each time, so that a second run finds the video.
        id=f"{int(created_at.timestamp() * 1000):012x}{sha256(name.encode()).hexdigest()[:16]}",
        title=title,
        description=f"Twelve seconds of colours: {name}.",
        seconds=12.0,
        amount=490,
        currency=CURRENCY,
        folder=secrets.token_hex(16),
        created_at=timestamp(created_at),
        status=UPLOADING,
    )


def _new_video(path: Path, title: str, price: str, description: str) -> Video:
    """Check what the operator has typed.

    Raises
    ------
    ValueError
    """
    if not re.fullmatch(r"\d{1,6}(\.\d{2})?", price):
        raise ValueError(f"the price is like 4.90, not {price}")
    now = datetime.now(UTC)
    fields = {
        "id": new_id(now),
        "title": title,
        "description": description,
        "seconds": 1.0,
        "amount": round(float(price) * 100),
        "currency": CURRENCY,
        "folder": secrets.token_hex(16),
        "created_at": timestamp(now),
        "status": UPLOADING,
    }
    # The types' limits hold for operators too.
    return msgspec.convert(fields, Video)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _ffmpeg() -> str:
    try:
        import imageio_ffmpeg  # noqa: PLC0415 - only this task needs it
    except ModuleNotFoundError:
        install = ".venv/bin/python -m pip install --require-hashes -r requirements/publish.txt"
        raise ValueError(f"this task needs ffmpeg: {install}") from None
    return str(imageio_ffmpeg.get_ffmpeg_exe())


@contextmanager
def _progress() -> Iterator[Report]:
    """Show each part with its bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns) as shown:
        parts: dict[str, TaskID] = {}

        def report(name: str, done: float) -> None:
            if name not in parts:
                parts[name] = shown.add_task(name, total=1.0)
            shown.update(parts[name], completed=done)

        yield report


def _subjects(context: Any, email: str) -> Iterator[str]:
    """Find the `sub` of the users with this address; outside stage local there are none."""
    found = context.client("cognito-idp").list_users(
        UserPoolId=context.outputs["UserPoolId"], Filter=f'email = "{email}"'
    )
    for user in found["Users"]:
        yield from (pair["Value"] for pair in user["Attributes"] if pair["Name"] == "sub")
