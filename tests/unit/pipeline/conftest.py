from tests.apps import put_on_path

put_on_path("pipeline_app")
