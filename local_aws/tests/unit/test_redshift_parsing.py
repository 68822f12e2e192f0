"""Threads that parse at the same time, as calls of the Data API do while statements run."""

import sys
from concurrent.futures import ThreadPoolExecutor

from local_aws.sql.redshift import parsing

SQL = "SELECT :kind::VARCHAR, ':text', :run WHERE NOT EXISTS (SELECT 1 FROM loads WHERE kind = :kind AND n = :count)"


def test_threads_find_the_parameters_of_their_own_statements():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            found = set(threads.map(lambda _: frozenset(parsing.parameters_in(SQL)), range(1000)))
    finally:
        sys.setswitchinterval(before)
    assert found == {frozenset({"kind", "run", "count"})}
