"""The table in which the program looks up the pieces of words, made of the tokenizer's vocabulary.

    python3 vocabulary.py     writes ../models/encoder/vocabulary.bin from ../tests/goldens/tokenizer.json; needs no packages

The program uses it where it lies: u32 where each bucket's entries start in the file, and where the last ends; then the entries,
bucket after bucket: a byte that says how long the piece is, its u16 id, the piece. src/model/encoder/wordpiece.rs reads it.
"""

import json
import struct
from pathlib import Path

ROOT = Path(__file__).parent.parent
TOKENIZER = ROOT / "tests" / "goldens" / "tokenizer.json"
TABLE = ROOT / "models" / "encoder" / "vocabulary.bin"
BUCKETS = 1 << 14


def bucket(piece):
    """FNV-1a, its halves folded."""
    h = 0x811C9DC5
    for byte in piece:
        h = (h ^ byte) * 0x01000193 & 0xFFFFFFFF
    return (h ^ h >> 16) % BUCKETS


def table(ids):
    """The table of a dictionary from pieces to their ids."""
    buckets = [b""] * BUCKETS
    for piece, i in sorted((piece.encode(), i) for piece, i in ids.items()):
        buckets[bucket(piece)] += struct.pack("<BH", len(piece), i) + piece
    starts = [4 * (BUCKETS + 1)]
    for entries in buckets:
        starts.append(starts[-1] + len(entries))
    return struct.pack(f"<{len(starts)}I", *starts) + b"".join(buckets)


def main():
    TABLE.write_bytes(table(json.loads(TOKENIZER.read_text())["model"]["vocab"]))


if __name__ == "__main__":
    main()
