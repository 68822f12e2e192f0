"""How the functions' log lines are printed."""

from deploy.reports.log_lines import readable


def test_a_json_line_becomes_readable_text():
    line = '{"time":"2026-01-01T00:00:00.000Z","level":"INFO","message":"request","route":"GET /todos","status":200}'
    assert readable(line).plain == "request route=GET /todos status=200"


def test_a_traceback_is_printed_below_its_line():
    line = '{"level":"ERROR","message":"failed","requestId":"r","exception":"Traceback\\n  File x"}'
    assert readable(line).plain == "failed requestId=r\nTraceback\n  File x"


def test_other_lines_are_unchanged():
    for line in ("hello", "{not json", '{"no": "message"}', "[1, 2]", '"text"'):
        assert readable(line).plain == line
