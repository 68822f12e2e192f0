"""Queries on Athena, in one workgroup and database."""

from collections.abc import Callable
from typing import Any

from chalicelib.pipeline.reports.ports import QueriesBusy, QueryExecution, QueryRefused


class AthenaQueries:
    """Queries that write their results where the workgroup says."""

    def __init__(self, client: Callable[[], Any], workgroup: str, database: str) -> None:
        self._client = client
        self._workgroup = workgroup
        self._database = database

    def start(self, sql: str, token: str) -> str:
        """Call StartQueryExecution, which returns the same id for the same token."""
        client = self._client()
        try:
            response = client.start_query_execution(
                QueryString=sql,
                ClientRequestToken=token,
                QueryExecutionContext={"Database": self._database},
                WorkGroup=self._workgroup,
            )
        except client.exceptions.InvalidRequestException as error:
            raise QueryRefused(str(error)) from error
        except (client.exceptions.TooManyRequestsException, client.exceptions.InternalServerException) as error:
            raise QueriesBusy(str(error)) from error
        return str(response["QueryExecutionId"])

    def find(self, query_id: str) -> QueryExecution:
        """Call GetQueryExecution."""
        client = self._client()
        try:
            execution = client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        except (client.exceptions.TooManyRequestsException, client.exceptions.InternalServerException) as error:
            raise QueriesBusy(str(error)) from error
        status, location = execution["Status"], execution.get("ResultConfiguration", {}).get("OutputLocation", "")
        return QueryExecution(
            id=query_id,
            sql=execution["Query"],
            state=status["State"],
            reason=status.get("StateChangeReason", ""),
            bytes_scanned=execution.get("Statistics", {}).get("DataScannedInBytes", 0),
            result_key=location.removeprefix("s3://").partition("/")[2],
        )

    def stop(self, query_id: str) -> None:
        """Call StopQueryExecution."""
        self._client().stop_query_execution(QueryExecutionId=query_id)
