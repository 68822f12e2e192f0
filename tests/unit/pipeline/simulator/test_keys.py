"""Devices' keys on this machine."""

import stat

from chalicelib.pipeline.devices.model import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from simulator.keys import KeyFolder

CERTIFICATE = Certificate("id-1", "arn:1", "PEM")


def test_a_request_is_signed_with_the_key_that_stays_here(tmp_path):
    key, request = KeyFolder(tmp_path).new_request("kitchen")
    parsed = x509.load_pem_x509_csr(request.encode())
    assert parsed.is_signature_valid
    assert parsed.public_key() == load_pem_private_key(key.encode(), None).public_key()
    assert "PRIVATE" not in request


def test_only_the_owner_can_read_a_devices_files(tmp_path):
    keys = KeyFolder(tmp_path / "devices")
    keys.save("kitchen", "KEY", CERTIFICATE)
    paths = [tmp_path / "devices", *(tmp_path / "devices").rglob("*")]
    assert len(paths) == 5
    for path in paths:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_key_is_replaced_found_and_deleted(tmp_path):
    keys = KeyFolder(tmp_path)
    assert keys.certificate_id("kitchen") is None
    keys.save("kitchen", "KEY", CERTIFICATE)
    keys.save("kitchen", "NEW", Certificate("id-2", "arn:2", "PEM"))
    assert keys.certificate_id("kitchen") == "id-2"
    assert [file.read_text() for file in keys.files("kitchen")] == ["PEM", "NEW"]
    assert keys.delete("kitchen")
    assert not keys.delete("kitchen")
    assert list(tmp_path.iterdir()) == []
