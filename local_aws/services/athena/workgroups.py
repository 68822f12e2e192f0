"""The settings of a workgroup that apply to a query.

https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html
"""

from dataclasses import dataclass
from typing import Any

from ministack.services import athena

from local_aws.services.athena.errors import invalid

Json = dict[str, Any]


@dataclass(frozen=True)
class QuerySettings:
    """Where a query of a workgroup writes its result, and how much it may read."""

    output_location: str
    bytes_limit: int | None


def settings_of(workgroup: str, result_configuration: Json) -> QuerySettings:
    """The workgroup's settings, or the client's where the workgroup does not enforce its own.

    Raises
    ------
    AthenaError
        The workgroup does not exist or is disabled, or there is no output location.
    """
    record = athena._workgroups.get(workgroup)
    if record is None:
        raise invalid(f"WorkGroup {workgroup} is not found.")
    if record.get("State") == "DISABLED":
        raise invalid(f"WorkGroup {workgroup} is disabled.")
    configuration = record.get("Configuration") or {}
    own = (configuration.get("ResultConfiguration") or {}).get("OutputLocation")
    clients = result_configuration.get("OutputLocation")
    # CreateWorkGroup enforces the configuration by default; the primary workgroup does not have one.
    is_enforced = configuration.get("EnforceWorkGroupConfiguration", workgroup != "primary")
    location = own if is_enforced else clients or own
    if not location:
        raise invalid(
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input."
        )
    if not str(location).startswith("s3://"):
        raise invalid(f"outputLocation is not a valid S3 path: {location}")
    limit = configuration.get("BytesScannedCutoffPerQuery")
    return QuerySettings(str(location).rstrip("/") + "/", None if limit is None else int(limit))
