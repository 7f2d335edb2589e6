"""Full-text search of a memory: an index beside it that follows git, and the door to sqlite3."""

from onecontext.recall.search.model import Hit as Hit
from onecontext.recall.search.searching import search as search
