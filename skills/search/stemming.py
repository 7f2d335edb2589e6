"""English words without their endings, so that "merging", "merged" and "merge" are one word.

Source: M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980, with the two departures of the author's
own program (``logi`` becomes ``log``, ``bli`` becomes ``ble``). SQLite's FTS5 has the same one: a test compares them.

Rule 1: only words of a-z longer than two letters change; whatever else is given comes back as it is.
"""

import re
from functools import lru_cache

_C = "[^aeiou]"  # a consonant
_V = "[aeiouy]"
_CC = "[^aeiou][^aeiouy]*"
_VV = "[aeiouy][aeiou]*"
_MEASURE_1 = re.compile(f"^({_CC})?{_VV}{_CC}")  # m > 0
_MEASURE_IS_1 = re.compile(f"^({_CC})?{_VV}{_CC}({_VV})?$")
_MEASURE_2 = re.compile(f"^({_CC})?{_VV}{_CC}{_VV}{_CC}")  # m > 1
_VOWEL = re.compile(f"^({_CC})?{_V}")
_SHORT = re.compile(f"^{_CC}{_V}[^aeiouwxy]$")  # *o: consonant, vowel, consonant that is no w, x or y
_DOUBLE = re.compile(r"([^aeioulsz])\1$")
_PLAIN = re.compile("[a-z]{3,40}")

_STEP_2 = {
    "ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize", "bli": "ble", "alli": "al",
    "entli": "ent", "eli": "e", "ousli": "ous", "ization": "ize", "ation": "ate", "ator": "ate", "alism": "al",
    "iveness": "ive", "fulness": "ful", "ousness": "ous", "aliti": "al", "iviti": "ive", "biliti": "ble", "logi": "log",
}  # fmt: skip
_STEP_3 = {"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": ""}
_STEP_4 = (
    "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous", "ive", "ize", "ion",
    "al", "er", "ic", "ou",
)  # fmt: skip


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return ``word``, in lower case, without its ending."""
    if not _PLAIN.fullmatch(word):
        return word
    # A y at the beginning is a consonant, which the patterns know by a capital.
    word = "Y" + word[1:] if word[0] == "y" else word
    word = _without_y(_without_past(_without_plural(word)))
    word = _without_last(_replaced(_replaced(word, _STEP_2), _STEP_3))
    return _without_e(word).lower()


def _without_plural(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _without_past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _MEASURE_1.match(word[:-3]) else word
    ending = next((end for end in ("ed", "ing") if word.endswith(end)), "")
    left = word.removesuffix(ending)
    if not ending or not _VOWEL.match(left):
        return word
    if left.endswith(("at", "bl", "iz")) or _SHORT.match(left):
        return left + "e"
    return left[:-1] if _DOUBLE.search(left) else left


def _without_y(word: str) -> str:
    return word[:-1] + "i" if word.endswith("y") and _VOWEL.match(word[:-1]) else word


def _replaced(word: str, endings: dict[str, str]) -> str:
    ending = max((end for end in endings if word.endswith(end)), key=len, default="")
    left = word.removesuffix(ending)
    return left + endings[ending] if ending and _MEASURE_1.match(left) else word


def _without_last(word: str) -> str:
    ending = next((end for end in _STEP_4 if word.endswith(end)), "")
    left = word.removesuffix(ending)
    fits = bool(ending) and bool(_MEASURE_2.match(left)) and (ending != "ion" or left.endswith(("s", "t")))
    return left if fits else word


def _without_e(word: str) -> str:
    if word.endswith("e"):
        left = word[:-1]
        if _MEASURE_2.match(left) or (_MEASURE_IS_1.match(left) and not _SHORT.match(left)):
            word = left
    return word[:-1] if word.endswith("ll") and _MEASURE_2.match(word) else word
