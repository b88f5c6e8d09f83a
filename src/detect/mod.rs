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
    /// Whether one of `hits` tells `hit` already.
    fn is_told_by(&self, hit: &Hit, hits: &[(usize, Hit)], ids: &[&str]) -> bool {
        self.yields.iter().any(|y| {
            let other = hits.iter().find(|(k, _)| ids[*k] == y.to());
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
}

/// The detector of a mistake.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Detector> {
    ALL.iter().find(|d| d.id == id)
}

/// Runs the detectors that the guide lists and `select` wants, by id.
///
/// A hit below the guide's threshold is none. A hit that another one tells already is left out ([`Yield`]): a mistake
/// that is not selected tells nothing, one that the answer's comments suppress still does, for its author knows of it.
/// What is to be mended first stands first: by severity; within one severity the sure ones (confidence from 0.7 on)
/// before the likely (from 0.4 on) before the possible; and within these in the guide's order.
#[must_use]
pub fn find(answer: &Answer, evidence: &Evidence, guide: &Guide, select: &dyn Fn(&str) -> bool) -> Found {
    let mut found = Found::default();
    for (k, hit) in hits(answer, evidence, guide, select) {
        let mistake = &guide.mistake[k];
        let finding = finding(answer, mistake, &hit);
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

/// How sure the surest warning or error is in an answer, be it looked for or left out by the answer's comments or not; none below
/// which one is only likely.
#[must_use]
pub fn fault(answer: &Answer, evidence: &Evidence, guide: &Guide) -> Option<f32> {
    let hits = hits(answer, evidence, guide, &|_| true);
    let severe = hits.iter().filter(|(k, _)| guide.mistake[*k].severity >= Severity::Warning);
    severe.map(|(_, hit)| hit.confidence.min(1.0)).filter(|c| *c >= SURE).max_by(f32::total_cmp)
}

/// The hits of the detectors that `select` wants, with the places of their mistakes in the guide, but for those that another one tells.
fn hits(
    answer: &Answer,
    evidence: &Evidence,
    guide: &Guide,
    select: &dyn Fn(&str) -> bool,
) -> Vec<(usize, Hit)> {
    let ids: Vec<&str> = guide.mistake.iter().map(|m| m.id.as_str()).collect();
    let mut hits: Vec<(usize, Hit)> = Vec::new();
    for (k, mistake) in guide.mistake.iter().enumerate() {
        let Some(detector) = by_id(&mistake.id).filter(|_| select(&mistake.id)) else { continue };
        let hit = (detector.detect)(&Case { answer, evidence, mistake });
        hits.extend(hit.filter(|h| h.confidence >= mistake.threshold).map(|h| (k, h)));
    }
    let told = |(k, hit): &(usize, Hit)| by_id(ids[*k]).is_some_and(|d| d.is_told_by(hit, &hits, &ids));
    let told: Vec<bool> = hits.iter().map(told).collect();
    hits.into_iter().zip(told).filter(|(_, told)| !told).map(|(hit, _)| hit).collect()
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
