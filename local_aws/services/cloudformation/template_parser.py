"""Templates are parsed by libyaml, which takes a sixth of the time of the parser in Python.

MiniStack parses a template for each step of a change set.
"""

import yaml
from ministack.services.cloudformation import engine

from local_aws.hooks import put


class _Loader(yaml.CSafeLoader):
    """MiniStack's loader, with its constructors of CloudFormation's short functions (`!Ref`)."""

    yaml_constructors = engine.CfnLoader.yaml_constructors


put("ministack.services.cloudformation.engine:CfnLoader", _Loader, __name__)
