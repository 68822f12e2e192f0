"""Devices' private keys on this machine: a folder for each device, readable by its owner only."""

import shutil
from pathlib import Path
from tempfile import mkdtemp

import msgspec
from chalicelib.pipeline.devices.model import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CERTIFICATE, PRIVATE_KEY = "certificate.pem", "private-key.pem"
_DESCRIPTION = "device.json"


class _Description(msgspec.Struct):
    name: str
    certificate_id: str
    certificate_arn: str


class KeyFolder:
    """The keys of one stage's devices, in `folder/NAME/`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files(self, name: str) -> tuple[Path, Path]:
        """The files of a device's certificate and private key."""
        return self._folder / name / CERTIFICATE, self._folder / name / PRIVATE_KEY

    def certificate_id(self, name: str) -> str | None:
        """The id of the certificate whose key is here."""
        try:
            content = (self._folder / name / _DESCRIPTION).read_bytes()
            return msgspec.json.decode(content, type=_Description).certificate_id
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def new_request(self, name: str) -> tuple[str, str]:
        """Make a key on the curve P-256; returns it and its signing request, both as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return pem.decode(), request.public_bytes(serialization.Encoding.PEM).decode()

    def save(self, name: str, key: str, certificate: Certificate) -> None:
        """Write a device's files, all of them or none."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Only the owner can open the folder, and mkdtemp makes it so from the beginning.
        new = Path(mkdtemp(prefix=".new-", dir=self._folder))
        description = msgspec.json.encode(_Description(name, certificate.id, certificate.arn))
        for file, content in ((PRIVATE_KEY, key.encode()), (CERTIFICATE, certificate.pem.encode())):
            _write(new / file, content)
        _write(new / _DESCRIPTION, description)
        shutil.rmtree(self._folder / name, ignore_errors=True)
        new.rename(self._folder / name)

    def delete(self, name: str) -> bool:
        """Delete a device's files; returns whether they were here."""
        folder = self._folder / name
        if not folder.is_dir():
            return False
        shutil.rmtree(folder)
        return True


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
