"""Functions with the same deployment package share one copy of it."""

from local_aws.services.lambda_.shared_code import share


def _package(text: str) -> bytes:
    return bytes(text, "ascii")


def test_functions_and_versions_share_equal_packages():
    first = {"code_zip": _package("one"), "versions": {"1": {"code_zip": _package("two")}}}
    second = {"code_zip": _package("two"), "versions": {"1": {"code_zip": _package("one")}}}
    image = {"code_zip": None, "versions": {}}
    assert first["code_zip"] is not second["versions"]["1"]["code_zip"]
    share([first, second, image])
    assert first["code_zip"] is second["versions"]["1"]["code_zip"] == b"one"
    assert second["code_zip"] is first["versions"]["1"]["code_zip"] == b"two"
    assert image["code_zip"] is None
