"""Signed URLs and signed cookies that a viewer has changed, taken from elsewhere, or put together."""

import json
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from ministack.services import cloudfront

from local_aws.services.cloudfront.private_content.refusals import Reason, Refused
from local_aws.services.cloudfront.private_content.verification import verify
from local_aws.tests.private_content import Signer, cookie_header, encoded, pem_of, policy, signed_url, viewer_request

HOST = "https://d111111abcdef8.cloudfront.net"
FILE = f"{HOST}/content/a/0001.ts"
FOLDER = f"{HOST}/content/a/*"
NOW = 1_800_000_000
LATER = NOW + 60
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
SIGNER = Signer("K1", EC_KEY)
OTHERS_SIGNER = Signer("K3", EC_KEY)
SIGNERS = [
    Signer(key_id, key, algorithm)
    for key_id, key in (("K1", EC_KEY), ("K2", RSA_KEY))
    for algorithm in ("SHA1", "SHA256")
]


@pytest.fixture(autouse=True)
def _keys():
    for key_id, key in {"K1": EC_KEY, "K2": RSA_KEY, "K3": EC_KEY}.items():
        cloudfront._public_keys[key_id] = {"Config": {"EncodedKey": pem_of(key)}}
    cloudfront._key_groups["G"] = {"Config": {"Items": ["K1"]}}
    cloudfront._key_groups["H"] = {"Config": {"Items": ["K2"]}}
    cloudfront._key_groups["of another distribution"] = {"Config": {"Items": ["K3"]}}
    yield
    cloudfront._public_keys.clear()
    cloudfront._key_groups.clear()


def verified(url, cookie="", now=NOW, viewer_ip="198.51.100.7", groups=("G", "H")):
    request = viewer_request(url, cookie, viewer_ip, groups)
    verify(request, urlsplit(url).path, now)
    return request


def refusal(*arguments, **named):
    with pytest.raises(Refused) as refused:
        verified(*arguments, **named)
    return refused.value.reason


def with_changes(parameters, **changes):
    changed = parameters | {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in changed.items() if value is not None}


def custom(document=None, url=FILE, signer=SIGNER):
    return signed_url(url, signer.custom(policy(FOLDER, LATER) if document is None else document))


@pytest.mark.parametrize("signer", SIGNERS)
def test_both_kinds_of_policies_are_verified_in_urls_and_cookies(signer):
    for parameters in (signer.canned(FILE, LATER), signer.custom(policy(FOLDER, LATER))):
        assert verified(signed_url(FILE, parameters)).query == ""
        assert verified(FILE, cookie_header(parameters))


def test_the_signatures_parameters_are_removed_and_the_others_stay():
    url = f"{HOST}/content/a/f?a=%41&b"
    request = verified(signed_url(url, SIGNER.canned(url, LATER)))
    assert request.query == "a=%41&b"


def test_the_signatures_parameters_may_be_anywhere_in_the_query_string():
    parameters = SIGNER.canned(f"{FILE}?a=b&c=d", LATER)
    pairs = [f"{name}={value}" for name, value in parameters.items()]
    request = verified(f"{FILE}?{pairs[2]}&a=b&{pairs[0]}&c=d&{pairs[1]}")
    assert request.query == "a=b&c=d"
    assert request.parameters == {"a": ["b"], "c": ["d"]}


def test_the_cache_key_has_no_signed_cookies():
    parameters = SIGNER.custom(policy(FOLDER, LATER))
    request = verified(FILE, cookie_header(parameters))
    request.cookies = {"theme": "dark", **{f"CloudFront-{name}": value for name, value in parameters.items()}}
    assert request.key()[-1] == (("theme", "dark"),)


@pytest.mark.parametrize(
    ("now", "is_allowed"), [(NOW - 1, False), (NOW, False), (NOW + 0.5, True), (LATER - 0.001, True), (LATER, False)]
)
def test_a_policy_holds_after_its_start_and_before_its_end(now, is_allowed):
    url = custom(policy(FOLDER, LATER, DateGreaterThan=NOW))
    assert verified(url, now=now) if is_allowed else refusal(url, now=now) is Reason.ACCESS_DENIED


@pytest.mark.parametrize(
    ("network", "viewer_ip", "is_allowed"),
    [
        ("192.0.2.7/32", "192.0.2.7", True),
        ("192.0.2.7/32", "192.0.2.8", False),
        ("192.0.2.0/24", "192.0.2.255", True),
        ("192.0.2.99/24", "192.0.2.1", True),
        ("192.0.2.0/24", "192.0.3.0", False),
        ("0.0.0.0/0", "203.0.113.1", True),
        ("192.0.2.7/32", "::ffff:192.0.2.7", True),
        ("0.0.0.0/0", "2001:db8::1", False),
    ],
)
def test_a_policy_may_be_bound_to_a_network(network, viewer_ip, is_allowed):
    url = custom(policy(FOLDER, LATER, IpAddress=network))
    assert verified(url, viewer_ip=viewer_ip) if is_allowed else refusal(url, viewer_ip=viewer_ip)


CANNED = SIGNER.canned(FILE, LATER)
CUSTOM = SIGNER.custom(policy(FOLDER, LATER))
WIDER = encoded(json.dumps(policy(f"{HOST}/*", LATER), separators=(",", ":")).encode())
STANDARD_ALPHABET = str.maketrans("-_~", "+=/")
CHANGED = {
    "no signature at all": ({}, Reason.MISSING_KEY),
    "no key": (with_changes(CANNED, Key_Pair_Id=None), Reason.MISSING_KEY),
    "an empty key": (with_changes(CANNED, Key_Pair_Id=""), Reason.MISSING_KEY),
    "only an end": ({"Expires": CANNED["Expires"]}, Reason.MISSING_KEY),
    "only a hash algorithm": ({"Hash-Algorithm": "SHA256"}, Reason.MISSING_KEY),
    "an unknown key": (with_changes(CANNED, Key_Pair_Id="K9"), Reason.UNKNOWN_KEY),
    "a key in lower case": (with_changes(CANNED, Key_Pair_Id="k1"), Reason.UNKNOWN_KEY),
    "the key of another distribution": (OTHERS_SIGNER.canned(FILE, LATER), Reason.UNKNOWN_KEY),
    "the key of another algorithm": (with_changes(CANNED, Key_Pair_Id="K2"), Reason.ACCESS_DENIED),
    "no end": (with_changes(CANNED, Expires=None), Reason.ACCESS_DENIED),
    "no signature": (with_changes(CANNED, Signature=None), Reason.ACCESS_DENIED),
    "an empty signature": (with_changes(CANNED, Signature=""), Reason.ACCESS_DENIED),
    "another signature": (with_changes(CANNED, Signature=CUSTOM["Signature"]), Reason.ACCESS_DENIED),
    "a made-up signature": (
        with_changes(CANNED, Signature=encoded(b"\x30\x06\x02\x01\x01\x02\x01\x01")),
        Reason.ACCESS_DENIED,
    ),
    "a signature that is not base64": (with_changes(CANNED, Signature="!"), Reason.MALFORMED_SIGNATURE),
    "a signature with a character missing": (
        with_changes(CANNED, Signature="AAAAA"),
        Reason.MALFORMED_SIGNATURE,
    ),
    "a signature in the standard alphabet": (with_changes(CANNED, Signature="ab+/"), Reason.MALFORMED_SIGNATURE),
    "a signature that is not ASCII": (with_changes(CANNED, Signature="ä" * 4), Reason.MALFORMED_SIGNATURE),
    "a huge signature": (with_changes(CANNED, Signature="A" * 8000), Reason.ACCESS_DENIED),
    "a later end": (with_changes(CANNED, Expires=str(LATER + 1)), Reason.ACCESS_DENIED),
    "an end that is not a number": (with_changes(CANNED, Expires="tomorrow"), Reason.MALFORMED_POLICY),
    "an end in other digits": (with_changes(CANNED, Expires="١٨٠٠٠٠٠٠٦٠"), Reason.MALFORMED_POLICY),
    "a fractional end": (with_changes(CANNED, Expires=f"{LATER}.5"), Reason.MALFORMED_POLICY),
    "a negative end": (with_changes(CANNED, Expires="-1"), Reason.MALFORMED_POLICY),
    "an end in milliseconds": (SIGNER.canned(FILE, LATER * 1000), Reason.MALFORMED_POLICY),
    "an end after 32 bits": (SIGNER.canned(FILE, 2**31), Reason.MALFORMED_POLICY),
    "a huge end": (with_changes(CANNED, Expires="9" * 8000), Reason.MALFORMED_POLICY),
    "an end with a condition": (with_changes(CANNED, Expires=f'{LATER}}},"IpAddress":{{'), Reason.MALFORMED_POLICY),
    "both kinds of policies": (with_changes(CUSTOM, Expires=CANNED["Expires"]), Reason.ACCESS_DENIED),
    "a wider policy": (with_changes(CUSTOM, Policy=WIDER), Reason.ACCESS_DENIED),
    "a policy that is not base64": (with_changes(CUSTOM, Policy="{}"), Reason.MALFORMED_POLICY),
    "an empty policy": (with_changes(CUSTOM, Policy=""), Reason.ACCESS_DENIED),
    "a huge policy": (with_changes(CUSTOM, Policy="A" * 8000), Reason.ACCESS_DENIED),
    "another hash algorithm": (with_changes(CUSTOM, Hash_Algorithm="SHA256"), Reason.ACCESS_DENIED),
    "an unknown hash algorithm": (with_changes(CUSTOM, Hash_Algorithm="MD5"), Reason.ACCESS_DENIED),
    "the hash algorithm in lower case": (with_changes(CUSTOM, Hash_Algorithm="sha1"), Reason.ACCESS_DENIED),
}


@pytest.mark.parametrize(("parameters", "reason"), CHANGED.values(), ids=CHANGED)
def test_a_changed_signature_is_refused_in_a_url_and_in_cookies(parameters, reason):
    url = signed_url(FILE, parameters) if parameters else FILE
    assert refusal(url) is reason
    assert refusal(FILE, cookie_header(parameters)) is reason


@pytest.mark.parametrize(
    "url",
    [
        FILE.replace("/a/", "/b/"),
        FILE.replace("https:", "http:"),
        FILE.replace("d111111abcdef8", "d222222abcdef8"),
        f"{FILE}?added=1",
        f"{HOST}/content/a/../b/0001.ts",
        f"{HOST}/content/a/%2e%2e/b/0001.ts",
        f"{HOST}/content%2Fa%2F0001.ts",
        f"{HOST}//content/a/0001.ts",
        f"{HOST}/content/%61/0001.ts",
        f"{HOST}/content/ä/0001.ts",
        f"{HOST}/CONTENT/a/0001.ts",
    ],
)
def test_a_signature_is_refused_for_another_url(url):
    assert refusal(signed_url(url, CANNED)) is Reason.ACCESS_DENIED
    exact = SIGNER.custom(policy(FILE, LATER))
    assert refusal(signed_url(url, exact)) is Reason.ACCESS_DENIED
    assert refusal(url, cookie_header(exact)) is Reason.ACCESS_DENIED


@pytest.mark.parametrize("name", [*CUSTOM, "Hash-Algorithm"])
def test_a_parameter_or_cookie_that_is_there_twice_is_refused(name):
    parameters = Signer("K1", EC_KEY, "SHA256").custom(policy(FOLDER, LATER))
    again = {name: parameters[name]}
    assert refusal(f"{signed_url(FILE, parameters)}&{name}={parameters[name]}") is Reason.ACCESS_DENIED
    assert refusal(FILE, f"{cookie_header(parameters)}; {cookie_header(again)}") is Reason.ACCESS_DENIED


@pytest.mark.parametrize("name", ["Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm"])
def test_cookies_are_ignored_when_the_query_string_has_any_of_the_parameters(name):
    assert refusal(f"{FILE}?{name}=x", cookie_header(CUSTOM)) is not None


def test_a_signed_url_is_verified_whatever_the_cookies_are():
    assert verified(custom(), cookie_header(with_changes(CUSTOM, Key_Pair_Id="K9", Signature="!")))
    assert verified(custom(), "CloudFront-Policy=a; CloudFront-Policy=b")


def test_a_signature_is_not_put_together_from_query_string_and_cookies():
    signature, others = {"Signature": CUSTOM["Signature"]}, with_changes(CUSTOM, Signature=None)
    assert refusal(signed_url(FILE, others), cookie_header(signature)) is Reason.ACCESS_DENIED
    assert refusal(signed_url(FILE, signature), cookie_header(others)) is Reason.MISSING_KEY


@pytest.mark.parametrize("cookie", ["cloudfront-Policy", "CloudFront-policy", "XCloudFront-Policy"])
def test_cookie_names_are_case_sensitive(cookie):
    header = cookie_header(CUSTOM).replace("CloudFront-Policy", cookie)
    assert refusal(FILE, header) is Reason.ACCESS_DENIED


def test_names_of_parameters_are_case_sensitive():
    assert refusal(custom().replace("Key-Pair-Id", "key-pair-id")) is Reason.MISSING_KEY


def statement(**members):
    return {"Statement": [{"Resource": FOLDER, "Condition": {"DateLessThan": {"AWS:EpochTime": LATER}}} | members]}


def conditions(**members):
    return statement(Condition={"DateLessThan": {"AWS:EpochTime": LATER}} | members)


MALFORMED = {
    "not JSON": b"policy",
    "not UTF-8": b'{"Statement":"\xff"}',
    "nested deeply": b"[" * 2000,
    "a list": [],
    "nothing": {},
    "no statement": {"Statement": []},
    "two statements": {"Statement": statement()["Statement"] * 2},
    "a text as statement": {"Statement": "all"},
    "a version": {"Version": "2012-10-17", **statement()},
    "an effect": statement(Effect="Allow"),
    "two resources": statement(Resource=[FOLDER, FOLDER]),
    "no condition": {"Statement": [{"Resource": FOLDER}]},
    "no end": statement(Condition={}),
    "an end in quotation marks": statement(Condition={"DateLessThan": {"AWS:EpochTime": str(LATER)}}),
    "a fractional end": statement(Condition={"DateLessThan": {"AWS:EpochTime": LATER + 0.5}}),
    "a true end": statement(Condition={"DateLessThan": {"AWS:EpochTime": True}}),
    "a negative end": statement(Condition={"DateLessThan": {"AWS:EpochTime": -1}}),
    "an end in milliseconds": statement(Condition={"DateLessThan": {"AWS:EpochTime": LATER * 1000}}),
    "an end of another name": statement(Condition={"DateLessThan": {"EpochTime": LATER}}),
    "a misspelled condition": conditions(IPAddress={"AWS:SourceIp": "192.0.2.1/32"}),
    "an empty network": conditions(IpAddress={}),
    "an address without a length": conditions(IpAddress={"AWS:SourceIp": "192.0.2.1"}),
    "two networks": conditions(IpAddress={"AWS:SourceIp": ["192.0.2.1/32", "192.0.2.2/32"]}),
    "an impossible network": conditions(IpAddress={"AWS:SourceIp": "192.0.2.1/33"}),
    "an IPv6 network": conditions(IpAddress={"AWS:SourceIp": "2001:db8::/32"}),
    "an empty start": conditions(DateGreaterThan={}),
}


@pytest.mark.parametrize("document", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_policy_is_refused_although_a_trusted_key_signed_it(document):
    assert refusal(custom(document)) is Reason.MALFORMED_POLICY


def test_a_policy_may_be_written_as_the_guides_do():
    assert verified(custom({"Statement": statement()["Statement"][0]}))
    assert verified(custom(json.dumps(statement(), indent=4).encode() + b"\n"))


def test_a_policy_without_a_resource_allows_every_url():
    assert verified(custom(policy(None, LATER), url=f"{HOST}/anything?else"))


@pytest.mark.parametrize("groups", [("H",), ("missing",), ()])
def test_a_key_is_trusted_only_while_a_key_group_of_the_behavior_has_it(groups):
    assert verified(custom())
    assert refusal(custom(), groups=groups) is Reason.UNKNOWN_KEY


def test_a_retired_key_stops_working():
    assert verified(custom())
    cloudfront._key_groups["G"]["Config"]["Items"] = ["K2"]
    assert refusal(custom()) is Reason.UNKNOWN_KEY
    cloudfront._key_groups["G"]["Config"]["Items"] = ["K1"]
    assert verified(custom())
    cloudfront._public_keys.pop("K1")
    assert refusal(custom()) is Reason.UNKNOWN_KEY


def test_the_conditions_of_a_custom_policy_are_not_moved_into_a_canned_one():
    # The text of this custom policy begins as a canned policy's does.
    document = f'{{"Statement":[{{"Resource":"{FILE}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{LATER}}},'
    document += '"IpAddress":{"AWS:SourceIp":"192.0.2.1/32"}}}]}'
    parameters = SIGNER.custom(document.encode())
    expires = document.partition('"AWS:EpochTime":')[2].removesuffix("}}}]}")
    forged = with_changes(parameters, Policy=None, Expires=expires)
    assert refusal(FILE, cookie_header(forged)) is Reason.MALFORMED_POLICY
    assert refusal(FILE, cookie_header(parameters)) is Reason.ACCESS_DENIED


def test_the_body_of_a_refusal_is_cloudfronts():
    assert Refused(Reason.MISSING_KEY).body == (
        b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>MissingKey</Code>'
        b"<Message>Missing Key-Pair-Id query parameter or cookie value</Message></Error>"
    )
