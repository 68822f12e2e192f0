"""Signs URLs again and again: for each line on stdin (`ecdsa url`), the microseconds of CPU that one takes.

`signature` signs a policy that is there already; `url` is a whole signed URL. `recipe url` is what the documentation
of botocore's CloudFrontSigner shows: the package `rsa`, with the key loaded for each signature.

The arguments are the folder of the app, and of each algorithm a file with a private key.
"""

import importlib
import itertools
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import rsa
from botocore.signers import CloudFrontSigner

APP, RSA, ECDSA = sys.argv[1:]
SECONDS = 0.5
KEY_ID = "K2JCJMDEHXQW5F"
EXPIRES = datetime(2030, 1, 1, tzinfo=UTC)

sys.path.append(APP)
signing = importlib.import_module("chalicelib.video.playback.cloudfront_signing")
urls = itertools.cycle(
    [f"https://d111111abcdef8.cloudfront.net/content/{number:032x}/video.mp4" for number in range(64)]
)


def ours(private_key: Path) -> dict[str, Callable[[], object]]:
    """Return both calls of our signer, which has loaded its key before."""
    signer = signing.Signer(KEY_ID, private_key.read_text())
    expires = int(EXPIRES.timestamp())
    policies = itertools.cycle([signing.canned_policy(next(urls), expires) for _ in range(64)])
    return {
        "signature": lambda: signer.signature(next(policies)),
        "url": lambda: signer.signed_url(next(urls), expires),
    }


def recipe(private_key: Path) -> Callable[[], object]:
    """Return the call of the documentation's recipe."""

    def rsa_signer(message: bytes) -> bytes:
        key = rsa.PrivateKey.load_pkcs1(private_key.read_bytes())
        signed: bytes = rsa.sign(message, key, "SHA-1")
        return signed

    signer = CloudFrontSigner(KEY_ID, rsa_signer)
    return lambda: signer.generate_presigned_url(next(urls), date_less_than=EXPIRES)


def microseconds(call: Callable[[], object]) -> float:
    """Return the CPU of one call, as a mean over SECONDS."""
    call()
    calls, began = 0, time.process_time()
    while (spent := time.process_time() - began) < SECONDS:
        # Reading the clock takes as long as a small part of a call; so it is not read after each.
        for _ in range(10):
            call()
        calls += 10
    return spent / calls * 1e6


WAYS = {"rsa": ours(Path(RSA)), "ecdsa": ours(Path(ECDSA)), "recipe": {"url": recipe(Path(RSA))}}
for line in sys.stdin:
    algorithm, what = line.split()
    print(microseconds(WAYS[algorithm][what]), flush=True)
