"""The privileges that a statement needs on the relations that it names.

https://docs.aws.amazon.com/redshift/latest/dg/r_INSERT_30.html, r_UPDATE.html, r_DELETE.html, r_MERGE.html
"""

from collections.abc import Iterator

from sqlglot import exp

from local_aws.sql.ctes import names_cte
from local_aws.sql.redshift.errors import syntax_error
from local_aws.sql.redshift.privileges import Catalog


def check(tree: exp.Expression, catalog: Catalog) -> None:
    """Raise SqlError if the user lacks a privilege, or if a relation does not exist."""
    if isinstance(tree, (exp.Drop, exp.Alter)):
        _check_owner(tree, catalog)
        return
    if isinstance(tree, exp.Create) and tree.args.get("replace"):
        _check_replaced(tree, catalog)
    target = _target(tree)
    for relation in _read(tree, target):
        catalog.require("SELECT", relation)
    for privilege in _written(tree):
        if target is not None:
            catalog.require(privilege, target.name)


def altered_relation(tree: exp.Expression) -> str:
    """The relation that a statement deletes or alters."""
    table = tree.find(exp.Table)
    return table.name if table is not None else ""


def _target(tree: exp.Expression) -> exp.Table | None:
    """The table that a statement changes or creates."""
    if isinstance(tree, (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create)):
        return tree.this.find(exp.Table) if not isinstance(tree.this, exp.Table) else tree.this
    return None


def _read(tree: exp.Expression, target: exp.Table | None) -> Iterator[str]:
    """The relations that a statement reads; names of common table expressions are not relations."""
    for table in tree.find_all(exp.Table):
        if table is not target and not names_cte(table):
            yield table.name
    reads_target = isinstance(tree, exp.Merge) or (
        isinstance(tree, (exp.Update, exp.Delete)) and tree.args.get("where") is not None
    )
    if target is not None and reads_target:
        yield target.name


def _written(tree: exp.Expression) -> Iterator[str]:
    if isinstance(tree, (exp.Insert, exp.Update, exp.Delete)):
        yield tree.key.upper()
    elif isinstance(tree, exp.Merge):
        for when in tree.find_all(exp.When):
            action = when.args["then"]
            yield action.key.upper() if isinstance(action, (exp.Insert, exp.Update)) else "DELETE"


def _check_owner(tree: exp.Expression, catalog: Catalog) -> None:
    relation = altered_relation(tree)
    if catalog.exists(relation) or not tree.args.get("exists"):
        catalog.require_owner(relation)


def _check_replaced(tree: exp.Create, catalog: Catalog) -> None:
    """Only a view can be replaced, by its owner: https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_VIEW.html"""
    if str(tree.args.get("kind")).upper() != "VIEW":
        raise syntax_error(str(tree.args.get("kind")))
    if catalog.exists(tree.this.name):
        catalog.require_owner(tree.this.name)
