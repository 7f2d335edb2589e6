"""Vectors without a network: the static embeddings of l2_supercat, which the package wordllama (MIT) ships.

Rule 1: read are the two files of the package, its weights and its tokenizer; none of its code is imported, since that
        sets up logging for the whole process and would download what it misses.

A text is the mean of the vectors of its tokens (256 numbers): coarse, and a thousand texts take half a second.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from onecontext.errors import UsageError
from onecontext.recall.search.dense import Embed, Vector

_WEIGHTS = Path("weights") / "l2_supercat_256.safetensors"
_TOKENIZER = Path("tokenizers") / "l2_supercat_tokenizer_config.json"


def static_vectors() -> Embed:
    """Load the embeddings (16 MB).

    Raises:
        UsageError: the extra ``dense`` is not installed.
    """
    try:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        spec = find_spec("wordllama")
        folder = Path(next(iter(spec.submodule_search_locations or ()))) if spec else Path()
        weights = load_file(folder / _WEIGHTS)["embedding.weight"]
        return _Static(weights, Tokenizer.from_file(str(folder / _TOKENIZER)))
    except (ImportError, OSError, KeyError, StopIteration) as error:
        raise UsageError(
            "the static vectors are not installed", hint="pip install 'onecontext-teams[dense]'"
        ) from error


class _Static:
    def __init__(self, weights: Any, tokenizer: Any) -> None:
        self._weights = weights
        self._tokenizer = tokenizer
        tokenizer.no_padding()
        tokenizer.no_truncation()

    def __call__(self, texts: Sequence[str]) -> Sequence[Vector]:
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [self._mean(one.ids) for one in encoded]

    def _mean(self, ids: Sequence[int]) -> Vector:
        if not ids:
            return [0.0] * int(self._weights.shape[1])
        return [float(x) for x in self._weights[list(ids)].astype("float32").mean(axis=0)]
