"""What the embedded AWS's tests share."""

from tests.conftest import aws, pytest_collection_modifyitems

__all__ = ["aws", "pytest_collection_modifyitems"]
