"""The domain's exceptions, one for each cause."""


class DeviceNotFound(Exception):
    """No message of such a device has arrived."""
