"""The address against which a request is counted."""

from types import SimpleNamespace
from typing import Any

import pytest

from common.http.client_address import viewer_and_edge_ip

CALLER, EDGE = "192.0.2.1", "198.51.100.1"


def sources(forwarded: str | None, caller: str = CALLER) -> tuple[str, str]:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    request: Any = SimpleNamespace(context={"identity": {"sourceIp": caller}}, headers=headers)
    return viewer_and_edge_ip(request)


@pytest.mark.parametrize(
    ("forwarded", "viewer"),
    [
        (f"203.0.113.9, {EDGE}", "203.0.113.9"),
        # What a client writes in front of what the edge appended does not count.
        (f"1.2.3.4, 203.0.113.9, {EDGE}", "203.0.113.9"),
        # A viewer has a /64 of IPv6 addresses: https://www.rfc-editor.org/rfc/rfc6177
        (f"2001:db8:1:2:3:4:5:6, {EDGE}", "2001:db8:1:2::/64"),
        (f"2001:DB8:1:2::, {EDGE}", "2001:db8:1:2::/64"),
        (f"2001:db8:1:3::1, {EDGE}", "2001:db8:1:3::/64"),
        (f"fe80::1%eth0, {EDGE}", "fe80::/64"),
        # All of IPv4 is one /64, but each of its addresses is a viewer's own.
        (f"::ffff:203.0.113.9, {EDGE}", "203.0.113.9"),
    ],
)
def test_a_viewer_is_counted_by_its_address_or_prefix(forwarded: str, viewer: str):
    assert sources(forwarded) == (viewer, EDGE)


BAD = ["", "unknown", "203.0.113.9:4711", "[2001:db8::1]", "1.2.3", "x" * 5000, "\u0661.1.1.1"]


@pytest.mark.parametrize("bad", BAD)
def test_a_value_that_is_not_an_address_is_counted_against_the_edge_that_sent_it(bad: str):
    assert sources(f"{bad}, {EDGE}") == (EDGE, EDGE)


def test_without_an_edge_the_callers_address_is_counted():
    assert sources(None) == sources("203.0.113.9") == (CALLER, CALLER)
    assert sources(None, "2001:db8:1:2::3") == ("2001:db8:1:2::/64", "2001:db8:1:2::/64")
    assert sources(None, "") == ("", "")
