"""Words that stand for each other nearly as well, by the word vectors of the base.

What is learned of a word is then learned of those like it too: most of what the model gets wrong is told in words that it has
not read.
"""

from collections import Counter

import torch
import torch.nn.functional as F

NEIGHBOURS = 8
LIKENESS = 0.45  # cosine, at least
LETTERS = 4  # words that are shorter are mostly grammar
COMMON = 250  # and so are most of the tokens that occur most
RATES = (0.15, 0.3)  # shares of an answer's words


class Neighbours:
    """Of each whole word of some texts at most NEIGHBOURS others."""

    def __init__(self, tokenizer, vectors, texts):
        """vectors: the base's, [tokens, HIDDEN]."""
        tokens = tokenizer.get_vocab()
        self.begin = {i for t, i in tokens.items() if not t.startswith("##")}
        seen = Counter(i for e in tokenizer.encode_batch(texts, add_special_tokens=False) for i in e.ids)
        common = {i for i, _ in seen.most_common(COMMON)}
        words = sorted(i for t, i in tokens.items() if len(t) >= LETTERS and t.isalpha() and t.isascii() and i not in common)
        words = torch.tensor(words)
        unit = F.normalize(vectors[words].float(), dim=1)
        self.of = {}
        for k, i in enumerate(words.tolist()):
            if seen[i]:
                like, at = (unit @ unit[k]).topk(NEIGHBOURS + 1)
                if near := words[at[(like >= LIKENESS) & (at != k)]].tolist():
                    self.of[i] = near

    def swap(self, answer, rng):
        """An answer (a list of a sentence's ids each) with some of its words replaced by neighbours."""
        rate = rng.choice(RATES)
        return [[rng.choice(self.of[i]) if self.whole(ids, k) and rng.random() < rate else i for k, i in enumerate(ids)]
                for ids in answer]

    def whole(self, ids, k):
        """Whether the k-th token is a word that has neighbours, and no pieces of it follow."""
        return ids[k] in self.of and (k + 1 == len(ids) or ids[k + 1] in self.begin)
