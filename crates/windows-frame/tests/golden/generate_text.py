"""Writes text.json: n-grams, token windows and chunks of the peers, for tests/text_peers.rs.

    pip install nltk==3.10.4 scikit-learn==1.9.1 tokenizers==0.23.3
    python3 generate_text.py

The token windows are those of Hugging Face `tokenizers` truncation, whose `stride` is an overlap.
"""

import json
import pathlib
import random

import nltk
import sklearn
import tokenizers
from nltk.util import everygrams, ngrams, skipgrams
from sklearn.feature_extraction.text import CountVectorizer
from tokenizers import Tokenizer, models, pre_tokenizers

TEXTS = [
    "",
    "one",
    "to be or not to be",
    "the  quick\tbrown fox\njumps",
    "naïve café – déjà vu, 日本語 を 話す 👩‍👧",
    " x yy  z ",
]
random.seed(8)


def count_grams(text, **options):
    """In order of occurrence, duplicates included: what the analyzer yields, not the vocabulary."""
    return CountVectorizer(lowercase=False, **options).build_analyzer()(text)


cases = []
for text in TEXTS:
    words = text.split()
    case = {"text": text, "grams": [], "padded": [], "skip": [], "words": [], "char_wb": []}
    for low, high in [(1, 1), (1, 3), (2, 2), (2, 4), (5, 9)]:
        case["grams"].append([low, high, [list(g) for g in everygrams(words, low, high)]])
        case["words"].append(
            [low, high, count_grams(text, ngram_range=(low, high), token_pattern=r"\S+")]
        )
        case["char_wb"].append([low, high, count_grams(text, analyzer="char_wb", ngram_range=(low, high))])
    for n in (1, 2, 3, 5):
        for left, right in [(False, False), (True, False), (False, True), (True, True)]:
            grams = ngrams(
                words, n, pad_left=left, pad_right=right, left_pad_symbol="<s>", right_pad_symbol="</s>"
            )
            case["padded"].append([n, left, right, [list(g) for g in grams]])
    for n, k in [(2, 0), (2, 1), (2, 3), (3, 1), (3, 2), (4, 4)]:
        case["skip"].append([n, k, [list(g) for g in skipgrams(words, n, k)]])
    cases.append(case)

tokens = []
for text in TEXTS[1:] + [" ".join(random.choice(["a", "bé", "日本", "👩‍👧x"]) for _ in range(40))]:
    vocabulary = {word: number for number, word in enumerate(sorted(set(text.split())) + ["[UNK]"])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    plain = tokenizer.encode(text)
    case = {"text": text, "offsets": plain.offsets, "windows": []}
    for size, overlap in [(1, 0), (2, 0), (2, 1), (3, 2), (5, 2), (7, 1), (100, 3)]:
        tokenizer.enable_truncation(max_length=size, stride=overlap)
        encoding = tokenizer.encode(text)
        windows = [e.offsets for e in [encoding] + encoding.overflowing]
        case["windows"].append([size, overlap, windows])
    tokens.append(case)

versions = {"nltk": nltk.__version__, "scikit-learn": sklearn.__version__, "tokenizers": tokenizers.__version__}
target = pathlib.Path(__file__).parent / "text.json"
target.write_text(json.dumps({"versions": versions, "ngrams": cases, "tokens": tokens}, ensure_ascii=False))
print(versions, target.stat().st_size)
