"""The problems by which the API answers the domain's exceptions."""

from chalicelib.pipeline.errors import DeviceNotFound, ReportNotFound

from common.errors import Busy, InvalidField
from common.http.problems import INVALID_FIELD, UNAVAILABLE, ProblemType

PROBLEMS: dict[type[Exception], ProblemType] = {
    InvalidField: INVALID_FIELD,
    DeviceNotFound: ProblemType(404, "device-not-found", "The device does not exist"),
    ReportNotFound: ProblemType(404, "report-not-found", "The report does not exist"),
    Busy: UNAVAILABLE,
}
