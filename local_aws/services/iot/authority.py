"""The authority that signs devices' certificates has a key on a curve.

AWS IoT's authorities sign the certificates of CreateCertificateFromCsr and CreateKeysAndCertificate
(https://docs.aws.amazon.com/iot/latest/developerguide/device-certs-create.html). This MiniStack has an RSA key, and
reads and checks it for each certificate while no other request is served: a fleet of devices took minutes to add.
"""

import trustme

from local_aws.hooks import replaces


@replaces("ministack.services.iot:generate_ca")
def _generate() -> tuple[str, str]:
    """Make the certificate and the private key of an authority, both as PEM."""
    authority = trustme.CA(organization_name="Quartet embedded AWS", organization_unit_name="IoT devices")
    return authority.cert_pem.bytes().decode(), authority.private_key_pem.bytes().decode()
