"""What the task `publish_video` keeps of an earlier run."""

import msgspec
import pytest
from chalicelib.video.catalogue.model import Video
from publisher import remembered

FIRST = Video(
    id="1" * 28,
    title="A Flim",
    seconds=1.0,
    amount=50,
    currency="eur",
    folder="1" * 32,
    created_at="2026-11-01T00:00:00.000Z",
)


@pytest.mark.parametrize("changes", [{}, {"title": "A Film", "description": "corrected", "amount": 5000}])
def test_a_later_run_goes_on_with_the_same_video_and_takes_the_command_as_it_is_typed_now(tmp_path, changes):
    assert remembered(FIRST, tmp_path / "work") == FIRST
    second = msgspec.structs.replace(FIRST, id="2" * 28, folder="2" * 32, created_at="2026-11-02T00:00:00.000Z")
    expected = msgspec.structs.replace(FIRST, **changes)
    assert remembered(msgspec.structs.replace(second, **changes), tmp_path / "work") == expected
    assert remembered(msgspec.structs.replace(second, **changes), tmp_path / "work") == expected
