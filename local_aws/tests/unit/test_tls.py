"""The authority of this machine's certificates."""

import pytest
from cryptography import x509

from local_aws.web import tls


@pytest.mark.parametrize("damaged", ["ca.pem", "ca-key.pem"])
def test_an_authority_that_cannot_be_read_is_made_anew(tmp_path, damaged, caplog):
    before = tls.certificate(tmp_path).ca_file.read_bytes()
    assert tls.certificate(tmp_path).ca_file.read_bytes() == before
    (tmp_path / damaged).write_text("garbage")
    issued = tls.certificate(tmp_path)
    assert issued.ca_file.read_bytes() != before
    assert "a new authority is made" in caplog.text
    leaf = x509.load_pem_x509_certificate(issued.chain_file.read_bytes())
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(issued.ca_file.read_bytes()))
