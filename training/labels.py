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

# Unseen authors: one writer a file, and a revision stays in its file. They are the files that came last: the model that training
# goes on from has learned from all the others, and from none of these.
FOLDS = [
    "fk fo fs fw ga ge".split(),
    "fl fp ft fx gb gf".split(),
    "fm fq fu fy gc gg".split(),
    "fn fr fv fz gd gh".split(),
]
