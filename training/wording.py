"""Whose deed a sentence tells: the same rule as `src/wording.rs`."""

import re

NARRATOR = {"i", "i'm", "i've", "i'd", "i'll", "im", "ive", "my", "me", "mine", "myself"}
MUSING = {"think", "guess", "mean", "suppose", "believe", "reckon"}
COLLECTIVE = {"we", "we're", "we've", "we'd", "we'll", "weve", "ourselves"}
COMPANY = {"team", "team's", "teams", "teammate", "teammates", "squad", "group", "department", "crew", "colleague",
           "colleagues", "coworker", "coworkers", "engineers", "developers", "people", "company", "company's"}
NUMBERED = {"phase", "part", "tier", "type", "level", "stage", "class", "volume", "grade"}


def voice(text):
    """1: the narrator is in the sentence; -1: only a collective; 0: neither. Quotations are others' words."""
    said = re.sub(r'["“„«][^"”“»]*["”“»]', " ", text)
    words = [re.sub(r"^[\W_]+|[\W_]+$", "", w) for w in re.split(r"[\s—–…,;:()]", said)]
    words = [w for w in words if w]
    low = [re.sub("[’ʼ`]", "'", w.lower()) for w in words]
    collective = False
    for i, w in enumerate(low):
        before = low[i - 1] if i else ""
        after = low[i + 1] if i + 1 < len(low) else ""
        if w in ("my", "our") and after in COMPANY:
            collective = True
        elif w in NARRATOR:
            numeral = words[i] == "I" and before in NUMBERED
            if not numeral and not (w == "i" and after in MUSING):
                return 1
        collective |= w in COLLECTIVE
    return -1 if collective else 0
