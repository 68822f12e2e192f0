"""The documentation's pages, read by the tests that hold them against the code."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
README = ROOT / "README.md"
EMBEDDED_AWS = ROOT / "local_aws" / "README.md"
PAGES = [README, EMBEDDED_AWS, *sorted(DOCS.glob("*.md"))]
CODE = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)


def section(page: str, title: str) -> str:
    """Return what stands below a heading, up to the next heading of its level or above; `title` is a pattern."""
    heading = re.search(rf"^(#+) {title}\n", page, re.MULTILINE)
    assert heading, f"no section {title}"
    return re.split(rf"^#{{1,{len(heading[1])}}} ", page[heading.end() :], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of every table row, headings included."""
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|--")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def tables(text: str, first_heading: str) -> list[dict[str, list[str]]]:
    """Return every table whose first column has this heading: the cells of each row by the name in the first cell."""
    bodies = re.findall(rf"^\| {first_heading} \|.*\n\|--.*\n((?:\|.*\n)+)", text, re.MULTILINE)
    return [{row[0].strip("`"): row for row in rows(body)} for body in bodies]


def names(text: str) -> set[str]:
    """Return the code at the beginning of every table row."""
    return {name[1] for row in rows(text) if (name := re.match(r"`([^`]+)`", row[0]))}


def commands() -> Iterator[tuple[Path, str]]:
    """Return every line of a shell block, and all inline code."""
    for page in PAGES:
        text = page.read_text()
        for language, block in CODE.findall(text):
            if language == "sh":
                yield from ((page, line) for line in block.splitlines())
        prose = CODE.sub("", text)
        yield from ((page, " ".join(code.split())) for code in re.findall(r"`([^`]+)`", prose))
