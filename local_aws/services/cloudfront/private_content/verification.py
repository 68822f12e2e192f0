"""Verifies a request for private content by its signed URL or its signed cookies.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-urls.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-cookies.html
"""

import binascii

from local_aws.services.cloudfront.private_content.parameters import Signature, from_cookies, split_query
from local_aws.services.cloudfront.private_content.policy import Policy, canned_statement, custom_policy
from local_aws.services.cloudfront.private_content.public_keys import PublicKey, is_signed, trusted_key
from local_aws.services.cloudfront.private_content.refusals import Reason, Refused
from local_aws.services.cloudfront.private_content.resource import Url
from local_aws.services.cloudfront.viewer import ViewerRequest

# CloudFront's base64 alphabet. The characters that it replaces are invalid.
_ALPHABET = str.maketrans("-_~+=/", "+=/***")


def verify(request: ViewerRequest, raw_uri: str, now: float) -> None:
    """Verify a request, and remove the signature's parameters from its query string. `now` is in Unix time.

    So the parameters reach neither the cache key nor the origin nor a viewer function.
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/QueryStringParameters.html

    Raises
    ------
    Refused
        The request is not signed by a trusted key, or its policy does not allow it.
    """
    from_query, query = split_query(request.query)
    signature = from_query or from_cookies(str(request.sent_headers.get("cookie", "")))
    if not signature.get("Key-Pair-Id"):
        raise Refused(Reason.MISSING_KEY)
    key = trusted_key(request.behavior["trusted_key_groups"], signature["Key-Pair-Id"])
    if key is None:
        raise Refused(Reason.UNKNOWN_KEY)
    protocol = "https" if request.is_https else "http"
    url = Url(protocol, str(request.sent_headers.get("host", "")), raw_uri, query)
    if not _signed_policy(signature, url, key).allows(url, request.client_ip, now):
        raise Refused(Reason.ACCESS_DENIED)
    if from_query:
        request.query = query


def _signed_policy(signature: Signature, url: Url, key: PublicKey) -> Policy:
    """The policy of a signature that the key made. A custom policy is not read before it is verified."""
    if ("Policy" in signature) == ("Expires" in signature):
        raise Refused(Reason.ACCESS_DENIED)
    value = _decoded(signature.get("Signature", ""), Reason.MALFORMED_SIGNATURE)
    algorithm = signature.get("Hash-Algorithm", "SHA1")
    if "Expires" in signature:
        document, policy = canned_statement(url, signature["Expires"])
        if is_signed(document, value, key, algorithm):
            return policy
    else:
        document = _decoded(signature["Policy"], Reason.MALFORMED_POLICY)
        if is_signed(document, value, key, algorithm):
            return custom_policy(document)
    raise Refused(Reason.ACCESS_DENIED)


def _decoded(value: str, refusal: Reason) -> bytes:
    try:
        return binascii.a2b_base64(value.translate(_ALPHABET), strict_mode=True)
    except ValueError as error:
        raise Refused(refusal) from error
