//! Small answers with the evidence that a model would give, for tests.

use crate::evidence::{Evidence, Heard, Judgement, ROLES, Role, TAGS, Tag};
use crate::guide::{Guide, Mistake};
use crate::report::{Finding, Severity};
use crate::text::{Answer, Sentence, SourceKind, Span};
use crate::wording;

use super::{Case, Detector, Hit};

/// An answer and what is heard in it.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) answer: Answer,
    pub(crate) evidence: Evidence,
}

/// An answer of sentences with a sure role (0.95), sure tags (0.95, others 0.02) and a threshold of 0.5 each.
pub(crate) fn story(lines: &[(Role, &[Tag], &str)]) -> Story {
    let mut source = String::new();
    let mut sentences = Vec::new();
    let mut heard = Vec::new();
    for (role, tags, text) in lines {
        let start = source.len();
        source.push_str(text);
        sentences.push(Sentence { span: Span { start, end: source.len() }, text: (*text).to_owned() });
        source.push(' ');
        let mut roles = [0.01; ROLES];
        roles[role.index()] = 0.95;
        let mut p = [0.02; TAGS];
        for tag in *tags {
            p[tag.index()] = 0.95;
        }
        heard.push(Heard {
            roles,
            tags: p,
            voice: wording::voice(text, tags.contains(&Tag::Team)),
            addressed: false,
        });
    }
    let evidence = Evidence {
        sentences: heard,
        thresholds: [0.5; TAGS],
        mistakes: Default::default(),
        categories: Default::default(),
        levels: [0.1, 0.2, 0.4, 0.2, 0.1],
        answered: Judgement { p: 0.99, threshold: 0.5 },
    };
    Story { answer: Answer { sentences, ..Answer::parse("-", source, SourceKind::Plain) }, evidence }
}

/// A mistake that was found, shown nowhere.
pub(crate) fn finding(id: &str, severity: Severity) -> Finding {
    Finding {
        id: id.to_owned(),
        severity,
        confidence: 1.0,
        message: String::new(),
        why: String::new(),
        help: String::new(),
        sentences: Vec::new(),
        spans: Vec::new(),
    }
}

impl Story {
    /// With a judgement on the whole answer, of threshold 0.5.
    pub(crate) fn judged(mut self, id: &str, p: f32) -> Story {
        self.evidence.mistakes.insert(id.to_owned(), Judgement { p, threshold: 0.5 });
        self
    }

    /// What a detector finds in it.
    pub(crate) fn hit(&self, detector: &Detector) -> Option<Hit> {
        let mistake = mistake(detector.id);
        (detector.detect)(&Case { answer: &self.answer, evidence: &self.evidence, mistake: &mistake })
    }
}

fn mistake(id: &str) -> Mistake {
    let words = || "words".to_owned();
    Mistake {
        id: id.to_owned(),
        aliases: Vec::new(),
        title: words(),
        severity: Severity::Warning,
        threshold: 0.0,
        message: format!("The fault {id}."),
        why: words(),
        help: words(),
        follow_up: format!("What of {id}?"),
        weak: words(),
        mended: words(),
    }
}

/// The built-in guide.
pub(crate) fn guide() -> Guide {
    Guide::ownership().expect("the built-in guide is valid")
}

/// A guide whose words never change: every detector's mistake as a warning without threshold, in the table's order,
/// and four criteria of 25 points.
pub(crate) fn plain_guide() -> Guide {
    let mut guide = guide();
    guide.mistake = super::ALL.iter().map(|d| mistake(d.id)).collect();
    guide.criterion = toml::from_str::<Criteria>(CRITERIA).expect("valid").criterion;
    guide
}

#[derive(serde::Deserialize)]
struct Criteria {
    criterion: Vec<crate::guide::Criterion>,
}

const CRITERIA: &str = r#"
criterion = [
  { id = "outcome", title = "Outcome", weight = 25, follow_up = "What came of it?", measure = { kind = "heard", enough = 2, any = [{ role = "result", tag = "metric" }, { tag = "verification" }] } },
  { id = "mine", title = "Mine", weight = 25, follow_up = "Which part was yours?", measure = { kind = "voice", enough = 0.8 } },
  { id = "short", title = "Short scene", weight = 25, follow_up = "In short?", measure = { kind = "brief", role = "context", most = 0.3, none = 0.6 } },
  { id = "calm", title = "No drama", weight = 25, follow_up = "Who else?", told_by = ["heroics"], measure = { kind = "without", tags = ["heroics", "authority"], cost = 0.4 } },
]
"#;
