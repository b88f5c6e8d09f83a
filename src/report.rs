//! What candor says of an answer: findings, strengths, criteria, score and level.
//!
//! May import: `text`, `evidence` (its labels).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evidence::{ROLES, Role, Tag, Voice};
use crate::text::{Answer, Span};

/// From this level on an answer carries: it only needs practice.
pub const GOOD: u8 = 4;

/// How much a finding weighs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a thought.
    Suggestion,
    /// An interviewer would note it.
    Warning,
    /// It decides against the answer.
    Error,
}

/// One mistake, shown in the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The mistake's id.
    pub id: String,
    /// From the guide.
    pub severity: Severity,
    /// 0 to 1.
    pub confidence: f32,
    /// What is wrong, in a sentence; names what was counted where the detector counted.
    pub message: String,
    /// Why it matters to the interviewer.
    pub why: String,
    /// What to do.
    pub help: String,
    /// The sentences that show it; empty where it is something missing from the whole answer.
    pub sentences: Vec<usize>,
    /// Where those sentences stand in the source.
    pub spans: Vec<Span>,
}

/// Something that the answer does well.
#[derive(Clone, Debug, PartialEq)]
pub struct Strength {
    /// The strength's id.
    pub id: String,
    /// In words.
    pub message: String,
    /// The sentences that show it.
    pub sentences: Vec<usize>,
}

/// A way, a test or another question of the guide, answered from the evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Its id in the guide.
    pub id: String,
    /// Its words in the guide.
    pub title: String,
    /// Whether it is heard.
    pub heard: bool,
    /// The sentences that show it.
    pub sentences: Vec<usize>,
}

/// One weighted part of the score.
#[derive(Clone, Debug, PartialEq)]
pub struct Criterion {
    /// Its id in the guide.
    pub id: String,
    /// Its words in the guide.
    pub title: String,
    /// How well it is met, 0 to 1.
    pub score: f32,
    /// Its share of the 100 points.
    pub weight: f32,
    /// The sentences that the points come from.
    pub sentences: Vec<usize>,
}

impl Criterion {
    /// Points of the hundred that this criterion gives.
    #[must_use]
    pub fn points(&self) -> f32 {
        self.score * self.weight
    }

    /// The points that it lost.
    #[must_use]
    pub fn lost(&self) -> f32 {
        self.weight - self.points()
    }
}

/// Something to mend, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mend {
    /// Among the findings.
    Finding(usize),
    /// Among the criteria: little of it is told, and no finding says so.
    Thin(usize),
}

/// One sentence as the report shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct SentenceReport {
    /// The most probable role.
    pub role: Role,
    /// Probability of each role.
    pub roles: Vec<(Role, f32)>,
    /// Tags at or above their threshold.
    pub tags: Vec<(Tag, f32)>,
    /// Whose deed it tells.
    pub voice: Voice,
}

/// The question, and whether the answer answers it.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionReport {
    /// The form's id, or none where the question is of no form of the guide.
    pub form: Option<String>,
    /// The form's words in the guide.
    pub title: String,
    /// What the form asks for and is not heard, in words.
    pub missing: Vec<String>,
    /// The sentences that answer it.
    pub sentences: Vec<usize>,
}

impl QuestionReport {
    /// Whether the answer answers it; none for a question of no form, which asks for nothing in particular.
    #[must_use]
    pub fn is_answered(&self) -> Option<bool> {
        self.form.is_some().then_some(self.missing.is_empty())
    }
}

/// Why there is no score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Abstention {
    /// No sentence was found in it.
    NoText,
    /// It doesn't read as an interview answer in English.
    NotAnAnswer,
}

/// The verdict on an answer: what the score and the level are, and what they come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// 1 to 5.
    pub level: u8,
    /// Probability of each level, 1 to 5.
    pub levels: [f32; 5],
    /// 0 to 100: the sum of the criteria's points, rounded.
    pub score: u8,
    /// What the score is made of.
    pub criteria: Vec<Criterion>,
}

/// A critique in words, written by a language model and kept to what the answer says. It changes nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// The whole, in a sentence or two; empty where that is left out.
    pub summary: String,
    /// What is weak, each for a finding of the report.
    pub weaknesses: Vec<Weakness>,
    /// What is strong.
    pub strengths: Vec<Praise>,
    /// What an interviewer would ask next.
    pub questions: Vec<String>,
    /// How many parts were left out, since they quote what the answer doesn't say.
    pub dropped: usize,
    /// How many did not come to their end and are left out, too: the writing was stopped, or they became too long.
    pub unfinished: usize,
}

/// A weakness in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Weakness {
    /// The finding's mistake.
    pub id: String,
    /// The sentences that it is about.
    pub sentences: Vec<usize>,
    /// Why it hurts.
    pub why: String,
    /// How to mend it.
    pub mend: String,
    /// One sentence, rewritten; what only the writer can know stands in it as `[your figure]` or `[name]`.
    pub rewrite: Option<String>,
}

/// A strength in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Praise {
    /// The sentences that it is about.
    pub sentences: Vec<usize>,
    /// What is strong about them.
    pub what: String,
}

/// Everything that candor says of one answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// None where the text is an answer; else why nothing is scored.
    pub abstention: Option<Abstention>,
    /// How sure it is that the text is an answer, 0 to 1.
    pub answered: f32,
    /// One entry a sentence.
    pub sentences: Vec<SentenceReport>,
    /// What to mend, the most important first.
    pub findings: Vec<Finding>,
    /// What to mend, the first to mend first: every finding, and what is told little.
    pub mend: Vec<Mend>,
    /// The mistakes that are found too and that the answer's own comments suppress, by id.
    pub suppressed: Vec<String>,
    /// What it does well.
    pub strengths: Vec<Strength>,
    /// The story categories that hold, by id, with their probability.
    pub categories: BTreeMap<String, f32>,
    /// The ways in which the principle shows.
    pub ways: Vec<Signal>,
    /// What the interviewer tests.
    pub tests: Vec<Signal>,
    /// None where no question is given.
    pub question: Option<QuestionReport>,
    /// None where candor abstains.
    pub verdict: Option<Verdict>,
    /// What the interviewer will ask next.
    pub follow_ups: Vec<String>,
    /// What a language model says beside the encoder, where one was asked.
    pub second: Option<SecondOpinion>,
    /// The critique in words, where a language model wrote one.
    pub words: Option<Words>,
}

/// How far a language model agrees with what is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct SecondOpinion {
    /// The least share of probability that the replies asked for had at any question, 0 to 1.
    pub mass: f32,
    /// The sentences in which it hears another role than is shown.
    pub differs: Vec<usize>,
    /// How probably it takes each criterion to be met, by id.
    pub criteria: BTreeMap<String, f32>,
}

impl Report {
    /// The mistakes that were found, whether they are shown or the answer asks to leave them out: that tells nothing of what is
    /// missing.
    pub fn found(&self) -> impl Iterator<Item = &String> {
        self.findings.iter().map(|f| &f.id).chain(&self.suppressed)
    }

    /// A report that lists the sentences and says nothing of them; `answered` is 0 to 1.
    #[must_use]
    pub fn silent(abstention: Option<Abstention>, answered: f32, sentences: Vec<SentenceReport>) -> Report {
        Report {
            abstention,
            answered,
            sentences,
            findings: Vec::new(),
            mend: Vec::new(),
            suppressed: Vec::new(),
            strengths: Vec::new(),
            categories: BTreeMap::new(),
            ways: Vec::new(),
            tests: Vec::new(),
            question: None,
            verdict: None,
            follow_ups: Vec::new(),
            second: None,
            words: None,
        }
    }

    /// The worst severity among the findings.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|f| f.severity).max()
    }

    /// How many words of the answer each role takes, in the order of [`Role::ALL`].
    #[must_use]
    pub fn words_by_role(&self, answer: &Answer) -> [usize; ROLES] {
        let mut words = [0; ROLES];
        for (sentence, told) in answer.sentences.iter().zip(&self.sentences) {
            words[told.role.index()] += sentence.text.split_whitespace().count();
        }
        words
    }

    /// Deeds told in a voice.
    #[must_use]
    pub fn deeds(&self, voice: Voice) -> usize {
        let deed = |s: &&SentenceReport| matches!(s.role, Role::Action | Role::Result) && s.voice == voice;
        self.sentences.iter().filter(deed).count()
    }
}
