//! The little that is kept of a story once it is critiqued: what the summary of a bank needs, and not its text.

use super::alike::Words;
use crate::evidence::{ROLES, Role};
use crate::guide::{Clause, Guide, Probe};
use crate::report::{Abstention, Criterion, Finding, Mend, Report, SentenceReport, Severity};
use crate::text::Answer;

/// A note or a question of the pressure test, answered from what is heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Its id in the guide.
    pub id: String,
    /// Its words in the guide.
    pub title: String,
    /// Whether it is told.
    pub told: bool,
    /// The sentences that tell it.
    pub sentences: Vec<usize>,
    /// The one that tells it most clearly.
    pub text: Option<String>,
}

/// A finding, without what the guide says of it anyway.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The mistake's id.
    pub id: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
}

/// Something that is to be mended.
#[derive(Clone, Debug, PartialEq)]
pub enum Lack {
    /// A mistake, by its id, and how much it weighs.
    Mistake(String, Severity),
    /// A criterion, by its id, of which little is told.
    Criterion(String),
}

/// The level and the score of a story that is an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// 1 to 5.
    pub level: u8,
    /// 0 to 100.
    pub score: u8,
}

/// A critiqued story.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// As its record is called.
    pub name: String,
    /// The question that it was written for, where it names one.
    pub question: Option<String>,
    /// The form of the guide in which that question is asked.
    pub form: Option<String>,
    /// Its level and its score, or why it has none.
    pub standing: Result<Standing, Abstention>,
    /// The categories that it belongs to, the likeliest first.
    pub categories: Vec<String>,
    /// The notes of the guide.
    pub notes: Vec<Point>,
    /// The pressure test of the guide.
    pub pressure: Vec<Point>,
    /// The most important first.
    pub findings: Vec<Note>,
    /// What to mend, the first to mend first.
    pub mend: Vec<Lack>,
    /// How many more its own comments leave out.
    pub suppressed: usize,
    /// For each form of the guide, whether each of its needs is heard.
    pub needs: Vec<Vec<bool>>,
    /// Words that each role takes, in the order of [`crate::evidence::Role::ALL`].
    pub roles: [usize; ROLES],
    /// Points that each criterion of the guide gave away; none where it has no score.
    pub lost: Vec<f32>,
    /// The words by which it is compared with others.
    pub words: Words,
}

impl Story {
    /// What is kept of a report. Pure.
    #[must_use]
    pub fn of(answer: &Answer, report: &Report, guide: &Guide) -> Story {
        let verdict = report.verdict.as_ref();
        let heard = if verdict.is_some() { report.sentences.as_slice() } else { &[] };
        // of what a finding says the contrary nothing is heard
        let of = |p: &Probe| if p.is_denied(report.found()) { &[] } else { heard };
        let points = |probes: &[Probe]| probes.iter().map(|p| point(p, of(p), answer)).collect();
        let told = |probe: &Probe| sentences(probe, of(probe)).len() as f32 >= probe.enough;
        let mut categories: Vec<(&String, f32)> = report.categories.iter().map(|(id, p)| (id, *p)).collect();
        categories.sort_by(|a, b| b.1.total_cmp(&a.1));
        let note = |f: &Finding| Note { id: f.id.clone(), severity: f.severity, message: f.message.clone() };
        Story {
            name: answer.name.clone(),
            question: answer.question.clone(),
            form: report.question.as_ref().and_then(|q| q.form.clone()),
            standing: verdict
                .map(|v| Standing { level: v.level, score: v.score })
                .ok_or(report.abstention.unwrap_or(Abstention::NotAnAnswer)),
            categories: categories.into_iter().map(|(id, _)| id.clone()).collect(),
            notes: points(&guide.note),
            pressure: points(&guide.pressure),
            findings: report.findings.iter().map(note).collect(),
            mend: report.mend.iter().filter_map(|m| lack(*m, report)).collect(),
            suppressed: report.suppressed.len(),
            needs: guide.form.iter().map(|f| f.needs.iter().map(told).collect()).collect(),
            roles: verdict.map_or([0; ROLES], |_| report.words_by_role(answer)),
            lost: verdict.map_or(Vec::new(), |v| v.criteria.iter().map(Criterion::lost).collect()),
            words: Words::of(answer),
        }
    }

    /// Whether it has a score.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.standing.is_ok()
    }
}

fn lack(mend: Mend, report: &Report) -> Option<Lack> {
    match mend {
        Mend::Finding(i) => report.findings.get(i).map(|f| Lack::Mistake(f.id.clone(), f.severity)),
        Mend::Thin(i) => Some(Lack::Criterion(report.verdict.as_ref()?.criteria.get(i)?.id.clone())),
    }
}

fn point(probe: &Probe, heard: &[SentenceReport], answer: &Answer) -> Point {
    let sentences = sentences(probe, heard);
    let clearest = sentences.iter().copied().max_by(|&a, &b| {
        // Of equals the first.
        strength(probe, &heard[a]).total_cmp(&strength(probe, &heard[b])).then(b.cmp(&a))
    });
    // a scene opens with its first sentence, however clear the later ones are
    let scene = probe.any.iter().all(|c| *c == Clause { role: Some(Role::Context), tag: None });
    let best = if scene { sentences.first().copied() } else { clearest };
    let told = sentences.len() as f32 >= probe.enough;
    let text = best.filter(|_| told).and_then(|i| answer.sentences.get(i)).map(|s| s.text.clone());
    Point { id: probe.id.clone(), title: probe.title.clone(), told, sentences, text }
}

/// The sentences in which a clause of the probe is heard.
fn sentences(probe: &Probe, heard: &[SentenceReport]) -> Vec<usize> {
    (0..heard.len()).filter(|&i| strength(probe, &heard[i]) > 0.0).collect()
}

/// How clearly the probe is heard in a sentence: the probability of its clearest clause, 0 where none is heard.
fn strength(probe: &Probe, heard: &SentenceReport) -> f32 {
    let role = |c: &Clause| match c.role {
        Some(role) if role == heard.role => heard.roles.iter().find(|r| r.0 == role).map_or(0.0, |r| r.1),
        Some(_) => 0.0,
        None => 1.0,
    };
    let tag =
        |c: &Clause| c.tag.map_or(1.0, |tag| heard.tags.iter().find(|t| t.0 == tag).map_or(0.0, |t| t.1));
    probe.any.iter().map(|c| role(c) * tag(c)).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::critic::{Options, report};
    use crate::detect::fixture::{guide, story};
    use crate::evidence::{Judgement, Tag};

    #[test]
    fn what_is_kept_is_what_is_heard() {
        let mut s = story(&[
            (Role::Context, &[Tag::Tension], "Two teams owned the export, and neither watched it."),
            (Role::Action, &[Tag::Influence, Tag::Early], "I asked both leads for one name each."),
            (Role::Result, &[Tag::Metric], "Failures fell from 9 a week to 1."),
        ]);
        s.evidence.categories.insert("production_issue".to_owned(), Judgement { p: 0.7, threshold: 0.5 });
        let guide = guide();
        let mut report = report(&s.answer, &s.evidence, &guide, &Options::default());
        report.mend.push(Mend::Thin(1));
        let kept = Story::of(&s.answer, &report, &guide);
        let told: Vec<(&str, bool)> = kept.notes.iter().map(|n| (n.id.as_str(), n.told)).collect();
        let known =
            [("context", true), ("at_risk", false), ("owned", false), ("action", true), ("result", true)];
        assert_eq!(told, known);
        assert_eq!(kept.notes[4].text.as_deref(), Some("Failures fell from 9 a week to 1."));
        assert_eq!((kept.notes[1].text.as_deref(), kept.notes[1].sentences.len()), (None, 0));
        let passed: Vec<bool> = kept.pressure.iter().map(|p| p.told).collect();
        assert_eq!(passed, [true, true, false, false], "a figure is told, but it is found to stop at launch");
        assert_eq!(kept.pressure[0].sentences, [1]);
        assert_eq!(kept.categories, ["production_issue"]);
        let first = &report.findings[0];
        assert_eq!(kept.mend.first(), Some(&Lack::Mistake(first.id.clone(), first.severity)));
        assert_eq!(kept.mend.last(), Some(&Lack::Criterion(guide.criterion[1].id.clone())));
        assert_eq!(kept.standing.ok().map(|s| s.level), report.verdict.as_ref().map(|v| v.level));
        assert_eq!((kept.roles.iter().sum::<usize>(), kept.roles[Role::Context.index()]), (25, 9));
        assert_eq!(kept.needs.len(), guide.form.len());
        let alignment = guide.form.iter().position(|f| f.id == "alignment").unwrap();
        assert_eq!(kept.needs[alignment], [true, true, true]);
        assert!(kept.lost.iter().sum::<f32>() > 0.0);
    }

    #[test]
    fn of_what_is_no_answer_nothing_is_told() {
        let mut s = story(&[(Role::Action, &[Tag::Early], "I asked both leads.")]);
        s.evidence.answered = Judgement { p: 0.1, threshold: 0.5 };
        let guide = guide();
        let report = report(&s.answer, &s.evidence, &guide, &Options::default());
        let kept = Story::of(&s.answer, &report, &guide);
        assert!(!kept.is_told() && kept.notes.iter().chain(&kept.pressure).all(|p| !p.told));
        assert!(kept.needs.iter().flatten().all(|n| !n) && kept.lost.is_empty());
    }
}
