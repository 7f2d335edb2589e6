"""Context variables: texts that are too large to read, kept under a handle (``ctx:<id>``) and looked at piece by piece.

Source: the idea of recursive language models (Zhang, Kraska, Khattab, "Recursive Language Models", arXiv 2512.24601): a
long text is no part of the prompt but a value in the model's surroundings, which it looks at by code and asks fresh
models about. What differs: there is no interpreter in which a model runs code of its own; it has five verbs (head,
slice, grep, count, ask), each bounded, and ``ask`` divides a text by a fixed plan (:mod:`onecontext.variables.asking`).
"""
