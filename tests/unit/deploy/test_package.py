"""The package is small, has bytecode, is the same on every machine, and is the one that Chalice deploys."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from chalice.deploy.packager import DependencyBuilder, LambdaDeploymentPackager
from chalice.utils import UI, OSUtils

from deploy.apps import App
from deploy.errors import DeployError
from deploy.steps import package
from deploy.steps.package import build_package, package_path
from deploy.steps.requirements import PYTHON_VERSION, site_packages

SHARED = "SETTING = {'a', 'b', 'c', 'd'}\n\ndef known(name):\n    return name in {'one', 'two', 'three', 'four'}\n"


@pytest.fixture
def full_app(app):
    """The tiny app with a domain, shared code behind a link, and files that have no place in a zip."""
    shared = app.folder.parent / "common"
    (shared / "tests").mkdir(parents=True)
    (shared / "__init__.py").write_text(SHARED)
    (shared / "tests" / "test_shared.py").write_text("")
    (shared / "types.pyi").write_text("")
    (app.folder / "chalicelib" / "tiny").mkdir(parents=True)
    (app.folder / "chalicelib" / "tiny" / "rules.py").write_text("LIMIT = 3\n")
    (app.folder / "vendor").mkdir()
    (app.folder / "vendor" / "common").symlink_to("../../common")
    return app


def names(path):
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_it_contains_only_files_that_a_function_reads(full_app):
    tag = sys.implementation.cache_tag
    assert names(build_package(full_app).path) == [
        f"__pycache__/app.{tag}.pyc",
        "app.py",
        "chalice/__init__.py",
        f"chalice/__pycache__/__init__.{tag}.pyc",
        f"chalice/__pycache__/app.{tag}.pyc",
        "chalice/app.py",
        f"chalicelib/tiny/__pycache__/rules.{tag}.pyc",
        "chalicelib/tiny/rules.py",
        "common/__init__.py",
        f"common/__pycache__/__init__.{tag}.pyc",
    ]


def test_chalice_deploys_it_unchanged(full_app, capsys):
    package = build_package(full_app)
    before = package.path.read_bytes()
    packager = LambdaDeploymentPackager(OSUtils(), DependencyBuilder(OSUtils()), UI())
    assert packager.create_deployment_package(str(full_app.folder), PYTHON_VERSION) == str(package.path)
    assert "Reusing existing" in capsys.readouterr().out
    assert package.path.read_bytes() == before


def test_bytecode_is_used_without_checking_the_source(full_app):
    with zipfile.ZipFile(build_package(full_app).path) as archive:
        bytecode = archive.read(f"common/__pycache__/__init__.{sys.implementation.cache_tag}.pyc")
    # PEP 552: bit 0 is "hash-based", bit 1 "check the source".
    assert int.from_bytes(bytecode[4:8], "little") == 0b01
    assert bytecode[8:16] == importlib.util.source_hash(SHARED.encode())


BUILD = """
import sys
from pathlib import Path
from deploy.apps import App
from deploy.steps import package
from deploy.steps.package import build_package, package_path
print(build_package(App(Path(sys.argv[1]))).path)
"""


def test_the_same_sources_give_the_same_bytes(full_app, tmp_path):
    first = build_package(full_app).path.read_bytes()
    for seed in ("1", "2"):
        other = tmp_path / f"other-{seed}"
        shutil.copytree(full_app.folder.parent / "common", other / "common")
        ignored = shutil.ignore_patterns(".chalice")
        shutil.copytree(full_app.folder, other / "tiny_app", symlinks=True, ignore=ignored)
        os.utime(other / "tiny_app" / "app.py", (1, 1))
        done = subprocess.run(
            [sys.executable, "-c", BUILD, str(other / "tiny_app")],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert Path(done.stdout.strip()).read_bytes() == first


def test_a_package_is_built_once_and_again_when_a_source_changes(full_app):
    first = build_package(full_app)
    assert first.built
    assert not build_package(full_app).built
    (full_app.folder.parent / "common" / "__init__.py").write_text(SHARED + "MORE = 1\n")
    second = build_package(full_app)
    assert second.built
    assert second.path != first.path
    assert not first.path.exists()


def test_what_an_older_package_has_is_taken_over_and_gives_the_same_bytes(full_app, monkeypatch):
    rules, compiled = full_app.folder / "chalicelib" / "tiny" / "rules.py", []
    compile_ = package._compile
    monkeypatch.setattr(
        package, "_compile", lambda content, app: compiled.extend(content.rglob("*.py")) or compile_(content, app)
    )
    build_package(full_app)
    compiled.clear()
    rules.write_text("LIMIT = 4\n")
    second = build_package(full_app)
    assert [path.name for path in compiled] == ["rules.py"]
    data = second.path.read_bytes()
    second.path.unlink()
    assert build_package(full_app).path.read_bytes() == data


def test_a_source_that_is_saved_during_a_build_is_in_a_package_of_its_name(full_app, monkeypatch):
    shared, compile_ = full_app.folder.parent / "common" / "__init__.py", package._compile

    def save_and_compile(content, app):
        shared.write_text("SAVED = 1\n")
        compile_(content, app)

    monkeypatch.setattr(package, "_compile", save_and_compile)
    built = build_package(full_app)
    assert built.path == package_path(full_app)
    with zipfile.ZipFile(built.path) as archive:
        assert archive.read("common/__init__.py") == b"SAVED = 1\n"


def test_a_package_built_by_another_program_is_built_again(full_app):
    path = build_package(full_app).path
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("app.py", "")
    assert build_package(full_app).built
    assert len(names(path)) > 1


def test_a_file_that_does_not_compile_is_named_in_the_error(full_app):
    (full_app.folder / "chalicelib" / "tiny" / "rules.py").write_text("def broken(:\n")
    with pytest.raises(DeployError, match=r"^tiny_app/chalicelib/tiny/rules\.py:1: SyntaxError: invalid syntax$"):
        build_package(full_app)


def test_tracebacks_name_files_from_the_zips_root(full_app):
    with zipfile.ZipFile(build_package(full_app).path) as archive:
        bytecode = archive.read(f"__pycache__/app.{sys.implementation.cache_tag}.pyc")
    assert str(full_app.folder).encode() not in bytecode
    assert b"/tmp" not in bytecode


def test_an_app_is_named_after_its_folder(app):
    assert App(app.folder).key == "tiny_app"


def test_files_that_stages_yaml_leaves_out_are_not_in_it(full_app):
    stages = full_app.folder / "stages.yaml"
    stages.write_text(stages.read_text() + "\npackage:\n  leave_out: [drawing/_font*]\n")
    installed = site_packages(full_app) / "drawing"
    installed.mkdir()
    for name in ("_font.so", "_line.so"):
        (installed / name).write_bytes(b"machine code")
    found = names(build_package(App(full_app.folder)).path)
    assert [name for name in found if name.startswith("drawing/")] == ["drawing/_line.so"]


@pytest.fixture
def wheel(tmp_path):
    """A wheel that requires another package."""
    path = tmp_path / "drawing-1.0-py3-none-any.whl"
    metadata = "Metadata-Version: 2.1\nName: drawing\nVersion: 1.0\nRequires-Dist: not-in-any-index\n"
    tags = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("drawing/__init__.py", "LINE = 1\n")
        archive.writestr("drawing-1.0.dist-info/METADATA", metadata)
        archive.writestr("drawing-1.0.dist-info/WHEEL", tags)
        archive.writestr("drawing-1.0.dist-info/RECORD", "")
    return path


def with_more_requirements(app: App, wheel: Path, sha256: str) -> App:
    """The app with a wheel in stage local."""
    (app.folder / "more.txt").write_text(f"{wheel.as_uri()} --hash=sha256:{sha256}\n")
    stages = app.folder / "stages.yaml"
    stages.write_text(stages.read_text().replace("  local:\n", "  local:\n    more_requirements: more.txt\n"))
    return App(app.folder)


def test_a_stage_has_more_packages_without_what_they_require(full_app, wheel):
    app = with_more_requirements(full_app, wheel, hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert "drawing/__init__.py" in names(build_package(app, "local").path)
    assert not build_package(app, "local").built
    assert "drawing/__init__.py" not in names(build_package(app, "prod").path)


def test_a_package_with_another_hash_is_not_deployed(full_app, wheel):
    app = with_more_requirements(full_app, wheel, "0" * 64)
    with pytest.raises(DeployError, match="DO NOT MATCH THE HASHES"):
        build_package(app, "local")
    assert not list(app.folder.glob(".chalice/deployments/*.zip"))
