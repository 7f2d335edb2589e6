"""What pydantic found wrong with a document, as words for people and models."""

from pydantic import ValidationError


def first_problem(error: ValidationError, *, whole: str = "") -> str:
    """Return the first problem with its place, as one sentence; ``whole`` names a place that has no path."""
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in problem["loc"]) or whole
    message = problem["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
