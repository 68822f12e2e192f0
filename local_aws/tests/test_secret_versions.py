"""Versions of secrets: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html"""

import uuid

import pytest
from botocore.exceptions import ClientError


def test_a_version_is_not_written_again_with_another_value(aws):
    secrets = aws.client("secretsmanager")
    secret = secrets.create_secret(Name="versions", SecretString="first")["ARN"]
    version = str(uuid.uuid4())
    for _ in ("once", "a retry"):
        written = secrets.put_secret_value(SecretId=secret, SecretString="second", ClientRequestToken=version)
        assert written["VersionId"] == version
    with pytest.raises(ClientError, match="ResourceExistsException"):
        secrets.put_secret_value(SecretId=secret, SecretString="third", ClientRequestToken=version)
    assert secrets.get_secret_value(SecretId=secret)["SecretString"] == "second"
