"""The event of an ended statement, if its call had WithEvent.

https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-monitoring-events.html
"""

import json

from ministack.services import eventbridge

from local_aws.services.redshift_data.statements import RETENTION_SECONDS, Statement


def send(statement: Statement) -> None:
    """Send the event. Call this on the event loop, in the context of the statement's account and region."""
    detail = {
        "principal": statement.principal_arn,
        "statementName": statement.name,
        "statementId": statement.id,
        "redshiftQueryId": -1 if statement.is_batch else 0,
        "state": statement.status,
        "rows": statement.parts[-1].row_count,
        "expireAt": int(statement.created_at) + RETENTION_SECONDS,
    }
    entry = {
        "Source": "aws.redshift-data",
        "DetailType": "Redshift Data Statement Status Change",
        "Detail": json.dumps(detail),
        "Resources": [statement.workgroup_arn],
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
