"""What the tests of video_app share."""

import pytest

from tests.e2e.video.viewer import forget_links


@pytest.fixture(autouse=True)
def no_links(stage):
    """Forget who watches on which device, so that no test meets the limits of another."""
    forget_links(stage)
