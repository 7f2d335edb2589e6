"""When a query asks about: the days, months and years that it names, and what lies behind 'yesterday'.

Rule 1: a query that names no time is of any time; nothing is guessed from tenses.
Rule 2: what happened on a day is told on that day or soon after, so a day reaches ``TOLD_WITHIN_DAYS`` further. A month
        or a year is long enough by itself.
Rule 3: days are days of UTC, as the times of records are.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

TOLD_WITHIN_DAYS = 3

Period = Callable[[datetime], bool]
"""Says whether a time is one that was asked about."""

_MAX_QUERY = 10_000  # characters; a date further behind is not looked for
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = "|".join(sorted({*_MONTHS, *(name[:3] for name in _MONTHS), "sept"}, key=len, reverse=True))
_DAY = r"(?P<{}>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?P<{}>(?:19|20)\d\d)\b)?"
_ISO = re.compile(r"(?<![\w.-])((?:19|20)\d\d)-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?(?![\w-])", re.ASCII)
_DAY_MONTH = re.compile(
    rf"\b{_DAY.format('d1')}\s+(?:of\s+)?(?P<m1>{_MONTH})\b\.?{_YEAR.format('y1')}"
    rf"|\b(?P<m2>{_MONTH})\.?\s+{_DAY.format('d2')}\b{_YEAR.format('y2')}",
    re.IGNORECASE | re.ASCII,
)
# 'may' and 'march' are other words as well, unless they are written as names or follow 'in' and the like.
_MONTH_YEAR = re.compile(
    rf"\b(?:(?P<in>(?i:in|of|since|during|until|by|last|this)\s+))?(?P<m>(?i:{'|'.join(_MONTHS)}))\b{_YEAR.format('y')}",
    re.ASCII,
)
_AMBIGUOUS = ("may", "march")
_YEAR_ALONE = re.compile(r"(?i:\b(?:in|of|since|during|until|by)\s+)((?:19|20)\d\d)\b(?![-.:/]\w)", re.ASCII)
_AGO = re.compile(r"\b(\d{1,3}|an?|one|two|three|four|five|six)\s+(day|week|month|year)s?\s+ago\b", re.IGNORECASE)
_NAMED = re.compile(r"\b(today|yesterday|(?:this|last)\s+(?:week|month|year))\b", re.IGNORECASE)
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


def asked_period(query: str, now: datetime) -> Period | None:
    """Return what says whether a time is one that ``query`` asks about; None where it names no time.

    Args:
        now: aware; what 'yesterday' and '3 weeks ago' are counted from.
    """
    text = query[:_MAX_QUERY]
    periods = [*_days(text), *_relative(text, now.astimezone(UTC).date())]
    # A month inside a day that was named is not asked about by itself.
    rest = _ISO.sub(" ", _DAY_MONTH.sub(" ", text))
    periods += [*_months(rest), *_years(rest)]
    return (lambda at: any(period(at.astimezone(UTC)) for period in periods)) if periods else None


def _days(text: str) -> Iterator[Period]:
    for found in _DAY_MONTH.finditer(text):
        first = found["m1"] is not None
        day, month, year = (found[f"{part}{1 if first else 2}"] for part in "dmy")
        yield _told(int(year) if year else None, _number(month), int(day))
    for year, month, day in _ISO.findall(text):
        yield _told(int(year), int(month), int(day)) if day else _in_month(int(year), int(month))


def _months(text: str) -> Iterator[Period]:
    for found in _MONTH_YEAR.finditer(text):
        name = found["m"]
        if name.lower() not in _AMBIGUOUS or name[0].isupper() or found["in"] or found["y"]:
            yield _in_month(int(found["y"]) if found["y"] else None, _number(name))


def _years(text: str) -> Iterator[Period]:
    for year in _YEAR_ALONE.findall(text):
        yield _in_year(int(year))


def _relative(text: str, today: date) -> Iterator[Period]:
    for count, unit in _AGO.findall(text):
        length = _DAYS[unit.lower()]
        day = today - timedelta(days=length * _COUNTS.get(count.lower(), int(count) if count.isdecimal() else 0))
        # 'Two months ago' means about then: half a unit to either side.
        yield _between(day - timedelta(days=length // 2), day + timedelta(days=length // 2))
    for name in _NAMED.findall(text):
        yield _between(*_named(name.lower().split(), today))


def _named(words: list[str], today: date) -> tuple[date, date]:
    """Return the first and the last day of what is called so."""
    if words[-1] in ("today", "yesterday"):
        day = today - timedelta(days=int(words[-1] == "yesterday"))
        return day, day
    first = {
        "week": today - timedelta(days=today.weekday()),
        "month": today.replace(day=1),
        "year": today.replace(month=1, day=1),
    }
    start = first[words[-1]]
    if words[0] == "this":
        return start, today
    end = start - timedelta(days=1)
    begin = {"week": end - timedelta(days=6), "month": end.replace(day=1), "year": end.replace(month=1, day=1)}
    return begin[words[-1]], end


def _between(first: date, last: date) -> Period:
    return lambda at: first <= at.date() <= last


def _in_month(year: int | None, month: int) -> Period:
    return lambda at: at.month == month and year in (None, at.year)


def _in_year(year: int) -> Period:
    return lambda at: at.year == year


def _told(year: int | None, month: int, day: int) -> Period:
    """Return the period in which what happened on a day is told; ``year`` None is any."""

    def holds(at: datetime) -> bool:
        # By ordinals, as nothing lies before the first day of the first year.
        days = (date.fromordinal(max(at.toordinal() - back, 1)) for back in range(TOLD_WITHIN_DAYS + 1))
        return any((told.month, told.day) == (month, day) and year in (None, told.year) for told in days)

    return holds


def _number(month: str) -> int:
    return next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(month[:3].lower()))
