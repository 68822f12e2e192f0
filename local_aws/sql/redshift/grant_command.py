"""GRANT of privileges on tables: https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html"""

from dataclasses import dataclass

from local_aws.sql.redshift.errors import not_supported
from local_aws.sql.redshift.privileges import ALL, PUBLIC
from local_aws.sql.redshift.words import Words


@dataclass(frozen=True)
class Grant:
    """Privileges on relations for `public`, `user:NAME` or `role:NAME`."""

    privileges: tuple[str, ...]
    relations: tuple[str, ...]
    grantees: tuple[str, ...]


def parse(sql: str) -> Grant:
    """Parse a GRANT command; raises SqlError for grants other than of privileges on tables."""
    words = Words(sql)
    words.expect("GRANT")
    privileges = _privileges(words)
    words.expect("ON")
    words.accept("TABLE")
    relations = words.names()
    words.expect("TO")
    grantees = [_grantee(words)]
    while words.accept(","):
        grantees.append(_grantee(words))
    words.refuse_rest("GRANT")
    return Grant(privileges, tuple(relations), tuple(grantees))


def _privileges(words: Words) -> tuple[str, ...]:
    if words.accept("ALL"):
        words.accept("PRIVILEGES")
        return ALL
    names = tuple(name.upper() for name in words.names())
    for name in names:
        if name not in ALL:
            raise not_supported(f"GRANT {name}")
    return names


def _grantee(words: Words) -> str:
    if words.accept("PUBLIC"):
        return PUBLIC
    return f"role:{words.name()}" if words.accept("ROLE") else f"user:{words.name()}"
