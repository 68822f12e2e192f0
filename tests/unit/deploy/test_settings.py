"""stages.yaml: a stage's settings override the app's, and an error names the invalid setting."""

import pytest

from deploy.apps import find_apps
from deploy.errors import DeployError


def change(app, old, new):
    path = app.folder / "stages.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_a_stages_settings_override_the_apps(app):
    change(
        app,
        "    protected: true",
        "    protected: true\n    defaults: { lambda_functions: { store_notes: { lambda_timeout: 99 } } }",
    )
    prod, local = app.stage("prod"), app.stage("local")
    assert prod.protected
    assert prod.defaults["lambda_functions"]["store_notes"]["lambda_timeout"] == 99
    assert prod.defaults["lambda_memory_size"] == 128
    assert local.defaults["lambda_functions"]["store_notes"]["lambda_timeout"] == 20
    assert prod.api.throttling.rate_limit == 100


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("rate_limit: 100", "rate_limit: many", r"api\.throttling\.rate_limit"),
        ("function_response_types", "function_response", "function_response"),
        ("protected: true", "protect: true", "protect"),
    ],
)
def test_an_invalid_setting_is_named_in_the_error(app, old, new, named):
    change(app, old, new)
    with pytest.raises(DeployError, match=named):
        app.stage("prod")


def test_the_error_of_an_unknown_stage_lists_the_stages(app):
    with pytest.raises(DeployError, match=r"no stage qa; its stages\.yaml has: local, prod"):
        app.stage("qa")


def test_apps_are_found_by_their_files(app):
    (app.folder.parent / "docs").mkdir()
    assert [found.key for found in find_apps(app.folder.parent)] == ["tiny_app"]
    with pytest.raises(DeployError, match="no app blog_app; there are: tiny_app"):
        find_apps(app.folder.parent, "blog_app")
    with pytest.raises(DeployError, match="an app is a folder with"):
        find_apps(app.folder.parent / "docs")


def test_an_error_names_the_file_as_the_user_does(app):
    change(app, "port_offset:", "memory: 3\nport_offset:")
    with pytest.raises(DeployError, match=rf"^{app.folder.name}/stages\.yaml: Object contains unknown field `memory`"):
        app.stage("prod")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"name: tiny\nstages: [a\nport_offset: 1\n", "3:12: did not find expected ',' or ']', "),
        (b"name: 'tiny\nport_offset: 1\n", "3:1: found unexpected end of stream, "),
        (b"name: tiny\nport\xff: 1\n", "2:5: not UTF-8: invalid start byte"),
        (b"name: tiny\n# \x00\n", "2:3: control characters are not allowed"),
        (b"name: *tiny\n", "1:7: found undefined alias"),
    ],
)
def test_the_error_of_a_file_that_is_not_yaml_names_its_line_and_column(app, content, fault):
    (app.folder / "stages.yaml").write_bytes(content)
    with pytest.raises(DeployError) as error:
        app.stage("local")
    assert str(error.value).startswith(f"tiny_app/stages.yaml:{fault}")
    assert "\n" not in str(error.value)
