"""S3 with the permissions of the IAM role that a COPY or UNLOAD names.

The role must be attached to the namespace and must trust Redshift.
https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-access-permissions.html
https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-iam.html
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ministack.core import iam_evaluator
from ministack.services import iam

from local_aws.services.json_services import Json
from local_aws.services.redshift_data.statements import Statement
from local_aws.services.redshift_serverless import namespaces

if TYPE_CHECKING:
    from local_aws.sql.objects import Objects

_PRINCIPALS = ("redshift.amazonaws.com", "redshift-serverless.amazonaws.com")
Result = TypeVar("Result")


class NamespaceRoles:
    """The roles of a statement's namespace. Call this in the context of its account and region."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement

    def assume(self, role_arn: str) -> "RoleObjects":
        """See `local_aws.sql.redshift.objects.Roles`."""
        from local_aws.sql.objects import Objects  # noqa: PLC0415 - with the first query
        from local_aws.sql.redshift.errors import SqlError  # noqa: PLC0415
        from local_aws.sql.rights import RoleRights  # noqa: PLC0415

        namespace = self._namespace()
        if role_arn == "default":
            role_arn = namespace.get("defaultIamRoleArn", "")
            if not role_arn:
                raise SqlError("The default IAM role is not set")
        if role_arn not in namespace.get("iamRoles", []) or not _trusts_redshift(role_arn):
            user = f"arn:aws:redshift:{self._statement.region}:{self._statement.account}:dbuser:{self._statement.user}"
            raise SqlError(f"User {user} is not authorized to assume IAM Role {role_arn}")
        return RoleObjects(Objects(RoleRights(role_arn)))

    def _namespace(self) -> Json:
        records = namespaces.namespaces.values()
        namespace: Json = next((each for each in records if each["namespaceId"] == self._statement.namespace_id), {})
        return namespace


class RoleObjects:
    """S3 as one role; errors are those of Redshift."""

    def __init__(self, objects: "Objects") -> None:
        self._objects = objects

    def keys(self, bucket: str, prefix: str) -> Sequence[str]:
        """See `local_aws.sql.redshift.objects.Objects`."""
        return [each.key for each in _call(lambda: self._objects.listing(bucket, prefix))]

    def fetch(self, bucket: str, key: str, path: Path) -> None:
        """See above."""
        _call(lambda: self._objects.link(bucket, key, path))

    def write(self, bucket: str, key: str, path: Path) -> None:
        """See above."""
        _call(lambda: self._objects.put(bucket, key, path.read_bytes()))


def _call(call: Callable[[], Result]) -> Result:
    from local_aws.sql.objects import AccessDenied, NoSuchBucket, NoSuchKey  # noqa: PLC0415 - with the first query
    from local_aws.sql.redshift.errors import SqlError  # noqa: PLC0415

    try:
        return call()
    except AccessDenied as error:
        raise SqlError("S3ServiceException:Access Denied,Status 403,Error AccessDenied") from error
    except NoSuchBucket as error:
        message = "S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket"
        raise SqlError(message) from error
    except NoSuchKey as error:
        message = "S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey"
        raise SqlError(message) from error


def _trusts_redshift(role_arn: str) -> bool:
    role = iam._roles.get(role_arn.rpartition("/")[2]) or {}
    trusted = json.loads(role.get("AssumeRolePolicyDocument") or "{}").get("Statement", [])
    return any(
        statement.get("Effect") == "Allow"
        and iam_evaluator._service_principal_matches(statement.get("Principal"), name)
        for statement in ([trusted] if isinstance(trusted, dict) else trusted)
        for name in _PRINCIPALS
    )
