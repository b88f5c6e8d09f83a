"""Cuts Qwen2's tokenizer down to what llama.cpp's test cases need, for tests/tokenizer.rs.

    pip install regex
    python make_reduced.py MODELS [all] > reduced.json

MODELS is `vendor/llama.cpp/models` of the source distribution llama-cpp-python 0.3.36 on PyPI; qwen2.inp and qwen2.out
are its ggml-vocab-qwen2.gguf.inp and .out (MIT, the ggml authors), the vocabulary is Qwen2's (Apache-2.0).

A token is kept where it is a part of a word of the cases, with its own id; so every merge that could be made in them is
there, and the reduced tokenizer cuts them as the whole one does. With `all` the whole tokenizer is written.
"""

import json
import pathlib
import struct
import sys
import unicodedata

import regex

HERE = pathlib.Path(__file__).parent
# As in Qwen2's tokenizer.json.
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SIZES = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


def metadata(data):
    """The metadata of a GGUF file."""
    at = 8

    def number(kind):
        nonlocal at
        (value,) = struct.unpack_from("<" + kind, data, at)
        at += struct.calcsize(kind)
        return value

    def text():
        nonlocal at
        length = number("Q")
        at += length
        return data[at - length : at].decode()

    def value(kind):
        if kind == 8:
            return text()
        if kind == 9:
            inner, count = number("I"), number("Q")
            return [value(inner) for _ in range(count)]
        return number(SIZES[kind])

    _, count = number("Q"), number("Q")
    out = {}
    for _ in range(count):
        key = text()
        out[key] = value(number("I"))
    return out


def alphabet():
    own = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [b for b in range(256) if b not in own]
    return {**{b: chr(b) for b in own}, **{b: chr(0x100 + i) for i, b in enumerate(rest)}}


def main():
    found = metadata((pathlib.Path(sys.argv[1]) / "ggml-vocab-qwen2.gguf").read_bytes())
    tokens, kinds = found["tokenizer.ggml.tokens"], found["tokenizer.ggml.token_type"]
    merges = [m.split(" ") for m in found["tokenizer.ggml.merges"]]
    letters = alphabet()
    cases = unicodedata.normalize("NFC", (HERE / "qwen2.inp").read_text())
    words = {"".join(letters[b] for b in word.encode()) for word in regex.findall(WORDS, cases)}
    # the tests ask for these, too
    words |= {"ĠYes", "Yes", "A", "B", "system", "assistant", "user", "<|", "im", "_end", "_start", "|>"}
    everything = sys.argv[2:] == ["all"]
    kept = lambda token: everything or len(token) == 1 or any(token in word for word in words)
    control = [(i, t) for i, (t, k) in enumerate(zip(tokens, kinds)) if k == 3]
    vocab = {t: i for i, (t, k) in enumerate(zip(tokens, kinds)) if k == 1 and kept(t)}
    # the tokenizers crate counts on from the vocabulary's size where an added token is not in it
    vocab |= {t: i for i, t in control}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    split = {"type": "Split", "pattern": {"Regex": WORDS}, "behavior": "Isolated", "invert": False}
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": i, "content": t, **flags} for i, t in control],
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, level]},
        "post_processor": level,
        "decoder": level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": vocab,
            "merges": [m for m in merges if "".join(m) in vocab and m[0] in vocab and m[1] in vocab],
        },
    }
    json.dump(tokenizer, sys.stdout, ensure_ascii=False, separators=(",", ":"))
    print()


main()
