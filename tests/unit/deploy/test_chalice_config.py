"""The stack's outputs become Chalice's settings."""

import json

from deploy.steps.chalice_config import chalice_stage, write_config

OUTPUTS = {
    "RoleApiHandler": "arn:aws:iam::1:role/api",
    "RoleStoreNotes": "arn:aws:iam::1:role/notes",
    "TableName": "table-1",
    "UserPoolArn": "arn:aws:cognito-idp:::pool",
    "RolesTable": "not a role",
}


def test_role_outputs_become_roles_and_the_others_variables(app):
    stage = chalice_stage(app, "local", OUTPUTS)
    assert stage["iam_role_arn"] == OUTPUTS["RoleApiHandler"]
    assert stage["lambda_functions"]["store_notes"]["iam_role_arn"] == OUTPUTS["RoleStoreNotes"]
    assert stage["environment_variables"] == {
        "ROLES_TABLE": "not a role",
        "TABLE_NAME": "table-1",
        "USER_POOL_ARN": "arn:aws:cognito-idp:::pool",
    }


def test_outputs_put_a_function_into_a_vpc_and_no_other(app):
    network = {"SubnetIdsApiHandler": "subnet-1,subnet-2", "SecurityGroupIdsApiHandler": "sg-1"}
    stage = chalice_stage(app, "local", OUTPUTS | network)
    assert stage["lambda_functions"]["api_handler"] == {
        "subnet_ids": ["subnet-1", "subnet-2"],
        "security_group_ids": ["sg-1"],
    }
    assert "subnet_ids" not in {**stage, **stage["lambda_functions"]["store_notes"]}
    assert stage["environment_variables"].keys() == {"ROLES_TABLE", "TABLE_NAME", "USER_POOL_ARN"}


def test_chalice_manages_no_role_and_deploys_to_preview_only(app):
    stage = chalice_stage(app, "local", OUTPUTS)
    assert stage["manage_iam_role"] is False
    assert stage["autogen_policy"] is False
    assert stage["lambda_functions"]["store_notes"]["manage_iam_role"] is False
    assert stage["api_gateway_stage"] == "preview"
    assert stage["api_gateway_endpoint_type"] == "REGIONAL"


def test_settings_of_stages_yaml_are_in_the_config(app):
    stage = chalice_stage(app, "local", OUTPUTS)
    assert stage["lambda_memory_size"] == 128
    assert stage["lambda_functions"]["store_notes"]["lambda_timeout"] == 20
    assert stage["tags"] == {"quartet:app": "tiny_app", "quartet:stage": "local"}


def test_other_stages_stay_in_the_file(app):
    write_config(app, "local", OUTPUTS)
    write_config(app, "prod", OUTPUTS | {"TableName": "table-2"})
    document = json.loads((app.folder / ".chalice" / "config.json").read_text())
    assert document["app_name"] == "tiny"
    tables = {name: stage["environment_variables"]["TABLE_NAME"] for name, stage in document["stages"].items()}
    assert tables == {"local": "table-1", "prod": "table-2"}


def test_a_damaged_config_is_replaced(app):
    (app.folder / ".chalice").mkdir()
    (app.folder / ".chalice" / "config.json").write_text("{")
    write_config(app, "local", OUTPUTS)
    assert list(json.loads((app.folder / ".chalice" / "config.json").read_text())["stages"]) == ["local"]
