"""The package of an old version is in a file after a save, and is read when an environment needs it."""

import base64
import hashlib

import pytest
from ministack.services import lambda_svc

from local_aws.services.lambda_ import lost_code, shared_code
from local_aws.services.lambda_.package import PackageLost, Packages
from local_aws.services.lambda_.version_code import VersionCode, package_of
from local_aws.tests.lambda_functions import package

OLD, NEW = package({"app.py": "old = True"}), package({"app.py": "new = True"})


def record(code: bytes) -> dict:
    return {"code_zip": code, "config": {"CodeSha256": base64.b64encode(hashlib.sha256(code).digest()).decode()}}


@pytest.fixture
def function(monkeypatch, tmp_path):
    """A function whose version 1 has another package than $LATEST and version 2; both packages are in files."""
    monkeypatch.setattr(lambda_svc, "CODE_BLOB_DIR", str(tmp_path / "packages"))
    for code in (OLD, NEW):
        lambda_svc._write_code_blob(code)
    function = {**record(NEW), "versions": {"1": record(OLD), "2": record(NEW)}}
    monkeypatch.setattr(lambda_svc._functions, "_data", {("0" * 12, "us-east-1", "f"): function})
    return function


def saved(*, is_good: bool) -> None:
    versions = VersionCode()
    versions.before_fork()
    versions.after_save(is_good)


def test_a_save_takes_the_package_of_an_old_version_out_of_memory(function, tmp_path):
    saved(is_good=True)
    old = function["versions"]["1"]
    assert old["code_zip"] == {lambda_svc._BLOB_REF_KEY: hashlib.sha256(OLD).hexdigest()}
    assert function["code_zip"] is function["versions"]["2"]["code_zip"] is NEW
    folder = Packages(tmp_path / "code").unpack(package_of(old, old["config"]))
    assert (folder / "app.py").read_text() == "old = True"


def test_a_package_that_no_save_has_written_stays_in_memory(function, tmp_path):
    saved(is_good=False)
    (tmp_path / "packages" / f"{hashlib.sha256(OLD).hexdigest()}.zip").unlink()
    saved(is_good=True)
    assert function["versions"]["1"]["code_zip"] is OLD


def test_the_code_of_a_version_without_its_file_is_lost(function, tmp_path):
    saved(is_good=True)
    old = function["versions"]["1"]
    (tmp_path / "packages" / f"{hashlib.sha256(OLD).hexdigest()}.zip").unlink()
    with pytest.raises(PackageLost):
        Packages(tmp_path / "code").unpack(package_of(old, old["config"]))


def test_the_next_deployment_and_the_next_save_pass_by_a_package_in_a_file(function):
    saved(is_good=True)
    shared_code.share([function])
    lost_code.restore([function, {"code_zip": None, "lost_code": hashlib.sha256(NEW).hexdigest(), "config": {}}])
    saved(is_good=True)
    assert isinstance(function["versions"]["1"]["code_zip"], dict)


def test_a_warm_function_is_not_hashed_again(monkeypatch):
    one = record(NEW)
    monkeypatch.setattr(hashlib, "sha256", None)
    assert package_of(one, one["config"]).read() is NEW
    assert package_of({"code_zip": None}, {}) is None
