"""Two baselines for the accuracy table: the majority, and a keyword rule."""

import re
from collections import Counter

from labels import MISTAKES, ROLES, TAGS

ROLE_WORDS = [
    ("lesson", r"\b(learn(ed|t)?|lesson|next time|in hindsight|since then i|now i always)\b"),
    ("ownership", r"\b(i (owned|own|answered for|was responsible|took on|was in charge)|was mine|my (job|task|role))\b"),
    ("result", r"\b(result(ed)?|went live|launched|reduced|dropped|increased|saved|improved|fell|on time|since then|per ?cent)\b|%"),
    ("other", r"^(sure|okay|ok|yes|so,|thank|let me|good question|great question)\b"),
    ("action", r"\b(i|we) [a-z]+(ed|t|w|n|ran|met|built|set|put|made)\b"),
]
TAG_WORDS = {
    "effort": r"\b(hard|late|weekend|overtime|hours|dedicat|effort|busy)",
    "team": r"\b(we|our team|the team)\b",
    "authority": r"\b(told them to|ordered|made them|had to do|mandate|overrule|forced)",
    "heroics": r"\b(only one|saved the day|nobody else|single-handed|hero|without me)",
    "hedge": r"\b(kind of|sort of|helped|tried|various|i guess|some stuff|involved in|maybe)",
    "stakes": r"\b(risk|would have|customers|revenue|penalty|lose|lost|cost us|deadline)",
    "tension": r"\b(but|late|blocked|disagree|refus|fail|conflict|slip|problem|issue|did not want)",
    "early": r"\b(before (anyone|it|launch)|noticed|weeks before|early|spotted)",
    "initiative": r"\b(nobody (had )?asked|not my job|volunteer|on my own|without being asked|offered)",
    "decision": r"\b(decid|chose|instead of|rather than|trade-?off|because)",
    "influence": r"\b(convinc|persuad|agreed|showed (him|her|them)|brought .* together|align|proposed)",
    "escalation": r"\b(escalat|raised|director|vp|leadership|my manager)",
    "verification": r"\b(check|verif|test|monitor|follow(ed)? up|confirm|validat|compared)",
    "metric": r"\d",
    "mechanism": r"\b(checklist|template|process|standard|runbook|alarm|weekly review|automat|from then on|dashboard)",
}


def keyword_role(text):
    low = text.lower()
    return next((ROLES.index(r) for r, words in ROLE_WORDS if re.search(words, low)), 0)


def keyword_tags(text):
    low = text.lower()
    return [bool(re.search(TAG_WORDS[t], low)) for t in TAGS]


def f1(gold, said):
    """Macro-F1 over the columns of two lists of bool lists; columns never annotated don't count."""
    scores = []
    for column in zip(*gold), zip(*said):
        scores.append([list(c) for c in column])
    out = []
    for g, p in zip(*scores):
        if any(g):
            tp = sum(a and b for a, b in zip(g, p))
            out.append(2 * tp / max(1, sum(g) + sum(p)))
    return sum(out) / len(out)


def baselines(train, test):
    """Macro-F1 of roles, tags and mistakes by the majority and by the keyword rule."""
    roles = [[k == r for k in range(len(ROLES))] for it in test for r in it.roles]
    tags = [[v > 0.5 for v in t] for it in test for t in it.tags]
    mistakes = [[v > 0.5 for v in it.mistakes] for it in test]
    top = Counter(r for it in train for r in it.roles).most_common(1)[0][0]
    share = lambda rows: [sum(c) > len(rows) / 2 for c in zip(*rows)]
    most_tags = share([t for it in train for t in it.tags])
    most_mistakes = share([it.mistakes for it in train])
    texts = [t for it in test for t in it.texts]
    said_tags = [keyword_tags(t) for t in texts]
    said_roles = [[k == keyword_role(t) for k in range(len(ROLES))] for t in texts]
    return {
        "majority": {
            "roles": f1(roles, [[k == top for k in range(len(ROLES))]] * len(roles)),
            "tags": f1(tags, [most_tags] * len(tags)), "mistakes": f1(mistakes, [most_mistakes] * len(mistakes)),
        },
        "keywords": {
            "roles": f1(roles, said_roles), "tags": f1(tags, said_tags),
            "mistakes": f1(mistakes, [keyword_mistakes(it) for it in test]),
        },
    }


def keyword_mistakes(item):
    """The mistakes that the keyword rule's roles and tags imply."""
    roles = [ROLES[keyword_role(t)] for t in item.texts]
    count = [sum(c) for c in zip(*[keyword_tags(t) for t in item.texts])]
    n = dict(zip(TAGS, count))
    i = sum(bool(re.search(r"\bi\b", t.lower())) for t in item.texts)
    says = {
        "hard_work": n["effort"] >= 2, "team_subject": n["team"] > 2 * i, "control": n["authority"] >= 1,
        "no_hard_part": n["tension"] == 0, "no_result": "result" not in roles, "heroics": n["heroics"] >= 1,
        "no_ownership": "ownership" not in roles, "task_list": n["decision"] == 0 and roles.count("action") >= 4,
        "stops_at_launch": n["verification"] + n["mechanism"] == 0, "vague": n["hedge"] >= 2,
    }
    return [says[m] for m in MISTAKES]
