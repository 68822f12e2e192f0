"""What a developer reads while functions log."""

from deploy.reports.log_lines import readable


def test_a_json_line_becomes_words():
    line = '{"time":"2026-01-01T00:00:00.000Z","level":"INFO","message":"request","route":"GET /todos","status":200}'
    assert readable(line).plain == "request route=GET /todos status=200"


def test_a_traceback_stands_on_lines_of_its_own():
    line = '{"level":"ERROR","message":"failed","requestId":"r","exception":"Traceback\\n  File x"}'
    assert readable(line).plain == "failed requestId=r\nTraceback\n  File x"


def test_other_lines_stay_as_they_are():
    for line in ("hello", "{not json", '{"no": "message"}', "[1, 2]", '"text"'):
        assert readable(line).plain == line
