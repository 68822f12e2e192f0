"""The domain's exceptions, one for each cause."""


class DeviceNotFound(Exception):
    """No message of such a device has arrived."""


class ReportNotFound(Exception):
    """There is no such report, or it has no result yet."""
