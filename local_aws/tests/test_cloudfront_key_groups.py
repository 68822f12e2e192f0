"""Public keys, key groups, and the distributions that trust them, at the API.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-trusted-signers.html
"""

import subprocess
from functools import cache

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from local_aws.tests.distributions import CACHING_DISABLED, behavior, custom, distribution, listed
from local_aws.tests.private_content import pem_of

EC_KEY = ec.generate_private_key(ec.SECP256R1())
PEM = pem_of(EC_KEY)
# Made when a test needs them: some take a tenth of a second.
REFUSED_KEYS = {
    "no key": lambda: "key",
    "RSA with 1024 bits": lambda: pem_of(rsa.generate_private_key(65537, 1024)),
    "RSA with 3072 bits": lambda: pem_of(rsa.generate_private_key(65537, 3072)),
    "P-384": lambda: pem_of(ec.generate_private_key(ec.SECP384R1())),
    "secp256k1": lambda: pem_of(ec.generate_private_key(ec.SECP256K1())),
    "Ed25519": lambda: pem_of(ed25519.Ed25519PrivateKey.generate()),
    "DSA": lambda: pem_of(dsa.generate_private_key(2048)),
    "a private key": lambda: EC_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    "one line": lambda: PEM.replace("\n", ""),
    "its lines escaped": lambda: PEM.replace("\n", "\\n"),
    "a key that is cut off": lambda: PEM[:100],
}


@cache
def made_rsa_key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def cloudfront(aws):
    return aws.client("cloudfront")


def create_key(cloudfront, name, pem=PEM):
    config = {"CallerReference": name, "Name": name, "EncodedKey": pem}
    return cloudfront.create_public_key(PublicKeyConfig=config)["PublicKey"]["Id"]


def create_group(cloudfront, name, *keys):
    return cloudfront.create_key_group(KeyGroupConfig={"Name": name, "Items": list(keys)})["KeyGroup"]["Id"]


def private(aws, *groups, **settings):
    trusted = {"TrustedKeyGroups": {"Enabled": True, **listed(*groups)}} if groups else {}
    return distribution(aws, [custom(1)], behavior(CACHING_DISABLED, **trusted, **settings))


@pytest.mark.parametrize("make_pem", REFUSED_KEYS.values(), ids=REFUSED_KEYS)
def test_a_key_that_cloudfront_does_not_support_is_refused(cloudfront, make_pem):
    with pytest.raises(ClientError, match=r"InvalidArgument.*empty/invalid/out of limits RSA Encoded Key"):
        create_key(cloudfront, "refused", make_pem())


def test_the_keys_that_openssl_writes_are_accepted(cloudfront):
    def openssl(*arguments, key=""):
        return subprocess.run(["openssl", *arguments], input=key, capture_output=True, text=True, check=True).stdout

    rsa_key = openssl("genrsa", "2048")
    ec_key = openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout")
    assert create_key(cloudfront, "openssl-rsa", openssl("rsa", "-pubout", key=rsa_key))
    assert create_key(cloudfront, "openssl-ec", openssl("ec", "-pubout", key=ec_key))
    pkcs1 = made_rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    assert create_key(cloudfront, "pkcs1", pkcs1)


def test_the_name_of_a_key_is_unique(cloudfront):
    create_key(cloudfront, "unique")
    with pytest.raises(ClientError, match="PublicKeyAlreadyExists"):
        create_key(cloudfront, "unique", pem_of(made_rsa_key()))


def test_only_the_comment_of_a_key_can_change(cloudfront):
    key = create_key(cloudfront, "immutable")

    def update(**changes):
        current = cloudfront.get_public_key_config(Id=key)
        config = current["PublicKeyConfig"] | changes
        return cloudfront.update_public_key(Id=key, IfMatch=current["ETag"], PublicKeyConfig=config)

    update(Comment="changed")
    assert cloudfront.get_public_key_config(Id=key)["PublicKeyConfig"]["Comment"] == "changed"
    for change in ({"EncodedKey": pem_of(made_rsa_key())}, {"Name": "other"}, {"CallerReference": "other"}):
        with pytest.raises(ClientError, match="CannotChangeImmutablePublicKeyFields"):
            update(**change)


def test_a_group_has_keys_that_exist_and_at_most_five(cloudfront):
    keys = [create_key(cloudfront, f"many-{number}") for number in range(6)]
    for items in ([], ["K0000000000000"], [keys[0], "K0000000000000"]):
        with pytest.raises(ClientError, match="InvalidArgument"):
            create_group(cloudfront, "missing", *items)
    with pytest.raises(ClientError, match="TooManyPublicKeysInKeyGroup"):
        create_group(cloudfront, "many", *keys)
    assert create_group(cloudfront, "many", *keys[:5])


def test_what_is_in_use_is_not_deleted(aws, cloudfront):
    key = create_key(cloudfront, "used")
    group = create_group(cloudfront, "used", key)
    site = private(aws, group)

    def delete(operation, get, identity):
        return operation(Id=identity, IfMatch=get(Id=identity)["ETag"])

    with pytest.raises(ClientError, match="PublicKeyInUse"):
        delete(cloudfront.delete_public_key, cloudfront.get_public_key, key)
    with pytest.raises(ClientError, match="ResourceInUse"):
        delete(cloudfront.delete_key_group, cloudfront.get_key_group, group)
    current = cloudfront.get_distribution_config(Id=site.id)
    config = current["DistributionConfig"]
    config["DefaultCacheBehavior"]["TrustedKeyGroups"] = {"Enabled": False, "Quantity": 0}
    cloudfront.update_distribution(Id=site.id, IfMatch=current["ETag"], DistributionConfig=config)
    delete(cloudfront.delete_key_group, cloudfront.get_key_group, group)
    delete(cloudfront.delete_public_key, cloudfront.get_public_key, key)


def test_a_distribution_names_key_groups_that_exist(aws, cloudfront):
    with pytest.raises(ClientError, match="TrustedKeyGroupDoesNotExist"):
        private(aws, "00000000-0000-0000-0000-000000000000")
    site = private(aws)
    current = cloudfront.get_distribution_config(Id=site.id)
    config = current["DistributionConfig"]
    config["DefaultCacheBehavior"]["TrustedKeyGroups"] = {"Enabled": True, **listed("missing")}
    with pytest.raises(ClientError, match="TrustedKeyGroupDoesNotExist"):
        cloudfront.update_distribution(Id=site.id, IfMatch=current["ETag"], DistributionConfig=config)


def test_a_distribution_has_at_most_four_key_groups(aws, cloudfront):
    key = create_key(cloudfront, "shared")
    groups = [create_group(cloudfront, f"group-{number}", key) for number in range(5)]
    with pytest.raises(ClientError, match="TooManyKeyGroupsAssociatedToDistribution"):
        private(aws, *groups)
    assert private(aws, *groups[:4])


def test_trusted_signers_are_refused(aws):
    with pytest.raises(ClientError, match="TrustedSignerDoesNotExist"):
        private(aws, TrustedSigners={"Enabled": True, **listed("self")})
