//! The detectors: one mistake a file, each a pure function of the evidence. [`ALL`] is the table.
//!
//! May import: `evidence`, `guide`, `report`, `text`, `wording`.

use crate::evidence::{Evidence, Judgement};
use crate::guide::{Guide, Mistake};
use crate::report::{Finding, Severity};
use crate::text::{Answer, Span};

mod control;
mod hard_work;
mod hedging;
mod heroics;
mod long_context;
mod no_hard_part;
mod no_lesson;
mod no_metric;
mod no_ownership;
mod no_result;
mod no_stakes;
mod stops_at_launch;
mod task_list;
mod team_subject;
mod vague;

#[cfg(test)]
pub(crate) mod fixture;
mod shown;

/// Every detector. Which of them run, and in which order their findings are to be mended, says the guide.
pub const ALL: &[Detector] = &[
    control::DETECTOR,
    hard_work::DETECTOR,
    hedging::DETECTOR,
    heroics::DETECTOR,
    long_context::DETECTOR,
    no_hard_part::DETECTOR,
    no_lesson::DETECTOR,
    no_metric::DETECTOR,
    no_ownership::DETECTOR,
    no_result::DETECTOR,
    no_stakes::DETECTOR,
    stops_at_launch::DETECTOR,
    task_list::DETECTOR,
    team_subject::DETECTOR,
    vague::DETECTOR,
];

/// From which confidence on a mistake is surely there.
const SURE: f32 = 0.7;

/// What a detector looks at.
pub struct Case<'a> {
    /// The answer's text and sentences.
    pub answer: &'a Answer,
    /// What a model heard in it; one entry a sentence of `answer`.
    pub evidence: &'a Evidence,
    /// The mistake as the guide tells it, with its threshold.
    pub mistake: &'a Mistake,
}

impl Case<'_> {
    /// The words of sentence `i`.
    fn text(&self, i: usize) -> &str {
        self.answer.sentences.get(i).map_or("", |s| s.text.as_str())
    }

    /// How sure it is that the mistake is there; none where it is not, or where there is nothing to judge. The model's
    /// judgement on the whole answer decides; for an engine that gives none, `sentences` does, from one half on.
    fn confidence(&self, sentences: impl FnOnce() -> f32) -> Option<f32> {
        if self.evidence.sentences.is_empty() {
            return None;
        }
        let judgement = self.evidence.mistakes.get(&self.mistake.id).copied();
        let judgement = judgement.unwrap_or_else(|| Judgement { p: sentences(), threshold: 0.5 });
        judgement.holds().then_some(judgement.p)
    }
}

/// What a detector found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// 0 to 1.
    pub confidence: f32,
    /// The sentences that show it; empty where it is something missing from the whole answer.
    pub sentences: Vec<usize>,
    /// What was counted, a sentence such as "6 of 8 deeds are told as \"we\"."; follows the guide's message.
    pub counted: Option<String>,
}

/// When one mistake is told by another one already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yield {
    /// Whenever the other is found.
    To(&'static str),
    /// When the other is found and shows all of this one's sentences.
    WithinSentencesOf(&'static str),
}

impl Yield {
    /// The other mistake's id.
    #[must_use]
    pub fn to(self) -> &'static str {
        match self {
            Yield::To(id) | Yield::WithinSentencesOf(id) => id,
        }
    }
}

/// One detector.
pub struct Detector {
    /// The id of the mistake, as guides name it.
    pub id: &'static str,
    /// How it decides, for `explain`.
    pub rule: &'static str,
    /// Which other mistakes tell this one already, so that nothing is reported twice.
    pub yields: &'static [Yield],
    /// Pure: the same case gives the same hit.
    pub detect: fn(&Case<'_>) -> Option<Hit>,
}

impl Detector {
    /// Whether one of `others` tells `hit` already.
    fn is_told_by(&self, hit: &Hit, others: &[&(&Mistake, Hit)]) -> bool {
        self.yields.iter().any(|y| {
            let other = others.iter().find(|(mistake, _)| mistake.id == y.to());
            other.is_some_and(|(_, o)| match y {
                Yield::To(_) => true,
                Yield::WithinSentencesOf(_) => hit.sentences.iter().all(|s| o.sentences.contains(s)),
            })
        })
    }
}

/// What the detectors found in an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// What to mend, the most important first.
    pub findings: Vec<Finding>,
    /// The mistakes that are found too and that the answer's own comments suppress, by id.
    pub suppressed: Vec<String>,
    /// How sure the surest warning or error is, be it looked for or left out by the answer's comments or not; none below which
    /// one is only likely.
    pub fault: Option<f32>,
}

/// The detector of a mistake.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Detector> {
    ALL.iter().find(|d| d.id == id)
}

/// Runs the detectors that the guide lists, and finds of their mistakes those that `select` wants, by id.
///
/// A hit below the guide's threshold is none. A hit that another one tells already is left out ([`Yield`]): a mistake
/// that is not selected tells nothing, one that the answer's comments suppress still does, for its author knows of it.
/// What is to be mended first stands first: by severity; within one severity the sure ones (confidence from 0.7 on)
/// before the likely (from 0.4 on) before the possible; and within these in the guide's order.
#[must_use]
pub fn find(answer: &Answer, evidence: &Evidence, guide: &Guide, select: &dyn Fn(&str) -> bool) -> Found {
    let hits = hits(answer, evidence, guide);
    let severe = untold(&hits, &|_| true).into_iter().filter(|(m, _)| m.severity >= Severity::Warning);
    let fault = severe.map(|(_, hit)| hit.confidence.min(1.0)).filter(|c| *c >= SURE).max_by(f32::total_cmp);
    let mut found = Found { fault, ..Found::default() };
    for (mistake, hit) in untold(&hits, select) {
        let finding = finding(answer, mistake, hit);
        if answer.suppressions.hides(mistake.names(), &finding.spans) {
            found.suppressed.push(finding.id);
        } else {
            found.findings.push(finding);
        }
    }
    // the sort is stable: equals stay in the guide's order
    found.findings.sort_by_key(|f| std::cmp::Reverse((f.severity, sureness(f.confidence))));
    found
}

/// What the detectors of the guide's mistakes hit, in its order.
fn hits<'g>(answer: &Answer, evidence: &Evidence, guide: &'g Guide) -> Vec<(&'g Mistake, Hit)> {
    let hit = |mistake: &'g Mistake| {
        let hit = (by_id(&mistake.id)?.detect)(&Case { answer, evidence, mistake })?;
        (hit.confidence >= mistake.threshold).then_some((mistake, hit))
    };
    guide.mistake.iter().filter_map(hit).collect()
}

/// The hits of the mistakes that `select` wants, but for those that another one of these tells.
fn untold<'h, 'g>(
    hits: &'h [(&'g Mistake, Hit)],
    select: &dyn Fn(&str) -> bool,
) -> Vec<&'h (&'g Mistake, Hit)> {
    let wanted: Vec<_> = hits.iter().filter(|(mistake, _)| select(&mistake.id)).collect();
    let told =
        |(mistake, hit): &(&Mistake, Hit)| by_id(&mistake.id).is_some_and(|d| d.is_told_by(hit, &wanted));
    wanted.iter().copied().filter(|hit| !told(hit)).collect()
}

fn sureness(confidence: f32) -> u8 {
    u8::from(confidence >= 0.4) + u8::from(confidence >= SURE)
}

fn finding(answer: &Answer, mistake: &Mistake, hit: &Hit) -> Finding {
    let spans: Vec<Span> =
        hit.sentences.iter().filter_map(|&i| answer.sentences.get(i)).map(|s| s.span).collect();
    let message = match &hit.counted {
        Some(counted) => format!("{} {counted}", mistake.message),
        None => mistake.message.clone(),
    };
    Finding {
        id: mistake.id.clone(),
        severity: mistake.severity,
        confidence: hit.confidence.clamp(0.0, 1.0),
        message,
        why: mistake.why.clone(),
        help: mistake.help.clone(),
        sentences: hit.sentences.clone(),
        spans,
    }
}

#[cfg(test)]
mod tests;
