"""Skills found by a few words, without a model: BM25 fused with what character n-grams say is spelled alike."""
