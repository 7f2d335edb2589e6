"""What the bundled skills are tried on: small packages with one planted fault each."""

from skills.finding.discover import BUNDLED, find_skills
from skills.format.skill import Skill

BILL = """from decimal import Decimal


def split(total: Decimal, people: int) -> list[Decimal]:
    share = round(total / people, 2)
    return [share] * people
"""
BILL_FILES = {
    "README.md": "The shares of a bill add up to it.\n",
    "till/__init__.py": "",
    "till/bill.py": BILL,
    "tests/test_bill.py": "from till.bill import split\n\n\ndef test_one() -> None:\n    assert split(5, 1) == [5]\n",
}
SHARES, SHARES_MENDED = "[share] * people", "[share] * (people - 1) + [total - share * (people - 1)]"

REPORT = """import csv
from collections.abc import Iterator


def rows(path: str) -> Iterator[list[str]]:
    with open(path) as file:
        yield from csv.reader(file)


def report(path: str) -> list[str]:
    found = rows(path)
    count = sum(1 for _ in found)
    return [f"{count} orders", *(",".join(row) for row in found)]
"""
REPORT_TEST = """from report import report


def test_the_report_has_a_line_for_each_order() -> None:
    assert report("orders.csv") == ["3 orders", "1,tea", "2,rye", "3,oil"]
"""
REPORT_FILES = {
    "report.py": REPORT,
    "orders.csv": "1,tea\n2,rye\n3,oil\n",
    "tests/test_report.py": REPORT_TEST,
}
ROWS, ROWS_MENDED = "found = rows(path)", "found = list(rows(path))"


def bundled(name: str) -> Skill:
    """Return a skill that comes with us."""
    found = find_skills(BUNDLED / "nowhere", None)
    assert found.problems == ()
    return next(skill for skill in found.skills if skill.name == name)
