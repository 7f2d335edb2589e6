"""Irregular forms of English words: what a stemmer cannot know belongs together (``buy`` and ``bought``).

Rule 1: only words whose forms no rule of spelling yields; regular ones are the stemmer's (Porter, An algorithm for
        suffix stripping, 1980), and words that a query's stop words contain are not here.
Rule 2: only what is asked for is widened, never what is indexed, so the list may grow without a new index.
"""

from collections.abc import Iterator

_VERBS = """
    arise arose arisen; bear bore borne born; beat beaten; become became; begin began begun; bend bent; bind bound;
    bite bit bitten; bleed bled; blow blew blown; break broke broken; breed bred; bring brought; build built;
    burn burnt; buy bought; catch caught; choose chose chosen; cling clung; come came; creep crept; deal dealt; dig dug;
    draw drew drawn; dream dreamt; drink drank drunk; drive drove driven; eat ate eaten; fall fell fallen; feed fed;
    feel felt; fight fought; find found; flee fled; fly flew flown; forbid forbade forbidden; foresee foresaw foreseen;
    forget forgot forgotten; forgive forgave forgiven; freeze froze frozen; get got gotten; give gave given;
    go went gone goes; grow grew grown; hang hung; hear heard; hide hid hidden; hold held; keep kept; kneel knelt;
    know knew known; lay laid; lead led; lean leant; leap leapt; learn learnt; leave left; lend lent; lie lay lain;
    light lit; lose lost; make made; mean meant; meet met; mistake mistook mistaken; override overrode overridden;
    overwrite overwrote overwritten; pay paid; prove proven; rebuild rebuilt; redo redid redone; rerun reran;
    rewrite rewrote rewritten; ride rode ridden; ring rang rung; rise rose risen; run ran; say said; see saw seen;
    seek sought; sell sold; send sent; sew sewn; shake shook shaken; shine shone; shoot shot; show shown;
    shrink shrank shrunk; sing sang sung; sink sank sunk; sit sat; sleep slept; slide slid; speak spoke spoken;
    spell spelt; spend spent; spill spilt; spin spun; spring sprang sprung; stand stood; steal stole stolen;
    stick stuck; sting stung; strike struck; swear swore sworn; sweep swept; swell swollen; swim swam swum; swing swung;
    take took taken; teach taught; tear tore torn; tell told; think thought; throw threw thrown;
    understand understood; undo undid undone; wake woke woken; wear wore worn; weave wove woven; weep wept; win won;
    wind wound; withdraw withdrew withdrawn; write wrote written
"""
_NOUNS = """
    analysis analyses; appendix appendices; axis axes; child children; criterion criteria; foot feet; goose geese;
    half halves; hypothesis hypotheses; index indices; knife knives; leaf leaves; life lives; man men;
    matrix matrices; mouse mice; person people; shelf shelves; tooth teeth; vertex vertices; wife wives; wolf wolves;
    woman women
"""


def forms(word: str) -> tuple[str, ...]:
    """Return ``word`` (lower case) and the forms of it that a stemmer does not bring together with it."""
    return (word, *sorted(_FORMS.get(word, frozenset())))


def _families() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for family in f"{_VERBS};{_NOUNS}".split(";"):
        base, *irregular = family.split()
        # A regular form has the stem of the base already.
        regular = {word: frozenset(irregular) for word in _regular(base)}
        for word, others in {**regular, **_each_with_the_others(base, *irregular)}.items():
            found[word] = found.get(word, frozenset()) | others
    return found


def _each_with_the_others(*words: str) -> dict[str, frozenset[str]]:
    return {word: frozenset(words) - {word} for word in words}


def _regular(base: str) -> Iterator[str]:
    """Yield the regular forms of ``base`` by every rule of spelling: those that are no words do no harm."""
    yield from (f"{base}s", f"{base}es", f"{base}ing", f"{base}{base[-1]}ing")
    if base.endswith("e"):
        yield f"{base[:-1]}ing"


_FORMS = _families()
