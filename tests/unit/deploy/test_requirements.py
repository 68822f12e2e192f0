"""A line in an app's requirements.txt is enough for the function, for what loads the app here, and for tests."""

import zipfile

import pytest

from deploy.steps.chalice_config import write_config
from deploy.steps.loading import LoadFailed, declarations
from deploy.steps.package import build_package
from deploy.target import Target
from tests.apps import missing_packages

TARGET = Target("local", "us-east-1", aws_environment={"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"})


@pytest.fixture
def index(tmp_path, monkeypatch):
    """An index with one package, which is in no environment."""
    with zipfile.ZipFile(tmp_path / "almanac-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("almanac.py", "YEAR = 2026\n")
        wheel.writestr("almanac-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: almanac\nVersion: 1.0\n")
        wheel.writestr("almanac-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("almanac-1.0.dist-info/RECORD", "")
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)


def test_a_line_is_enough_for_the_function_for_chalice_and_for_tests(app, index):
    write_config(app, "local", {"RoleApiHandler": "arn:aws:iam::000000000000:role/api"})
    source = app.folder / "app.py"
    source.write_text(f"import almanac\n{source.read_text()}")
    with pytest.raises(LoadFailed, match=r"tiny_app/app\.py:1: ModuleNotFoundError: No module named 'almanac'"):
        declarations(app, TARGET)
    (app.folder / "requirements.txt").write_text("# When it was.\nalmanac==1.0\n")
    assert declarations(app, TARGET)
    with zipfile.ZipFile(build_package(app).path) as package:
        assert "almanac.py" in package.namelist()
    (folder,) = missing_packages(app)
    assert (folder / "almanac.py").is_file()
