"""Which scripts put no space between words, for whoever looks for words in a text.

Rule 1: this module imports nothing, so that a command which searches starts no later for it.
"""

# Thai, Lao, Myanmar, Khmer, kana, Han, Hangul (its words take endings); as ranges of a class of a regular expression.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
