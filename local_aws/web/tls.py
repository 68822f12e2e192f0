"""Creates a certificate authority for this machine, and the server certificates that it signs."""

import datetime
import logging
import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography import x509

_log = logging.getLogger(__name__)
# A certificate is issued at every start. Apple's clients refuse certificates that are valid for more than 398 days.
_VALID_DAYS = 390
_A_DAY = datetime.timedelta(days=1)
_NAMES = ("localhost", "127.0.0.1", "::1", "*.localhost")
_RENEW_BEFORE = _VALID_DAYS * _A_DAY


@dataclass(frozen=True)
class Certificate:
    """The PEM files of a server's certificate and of its authority."""

    chain_file: Path
    key_file: Path
    ca_file: Path


def certificate(folder: Path, name: str = "fronts") -> Certificate:
    """Issue a certificate for localhost, signed by the authority in `folder`, which is created if it does not exist.

    `name` distinguishes the files of several servers.
    """
    authority = _authority(folder)
    now = datetime.datetime.now(datetime.UTC)
    leaf = authority.issue_cert(*_NAMES, not_before=now - _A_DAY, not_after=now + _VALID_DAYS * _A_DAY)
    chain, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
    _write_private(key, leaf.private_key_pem.bytes())
    chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    return Certificate(chain, key, folder / "ca.pem")


def trust(authority: Path, trusted_file: Path) -> None:
    """Write a file of the authorities that this machine trusts, and one more."""
    of_machine = ssl.get_default_verify_paths().cafile
    others = Path(of_machine).read_bytes() if of_machine else b""
    trusted_file.write_bytes(others.rstrip() + b"\n" + authority.read_bytes())


def _authority(folder: Path) -> trustme.CA:
    public, private = folder / "ca.pem", folder / "ca-key.pem"
    try:
        if public.exists() and private.exists() and not _expires_soon(public):
            return trustme.CA.from_pem(public.read_bytes(), private.read_bytes())
    except ValueError:
        _log.warning("%s or %s is not readable: a new authority is made", public, private)
    created = trustme.CA(organization_name="Quartet embedded AWS", organization_unit_name="this machine only")
    _write_private(private, created.private_key_pem.bytes())
    public.write_bytes(created.cert_pem.bytes())
    return created


def _expires_soon(public: Path) -> bool:
    expires = x509.load_pem_x509_certificate(public.read_bytes()).not_valid_after_utc
    return expires - datetime.datetime.now(datetime.UTC) < _RENEW_BEFORE


def _write_private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)
