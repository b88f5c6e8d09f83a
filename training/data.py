"""Annotated answers and texts that are no answers, as the encoder reads them; augmentation."""

import json
import random
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from clean import clean
from labels import CATEGORIES, CUES, LEVELS, MISTAKES, ROLES, TAGS

HERE = Path(__file__).parent
CLS, SEP = 101, 102
WINDOW = 512
# what the blind readers were not asked for, or read by another rule (ANNOTATION.md)
UNASKED = {"metric", "no_ownership", "stops_at_launch"}


@dataclass
class Item:
    """One text: its sentences as a model reads them, and the labels (none for a text that is no answer)."""

    id: str
    author: str
    texts: list
    labelled: list  # the sentence with its heading or label, as annotated
    roles: list = field(default_factory=list)
    also: list = field(default_factory=list)
    # of tags [sentences][TAGS], mistakes and levels: which share of the readings says so; the label is what most say
    tags: list = field(default_factory=list)
    cues: list = field(default_factory=list)  # [sentences][CUES], -1 where nothing is known
    mistakes: list = field(default_factory=list)
    categories: list = field(default_factory=list)
    level: int = 0  # 0: not an annotated answer
    above: list = field(default_factory=lambda: [0.0] * len(LEVELS[:-1]))  # that the level is above 1, 2, 3, 4
    answered: float = 1.0
    question: str = ""
    whole: bool = True  # False: cropped, so that nothing is known of the answer as a whole
    foreign: range = range(0)  # sentences that are no part of the annotated answer: they have neither role nor tags


def load_afterwards():
    """The sentences that show something after the delivery, by answer: {id: (all readers' numbers, some readers')}.

    Read for a part of the answers, each by two readers; numbers count from 1.
    """
    lines = map(json.loads, (HERE / "afterwards.jsonl").read_text().splitlines())
    return {d["id"]: (set(d["after"]), set(d["doubtful"])) for d in lines}


def load_readings():
    """What two readers blind to the labels heard, by answer: {id: [{tags, mistakes, level}]}, tags by the sentence's number."""
    lines = map(json.loads, (HERE / "readings.jsonl").read_text().splitlines())
    return {d["id"]: d["readings"] for d in lines}


def hears(reading, label, k=None):
    """Whether an annotated answer or a reading of it has the label: a tag in sentence k (from 1), or a mistake. None if its
    reader was not asked for it."""
    if "sentences" not in reading and label in UNASKED:
        return None
    if k is None:
        return label in reading["mistakes"]
    return label in (reading["sentences"][k - 1]["tags"] if "sentences" in reading else reading["tags"].get(str(k), []))


def share(said):
    """Which share of the readings say so, of those that were asked. The first is the label: it counts twice, so that it is
    what most say."""
    said = [s for s in said[:1] + said if s is not None]
    return sum(said) / len(said)


def load_answers(folder=HERE / "data"):
    """The annotated answers, in the order of the files."""
    items = []
    read, readings = load_afterwards(), load_readings()
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            d = json.loads(line)
            s = d["sentences"]
            heard = [d, *readings.get(d["id"], [])]
            items.append(
                Item(
                    d["id"], path.stem, [clean(x["text"]) for x in s], [x["text"] for x in s],
                    [ROLES.index(x["role"]) for x in s],
                    [ROLES.index(x["also"]) if x["also"] else -1 for x in s],
                    [[share([hears(r, t, k) for r in heard]) for t in TAGS] for k in range(1, len(s) + 1)],
                    [[cue, 0.0] for cue in afterwards(d, read.get(d["id"]))],
                    [share([hears(r, m) for r in heard]) for m in MISTAKES],
                    [float(c in d["categories"]) for c in CATEGORIES],
                    d["level"], [share([r["level"] > k for r in heard]) for k in LEVELS[:-1]], question=d["question"],
                )
            )
    return items


def afterwards(d, read):
    """Of each sentence of an annotated answer whether it shows something afterwards: 1, 0, or -1 for unknown."""
    n = len(d["sentences"])
    if read is None:
        nothing_came = all(s["role"] != "result" for s in d["sentences"])
        return [0.0 if nothing_came else -1.0] * n
    surely, doubtful = read
    return [1.0 if k in surely else -1.0 if k in doubtful else 0.0 for k in range(1, n + 1)]


def load_passages():
    """Passages of a few sentences each: (sentences, whether they speak to the grader of an answer)."""
    lines = map(json.loads, (HERE / "passages.jsonl").read_text().splitlines())
    return [([clean(s) or s for s in d["sentences"]], float(d["kind"] == "addressed")) for d in lines]


def insert(item, passage, rng):
    """The answer with a passage in it, mostly at its end. A line to the grader leaves all that is known of the answer as it was."""
    sentences, addressed = passage
    if rng.random() < 0.15:
        sentences = [s.lower().rstrip(".!") or s for s in sentences]
    n, k, r = len(item.texts), len(sentences), rng.random()
    at = n if r < 0.5 else 0 if r < 0.65 else rng.randint(0, n)
    put = lambda known, new: known[:at] + [new] * k + known[at:]
    return replace(
        item, texts=item.texts[:at] + sentences + item.texts[at:], labelled=[], roles=put(item.roles, 0),
        also=put(item.also, -1), tags=put(item.tags, [0.0] * len(TAGS)), cues=put(item.cues, [0.0, addressed]),
        whole=item.whole and bool(addressed), foreign=range(at, at + k),
    )


def load_texts(name):
    """Texts without annotation: no answers at all, or answers too short to annotate."""
    items = []
    for line in (HERE / "texts" / f"{name}.jsonl").read_text().splitlines():
        d = json.loads(line)
        parts = [clean(p) for p in re.split(r"\n+|(?<=[.!?。।])\s+", d["text"])]
        parts = [p for p in parts if p] or [d["text"].strip() or "."]
        items.append(Item(d["id"], d["kind"], parts, parts, answered=float(d["answered"]), whole=False))
    return items


# Files of texts without annotation, in the order in which they are dealt to the folds.
EXTRA = ("not-answers", "short-answers", "drafts", "notes")


def load_extra():
    """The texts without annotation, in the order of the files."""
    return [it for name in EXTRA for it in load_texts(name)]


def typo(rng, text, rate):
    """The text with that share of its letters left out, doubled or swapped."""
    out = list(text)
    for i, c in enumerate(out):
        if c.isalpha() and rng.random() < rate:
            kind = rng.randrange(3)
            if kind == 0:
                out[i] = ""
            elif kind == 1:
                out[i] = c + c
            elif i:
                out[i - 1], out[i] = out[i], out[i - 1]
    return "".join(out)


STOPS = re.compile(r"[^\w\s%$€£/'’-]")


def misheard(texts, rng):
    """Sentences of a text that runs on, as they are cut by ear: some of the ends a few words too early or too late."""
    words = [t.split() for t in texts]
    for a, b in zip(words, words[1:]):
        if rng.random() > 0.15:
            continue
        k = rng.randint(1, 3)
        if rng.random() < 0.5 and len(a) > k + 2:
            a[-k:], b[:0] = [], a[-k:]
        elif len(b) > k + 2:
            a[len(a):], b[:k] = b[:k], []
    return [" ".join(w) for w in words]


HEADINGS = ["Situation:", "Task:", "Action:", "Result:", "S:", "T:", "A:", "R:", "Context:", "What I did:",
            "Outcome:", "Learning:", "Problem:", "(S)", "(T)", "(A)", "(R)", "Background:", "Impact:"]


def augment(item, rng, typos):
    """The same answer in another dress: noise that a reader looks through, and crops. `typos`: the share that gets some."""
    n = len(item.texts)
    texts = list(item.texts)
    keep_labels = rng.random()
    if keep_labels < 0.15:
        texts = [re.sub(r"[*#]+", "", t).strip() or c for t, c in zip(item.labelled, texts)]
    elif keep_labels < 0.25:
        texts = [f"{rng.choice(HEADINGS)} {t}" if rng.random() < 0.3 else t for t in texts]
    if rng.random() < 0.25:
        texts = [" ".join(STOPS.sub(" ", t).split()) or t for t in texts]
        if rng.random() < 0.5:
            texts = misheard(texts, rng)
    elif rng.random() < 0.2:
        texts = [t.rstrip(".;:") or t for t in texts]
    if rng.random() < typos:
        rate = rng.choice([0.02, 0.04, 0.06])
        texts = [typo(rng, t, rate) or t for t in texts]
    if rng.random() < 0.12:  # notes leave the subject out
        texts = [re.sub(r"^I (?=[a-z])", "", t) if r in (2, 3) else t for t, r in zip(texts, item.roles or [0] * n)]
    lo, hi, whole = 0, n, item.whole
    if rng.random() < 0.2 and n > 2:
        size = rng.randint(1, n - 1)
        lo = rng.randint(0, n - size)
        hi, whole = lo + size, False
    cut = slice(lo, hi)
    return replace(item, texts=texts[cut], labelled=[], roles=item.roles[cut], also=item.also[cut],
                   tags=item.tags[cut], cues=item.cues[cut], whole=whole)


JOINS = ["and", "so", "then", "and then", "but", "so then"]


def run_on(texts, rng=None):
    """Sentences as somebody dictates or types them in one: words, and of each whether a sentence ends with it.

    Without a generator all punctuation is missing. With one it is so in two of three, in the others only the stops between the
    sentences, or commas stand for them; and some sentences are joined by a word.
    """
    kind = rng.random() if rng else 0.0
    words, ends = [], []
    for k, text in enumerate(texts):
        if rng and k and rng.random() < 0.15:
            text = f"{rng.choice(JOINS)} {text[0].lower()}{text[1:]}"
        text = STOPS.sub(" ", text) if kind < 0.65 else text.rstrip(".!?:; ") + ("," if kind > 0.85 else "")
        words += text.split()
        ends += [False] * (len(words) - len(ends) - 1) + [True] if len(words) > len(ends) else []
    return words, ends


def gaps(tokenizer, runs, rng=None):
    """Texts as `run_on` gives them, each cut to what is read at once, as the encoder reads them. Gives

    - ids and segments, [texts, T];
    - of each gap between two words the last token before it and the first after it, by their places in what `Encoder.read` gives,
      which has [CLS] and [SEP] too;
    - whether a sentence ends there.
    """
    rows, last, first, truth, at = [], [], [], [], 0
    for words, ends in runs:
        begin = rng.randrange(len(words)) if rng and rng.random() < 0.3 else 0
        row = []
        for e, end in zip(tokenizer.encode_batch(words[begin:], add_special_tokens=False), ends[begin:]):
            ids = e.ids[:250] or [100]
            if len(row) + len(ids) > WINDOW - 2:
                break
            if row:
                first.append(at + len(row) + 1)
            row += ids
            last.append(at + len(row))
            truth.append(float(end))
        last.pop(), truth.pop()
        rows.append(row)
        at += len(row) + 2
    width = max(map(len, rows)) + 2
    ids = torch.tensor([[CLS, *r, SEP] + [0] * (width - len(r) - 2) for r in rows])
    seg = torch.tensor([[k] * (len(r) + 2) + [-1] * (width - len(r) - 2) for k, r in enumerate(rows)])
    return ids, seg, torch.tensor(last, dtype=torch.long), torch.tensor(first, dtype=torch.long), torch.tensor(truth)


def windows(lengths):
    """Sentence ranges that fit the encoder, one [SEP] a sentence and one [CLS]; even cuts, no overlap."""
    total = sum(lengths) + len(lengths) + 1
    if total <= WINDOW:
        return [(0, len(lengths))]
    parts = -(-total // (WINDOW - 60))
    target, out, start, size = total / parts, [], 0, 1
    for i, n in enumerate(lengths):
        if i > start and (size + n + 1 > WINDOW or size + n / 2 > target):
            out.append((start, i))
            start, size = i, 1
        size += n + 1
    return out + [(start, len(lengths))]


def encode(tokenizer, texts, rng=None, drop=0.0):
    """Token ids a sentence, at most 250 each; with a generator, some tokens are replaced by [MASK]."""
    out = []
    for e in tokenizer.encode_batch(texts, add_special_tokens=False):
        ids = e.ids[:250] or [100]
        if drop:
            ids = [103 if rng.random() < drop else t for t in ids]
        out.append(ids)
    return out


def batch(encoded):
    """A list of answers (each a list of id lists) → ids, segments [rows, T], lengths [answers]."""
    rows, n = [], 0
    for sentences in encoded:
        for lo, hi in windows([len(s) for s in sentences]):
            ids, seg = [CLS], [-1]
            for s in sentences[lo:hi]:
                ids += s + [SEP]
                seg += [n] * len(s) + [-1]
                n += 1
            rows.append((ids, seg))
    width = max(len(r[0]) for r in rows)
    ids = torch.tensor([r[0] + [0] * (width - len(r[0])) for r in rows])
    seg = torch.tensor([r[1] + [-1] * (width - len(r[1])) for r in rows])
    return ids, seg, torch.tensor([len(s) for s in encoded])


def batches(sizes, budget, rng):
    """Indexes of answers, grouped by like length up to a budget of tokens, in random order."""
    order = list(range(len(sizes)))
    rng.shuffle(order)
    out = []
    for i in range(0, len(order), 256):
        group, width = [], 0
        for k in sorted(order[i : i + 256], key=lambda k: sizes[k]):
            width = max(width, sizes[k])
            if group and width * (len(group) + 1) > budget:
                out.append(group)
                group, width = [], sizes[k]
            group.append(k)
        out.append(group)
    rng.shuffle(out)
    return out


def seeded(seed):
    return random.Random(seed)
