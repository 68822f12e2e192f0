"""The reports' ports in memory, with crashes before and after each call."""

from collections import Counter

from chalicelib.pipeline.reports import statements
from chalicelib.pipeline.reports.model import ManifestObject, NotedWindow
from chalicelib.pipeline.reports.ports import QueriesBusy, QueryExecution, QueryRefused, ReportConflict


class Crash(BaseException):
    """The function's process ends here."""


class Clock:
    def __init__(self, now=0):
        self.now = now

    def __call__(self):
        return self.now


class Crashes:
    """Ends the function at its nth call of a port, before or after the call takes effect."""

    def __init__(self):
        self.left = None

    def point(self):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Crash


class FakeWindows:
    def __init__(self, crashes):
        self.crashes, self.noted, self.checks, self.objects, self.saved = crashes, {}, {}, set(), {}

    def note(self, windows, object_version, now_ms, written_ms):
        self.crashes.point()
        is_new = object_version not in self.objects
        if is_new:
            self.objects.add(object_version)
            for window in windows:
                self.noted[window] = self.noted.get(window, 0) + 1
                self.checks[window] = now_ms
        self.crashes.point()
        return is_new

    def due(self, now_ms, at_most):
        self.crashes.point()
        due = sorted((at, window) for window, at in self.checks.items() if at <= now_ms)[:at_most]
        return [NotedWindow(window, self.noted[window]) for _, window in due]

    def reports(self, window):
        self.crashes.point()
        return {report.kind: report for report in self.saved.values() if report.window == window}

    def save(self, report):
        self.crashes.point()
        key = report.kind, report.window
        before = self.saved[key].revision if key in self.saved else 0
        if report.revision != before + 1:
            raise ReportConflict(key)
        self.saved[key] = report
        self.crashes.point()

    def look_again(self, noted, at_ms):
        self.crashes.point()
        if self.noted[noted.window] != noted.data_version:
            raise ReportConflict(noted)
        self.checks.pop(noted.window, None)
        if at_ms is not None:
            self.checks[noted.window] = at_ms
        self.crashes.point()


class FakeQueries:
    """Queries that end when the test says so; a query sees the objects that are there when it ends."""

    def __init__(self, crashes, windows, bucket):
        self.crashes, self.windows, self.bucket = crashes, windows, bucket
        self.by_token, self.executions, self.events = {}, {}, []
        self.busy = self.refused = False

    def start(self, sql, token):
        self.crashes.point()
        if self.busy:
            raise QueriesBusy
        if self.refused:
            raise QueryRefused("InvalidRequestException: no")
        if token not in self.by_token:
            query_id = self.by_token[token] = f"query-{len(self.by_token)}"
            self.executions[query_id] = QueryExecution(query_id, sql, "RUNNING", result_key=f"results/{query_id}.csv")
        self.crashes.point()
        return self.by_token[token]

    def find(self, query_id):
        self.crashes.point()
        if self.busy:
            raise QueriesBusy
        return self.executions[query_id]

    def stop(self, query_id):
        self.crashes.point()
        if query_id in self.running():
            self.end(query_id, "CANCELLED")

    def running(self):
        return [query_id for query_id, execution in self.executions.items() if execution.state == "RUNNING"]

    def end(self, query_id, state, reason=""):
        """End a query; its event is in `events`."""
        sql = self.executions[query_id].sql
        step = statements.step_of(sql)
        if state == "SUCCEEDED" and step.step == statements.UNLOAD:
            prefix = sql.rpartition("TO 's3://reports/")[2].partition("'")[0]
            assert not self.bucket.objects(prefix), "UNLOAD into a place that is not empty"
            self.bucket.contents[prefix + "data"] = self.windows.noted[step.window]
        self.executions[query_id] = QueryExecution(query_id, sql, state, reason, 100, f"results/{query_id}.csv")
        self.events.append(query_id)


class FakeBucket:
    def __init__(self, crashes):
        self.crashes, self.contents, self.manifests, self.written = crashes, {}, {}, Counter()

    def objects(self, prefix):
        return [ManifestObject(key, 10) for key in sorted(self.contents) if key.startswith(prefix)]

    def count_rows(self, key):
        self.crashes.point()
        return ManifestObject(key, 10), 3

    def put_manifest(self, manifest):
        self.crashes.point()
        self.manifests[manifest.key] = manifest
        self.written[manifest.key] += 1
        self.crashes.point()
