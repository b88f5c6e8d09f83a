"""The labels of the annotation scheme, in the order in which the model's heads give them."""

ROLES = ["context", "ownership", "action", "result", "lesson", "other"]
TAGS = [
    "effort", "team", "authority", "heroics", "hedge",
    "stakes", "tension", "early", "initiative", "decision",
    "influence", "escalation", "verification", "metric", "mechanism",
]
MISTAKES = [
    "hard_work", "team_subject", "control", "no_hard_part", "no_result",
    "heroics", "no_ownership", "task_list", "stops_at_launch", "vague",
]
# Heard for a judgement's sake alone: whether a sentence shows something after the delivery, and whether it speaks to
# whoever grades the answer instead of telling it.
CUES = ["afterwards", "addressed"]
CATEGORIES = [
    "launch_migration", "production_issue", "cross_team_conflict",
    "process_improvement", "risk_escalation", "prevented_customer_impact",
]
LEVELS = [1, 2, 3, 4, 5]

# Unseen authors: one writer a file, and a revision stays in its file. The files between are in every training part.
FOLDS = [
    "a e j p am aq au ay bc bg".split(),
    "b f k q an ar av az bd bh".split(),
    "c g l r s ao as aw ba be bi".split(),
    "d m n t u ap at ax bb bf bj".split(),
]


def group(author):
    """The files of the folds by how they were written: neat, like people's notes, and later ones, like what is misheard."""
    return "am-bj" if len(author) == 2 else "a-g" if author <= "g" else "j-u"
