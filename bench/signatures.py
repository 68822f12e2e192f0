"""Signed URLs of CloudFront: CPU of a signature and of a whole URL, beside what openssl itself needs."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.functions import PROGRAMS
from bench.result import Ratio, Result, compared
from bench.sampling import Pair, alternate
from bench.workspace import ROOT, Workspace

# At least 0.8 times as many signatures, and 0.6 times as many URLs, in the same time.
SIGNATURE, URL = Ratio(1.25), Ratio(1.66)
_ALGORITHMS = {"ecdsa": ("ecdsap256", "ECDSA P-256"), "rsa": ("rsa2048", "RSA-2048")}
_RECIPE = "the recipe in botocore's documentation: the package rsa, the key loaded each time"
# After the seconds for one come the numbers in a second: first signatures, then verifications.
_RATES = re.compile(r"s +([0-9.]+) +[0-9.]+(?: |$)")


def measure(workspace: Workspace) -> list[Result]:
    """Let a warm process and `openssl speed` sign in turns."""
    rounds = 3 if workspace.short else 8
    results = []
    with warm(_private_keys(workspace.folder)) as process:
        for algorithm, (name, title) in _ALGORITHMS.items():
            signatures, urls = _samples(process, algorithm, rounds)
            reference = f"`openssl speed {name}`: signatures only"
            results += [
                compared(f"signature, {title}", "µs CPU", signatures, reference, SIGNATURE),
                compared(f"signed URL, {title}", "µs CPU", urls, reference, URL),
            ]
        recipe = alternate(lambda: process.microseconds("rsa url"), lambda: process.microseconds("recipe url"), 2)
    return [*results, compared("signed URL, RSA-2048, beside the recipe", "µs CPU", recipe, _RECIPE, None)]


class Warm:
    """A process that signs with keys that it has loaded."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def microseconds(self, line: str) -> float:
        """CPU of one call, as a mean of half a second."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()
        if answer := self._process.stdout.readline():
            return float(answer)
        raise RuntimeError(f"the signing process ended with {self._process.wait()}")


@contextmanager
def warm(keys: tuple[Path, Path]) -> Iterator[Warm]:
    """Start a process and end it."""
    command = [sys.executable, str(PROGRAMS / "signatures.py"), str(ROOT / "video_app"), *map(str, keys)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Warm(process)
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        process.stdin.close()


def openssl_microseconds(algorithm: str) -> float:
    """CPU of one signature, by openssl's own benchmark of one second."""
    command = ["openssl", "speed", "-seconds", "1", algorithm]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return 1e6 / signatures_a_second(lines[-1])


def signatures_a_second(line: str) -> float:
    """Read the last line of `openssl speed`, which ends in the signatures and the verifications of a second."""
    rates = _RATES.search(line)
    if rates is None:
        raise RuntimeError(f"no line of `openssl speed`: {line!r}")
    return float(rates[1])


def _samples(process: Warm, algorithm: str, rounds: int) -> tuple[Pair, Pair]:
    """Signatures and URLs, both beside the same samples of openssl."""
    samples = [
        (
            openssl_microseconds(_ALGORITHMS[algorithm][0]),
            process.microseconds(f"{algorithm} signature"),
            process.microseconds(f"{algorithm} url"),
        )
        for _ in range(rounds)
    ]
    openssl, signatures, urls = zip(*samples, strict=True)
    return Pair(signatures, openssl), Pair(urls, openssl)


def _private_keys(folder: Path) -> tuple[Path, Path]:
    """Make a key of each kind; RSA in PKCS #1, as the package rsa reads no other form."""
    keys: dict[str, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey] = {
        "rsa": rsa.generate_private_key(65537, 2048),
        "ecdsa": ec.generate_private_key(ec.SECP256R1()),
    }
    for name, key in keys.items():
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        (folder / f"{name}.pem").write_bytes(pem)
    return folder / "rsa.pem", folder / "ecdsa.pem"
