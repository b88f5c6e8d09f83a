"""What `candor::text` makes of one annotated sentence: `clean(text)` equals `Sentence::text`.

The Python mirror of `src/text/{block,line,inline,label,stage}.rs`: change them
together. In a sentence that holds line breaks the last line is the sentence, the others its headings.
"""
import html
import re

# Titles that name a part of the answer, lower case. The same list stands in `src/text/label.rs`.
TITLES = set(
    (
        "situation|sit|sitation|task|tasks|action|actions|act|result|results|res|star|learning|"
        "learnings|learned|lesson|lessons|lesson learned|lessons learned|lesson for me|context|"
        "background|setting|scene|the scene|setup|overview|summary|headline|nugget|hook|intro|"
        "introduction|story|short version|problem|issue|trouble|challenge|complication|obstacle|"
        "conflict|goal|goals|objective|obj|target|aim|scope|my role|role|my part|my bit|"
        "my responsibility|responsibility|my goal|my contribution|approach|solution|process|steps|"
        "activities|did|decision|implementation|execution|discovery|prioritization|design|delivery|"
        "actions after|outcome|outcomes|impact|takeaway|takeaways|key takeaway|key takeaways|"
        "reflection|reflections|end|ending|follow-up|follow up|differently|would do differently|"
        "result first|skills|skills demonstrated|tech|tech stack|stack|technologies|tools|lp|"
        "principle|question|tags|note|notes|project|case study|at stake|at risk|the problem|"
        "the challenge|the goal|the task|the situation|the action|the result|why it matters|"
        "how it works|next time|context/why|actions taken|steps taken|"
        "key actions|key results|key learnings|quantified result|what|where|when|which part was mine|"
        "what i did|what i did about it|what i had to do|what i saw|what i learned|"
        "what i took from it|what i take from it|what i got wrong|what happened|what changed|"
        "what came out|what we did|what was going on|what went wrong|where it went|how it ended|"
        "starting point|interviewer|candidate|interviewee|my situation|"
        "my task|my action|my actions|my result|my results|final result|final results|"
        "final outcome|lessons learnt|lesson learnt|what i'd do differently|"
        "what i would do differently|conclusion"
    ).split("|")
)
LETTERS = {"s", "t", "a", "r", "l", "c", "s/t", "t/a", "a/r", "st"}
LETTERED = re.compile(r"([\w/]+)(\s*[-–—:.)]\W*| )(.+)")
STEP = re.compile(r"step \d*\s*[:–.-](.+)")
STAR = {"situation", "task", "action", "actions", "result", "results", "outcome", "learning"}
OWNING = re.compile(r"\b(mine|own|owned|owner|answer for|answered for)\b", re.I)
LIST_MARK = re.compile(r"(?:[•‣▪●✓✔✅]|o\t|\d\ufe0f?\u20e3)\s*|(?:->|\[[ xX]\]|\((?:[a-z0-9]|i{2,3}|iv|vi{1,3})\)|(?:i{1,3}|iv|vi{1,3})\.|[-*+•‣◦▪●·–—→\uf0b7■➢❖►◆⁃🔹]|>|\d{1,2}[.)]|[a-z]\))[ \t]+")
HEADING_MARK = re.compile(r"#{1,6}[ \t]+")
# What was only heard, as "[laughs]"; the same words stand in `src/text/stage.rs`.
HEARD = re.compile(
    r"[\[(] *(?:laughs|laughing|laughter|laugh|chuckles|chuckle|sighs|pause|pauses|long pause|inaudible|unintelligible|"
    r"indistinct|crosstalk|cross talk|overlapping speech|coughs|applause|background noise)[\d: ]*[\])](?!\()",
    re.I,
)
PAREN = r"(?:\s*\([^()\n]{1,40}\))?"
EMPH = r"(?:\*{1,3}|_{1,3}|/)"


def clean(text: str) -> str:
    """The words of one annotated sentence as the model reads them."""
    line = [l for l in text.split("\n") if l.strip()][-1]
    line = _marks(line.strip())
    line = _row(line)
    rest = _label(line)
    out = _inline(rest)
    return out or _inline(line) or _inline(text)


def _marks(line: str) -> str:
    while m := LIST_MARK.match(line):
        line = line[m.end():]
    if m := HEADING_MARK.match(line):
        line = line[m.end():]
    return line


def _row(line: str) -> str:
    if line.startswith("|"):
        cells = [c.strip() for c in line.strip("|").split("|")]
        return ": ".join(cells)
    return line


def _is_title(words: str) -> bool:
    w = re.sub(r"\s*\([^()]*\)\s*$", "", words.strip()).strip(" .:").lower()
    w = re.sub(r"^[^\w]+", "", w).rstrip("*_").replace("’", "'")
    joined = any(by in w and all(p.strip() in TITLES for p in w.split(by)) for by in (" and ", "&", "/"))
    lettered = (m := LETTERED.fullmatch(w)) and m[1] in LETTERS and m[3] in TITLES and (m[2] != " " or m[3].startswith(m[1]))
    stepped = (m := STEP.fullmatch(w)) and m[1].strip() in TITLES
    return w in TITLES or w in LETTERS or lettered or stepped or re.sub(r"[\d#]+$", "", w).rstrip() in TITLES or joined


def _is_question(words: str) -> bool:
    parts = re.sub(r"^[^\w]+", "", words.strip()).strip(" .:").lower().split()
    return 2 <= len(parts) <= 7 and parts[0] in {"what", "how", "where", "which", "why"}


def _is_owning(words: str) -> bool:
    return bool(OWNING.search(words)) and not words.lower().startswith("which")


def _label(line: str) -> str:
    for rule in (_spelled, _emphasised, _bracketed, _plain, _tight):
        if (rest := rule(line)) is not None and rest.strip():
            letter = line[: len(line) - len(rest)].strip(" *_()[]:-–—.").lower() in LETTERS
            return letter and _plain(rest) or rest
    return line


def _spelled(line: str):
    m = re.match(r"(\*\*|__)(\w)\1(\w+)\s*[:–-]\s*", line)
    return line[m.end():] if m and _is_title(m[2] + m[3]) else None


def _emphasised(line: str):
    m = re.match(rf"({EMPH})([^*/\n]{{1,60}}?)\1({PAREN})(\s*[:–—-](?=\s|$))?\s*", line)
    if not m:
        return None
    words = m[2].strip()
    joined = bool(m[4]) or words.endswith((":", "."))
    if _is_owning(words):
        return None
    coloned = bool(m[4]) or words.endswith(":")
    apart = joined or len(words) == 1 or not line[m.end():m.end() + 1].islower()
    titled = (_is_title(words) or (_is_question(words) and coloned)) and apart
    short = coloned and m[1] != "/" and len(words.split()) <= 4 and not re.search("[%$€£]", words)
    if titled or short:
        return line[m.end():]
    return None


def _bracketed(line: str):
    m = re.match(r"[(\[]([^()\[\]\n]{1,20})[)\]]\s*(?:[:–-]\s*)?", line)
    return line[m.end():] if m and _is_title(m[1]) and m[1][0].isupper() else None


def _plain(line: str):
    m = re.match(rf"([^:\n()]{{1,40}}?){PAREN}\s*(?::(?=\s)|\s[-–—](?=\s))\s*", line)
    if m:
        words = m[1].strip()
        letter = words.lower() in LETTERS
        caps = 2 <= len(words.split()) <= 6 and words.upper() == words and sum(c.isalpha() for c in words) >= 5
        if words[:1] not in "\"'“‘[" and not _is_owning(words) and (_is_title(words) or caps):
            if not (letter and m[0].lstrip()[0].islower() and not re.search("[:：]", m[0])):
                return line[m.end():]
    m = re.match(r"(?:[STARLC]\)|[STAR]\.)\s+", line)
    if m:
        return line[m.end():]
    m = re.match(r"([A-Z][a-z]+)\s*\([^()]{1,30}\)\s+(?=[A-Z])", line)
    return line[m.end():] if m and m[1].lower() in {"situation", "task", "action", "result"} else None


def _tight(line: str):
    m = re.match(r"([A-Z][A-Za-z]*)(?::|[-–—] +)(?=[A-Z])", line)
    return line[m.end():] if m and m[1].lower() in STAR else None


def _inline(text: str) -> str:
    t = re.sub(r"<!--.*?-->", " ", text, flags=re.S)
    t = HEARD.sub(" ", t)
    t = re.sub(r"!\[\[[^\[\]]+\]\]", " ", t)
    t = re.sub(r"\[\[(?:[^\[\]]*\|)?([^\[\]|]+)\]\]", r"\1", t)
    t = re.sub(r"!\[([^\]]*)\]\([^)]*\)", r"\1", t)
    t = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", t)
    t = re.sub(r"<(?:https?://|mailto:)([^>\s]*)>", r"\1", t)
    t = re.sub(r"</?[A-Za-z][^<>]*>", " ", t)
    t = re.sub(r"`+([^`]*)`+", r"\1", t)
    t = re.sub(r"(\*\*\*|\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1", r"\2", t)
    t = re.sub(r"(?<![\w=])==(?=\S)([^=]+?)(?<=\S)==(?![\w=])", r"\1", t)
    t = re.sub(r"(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])", r"\1", t)
    t = re.sub(r"(?<!\w)_(?=\S)([^_]+?)(?<=\S)_(?!\w)", r"\1", t)
    t = re.sub(r"\\([\\`*_{}\[\]()#+.!>~|-])", r"\1", t)
    t = html.unescape(t)
    return re.sub(r"\s+", " ", t).strip()
