"""The schema of a Glue table, read with the permissions of a role."""

from ministack.core.responses import request_scope
from ministack.services import glue

from local_aws.services.firehose.configuration import Conversion
from local_aws.services.lambda_ import execution_roles

_ACTIONS = ("GetTable", "GetTableVersion", "GetTableVersions")
_NOT_FOUND = (
    "The specified table/database could not be found. Please ensure that the table/database exists and that the values "
    "provided in the schema configuration are correct, especially with regards to casing."
)


class SchemaUnavailable(Exception):
    """The conversion has no schema; `code` and `message` are those of the error documents."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = f"DataFormatConversion.{code}", message


def columns_of(conversion: Conversion, account: str) -> list[tuple[str, str]]:
    """The columns of the conversion's table, without its partition keys: names and Glue's types.

    Raises
    ------
    SchemaUnavailable
        The table does not exist, or the role may not read it.
    """
    arn = f"arn:aws:glue:{conversion.region}:{account}:table/{conversion.database}/{conversion.table}"
    for action in _ACTIONS:
        if not execution_roles.allows(conversion.role_arn, f"glue:{action}", arn):
            message = f"Access was denied when calling Glue: {conversion.role_arn} is not allowed glue:{action}."
            raise SchemaUnavailable("AccessDenied", message)
    with request_scope(account, conversion.region):
        table = glue._tables.get(f"{conversion.database}/{conversion.table}")
    columns = ((table or {}).get("StorageDescriptor") or {}).get("Columns")
    if not columns:
        raise SchemaUnavailable("EntityNotFound", _NOT_FOUND)
    return [(column["Name"], column.get("Type", "string")) for column in columns]
