//! From an answer and what a model heard in it to the report. Pure: the same evidence gives the same report.
//!
//! May import: `evidence`, `guide`, `text`, `detect`, `score`, `report`.

use std::collections::BTreeMap;

use super::mend;
use crate::detect;
use crate::evidence::{Evidence, Role, Tag};
use crate::guide::{Form, Guide, Probe};
use crate::report::{Abstention, QuestionReport, Report, SentenceReport, Signal, Strength, Verdict};
use crate::score::{self, Sure};
use crate::text::Answer;

/// What a caller may choose.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The form of the guide to which the answer's question belongs, if it belongs to one.
    pub form: Option<&'a Form>,
    /// Which mistakes to look for, by the guide's id.
    pub select: &'a dyn Fn(&str) -> bool,
    /// How well each criterion is met by another judge, 0 to 1; it goes before what the evidence shows.
    pub criteria: Option<&'a BTreeMap<String, f32>>,
}

impl Default for Options<'_> {
    /// No form, every mistake.
    fn default() -> Self {
        Options { form: None, select: &|_| true, criteria: None }
    }
}

/// Says of an answer what the evidence shows by the guide.
///
/// `evidence` has one entry a sentence of `answer`. Where the answer has no sentence, or the text is no answer, the
/// report abstains: it lists the sentences and holds nothing that weighs them.
#[must_use]
pub fn report(answer: &Answer, evidence: &Evidence, guide: &Guide, options: &Options<'_>) -> Report {
    debug_assert_eq!(answer.sentences.len(), evidence.sentences.len(), "one entry a sentence");
    let mut report = silent(evidence, abstention(answer, evidence));
    if report.abstention.is_some() {
        return report;
    }
    let found = detect::find(answer, evidence, guide, options.select);
    let mut criteria = score::criteria(answer, evidence, guide);
    for criterion in &mut criteria {
        let judged = options.criteria.and_then(|c| c.get(&criterion.id));
        criterion.score = judged.copied().unwrap_or(criterion.score);
    }
    report.findings = found.findings;
    report.suppressed = found.suppressed;
    let missing: Vec<&String> = report.found().collect();
    let strengths: Vec<_> = guide.strength.iter().filter_map(|p| strength(p, evidence, &missing)).collect();
    let [ways, tests] =
        [&guide.way, &guide.test].map(|probes| signals(probes, evidence, &missing, Sure::Told));
    let question = question(answer, evidence, options.form, &missing);
    report.follow_ups = score::follow_ups(guide, evidence, &report.findings, &criteria, &strengths);
    (report.strengths, report.ways, report.tests, report.question) = (strengths, ways, tests, question);
    let named = |id: &String| guide.category.iter().any(|c| c.id == *id);
    let held = evidence.categories.iter().filter(|(id, j)| j.holds() && named(id));
    report.categories = held.map(|(id, j)| (id.clone(), j.p)).collect();
    let score = score::total(&criteria);
    let levels = match (guide.level_scores, found.fault) {
        (Some(from), _) => score::level_of(score, from),
        (None, Some(p)) => score::capped(evidence.levels, guide.level_with_fault, p),
        (None, None) => evidence.levels,
    };
    report.verdict = Some(Verdict { level: score::median(&levels), levels, score, criteria });
    report.mend = mend::order(&report, guide);
    report
}

fn abstention(answer: &Answer, evidence: &Evidence) -> Option<Abstention> {
    if answer.sentences.is_empty() || evidence.sentences.is_empty() {
        Some(Abstention::NoText)
    } else if !evidence.answered.holds() {
        Some(Abstention::NotAnAnswer)
    } else {
        None
    }
}

/// A report of the sentences alone.
fn silent(evidence: &Evidence, abstention: Option<Abstention>) -> Report {
    let sentences = (0..evidence.sentences.len()).map(|i| sentence(evidence, i)).collect();
    Report::silent(abstention, evidence.answered.p, sentences)
}

fn sentence(evidence: &Evidence, i: usize) -> SentenceReport {
    let heard = &evidence.sentences[i];
    let tags = Tag::ALL.iter().filter(|&&t| evidence.hears(i, t));
    SentenceReport {
        role: heard.role(),
        roles: Role::ALL.iter().map(|&r| (r, heard.p_role(r))).collect(),
        tags: tags.map(|&t| (t, heard.p_tag(t))).collect(),
        voice: heard.voice,
    }
}

fn signals(probes: &[Probe], evidence: &Evidence, found: &[&String], sure: Sure) -> Vec<Signal> {
    probes.iter().map(|p| score::signal(p, evidence, found, sure)).collect()
}

/// What a probe praises. No sentence is praised of which the model is unsure or that is weak in something else.
fn strength(probe: &Probe, evidence: &Evidence, found: &[&String]) -> Option<Strength> {
    let weak = |i: usize| Tag::ALL.iter().any(|&t| t.weakens() && evidence.hears(i, t));
    let denied = probe.is_denied(found.iter().copied());
    let sentences: Vec<usize> = score::clearly(probe, evidence).into_iter().filter(|&i| !weak(i)).collect();
    let enough = !denied && sentences.len() as f32 >= probe.enough;
    enough.then_some(Strength { id: probe.id.clone(), message: probe.title.clone(), sentences })
}

/// What the form of the question asks for. A question of no form asks for nothing in particular, and nobody is told that it is
/// answered.
fn question(
    answer: &Answer,
    evidence: &Evidence,
    form: Option<&Form>,
    found: &[&String],
) -> Option<QuestionReport> {
    if form.is_none() && answer.question.is_none() {
        return None;
    }
    let needs = signals(form.map_or(&[], |f| f.needs.as_slice()), evidence, found, Sure::Hinted);
    let missing: Vec<String> = needs.iter().filter(|n| !n.heard).map(|n| n.title.clone()).collect();
    let mut sentences: Vec<usize> =
        needs.iter().filter(|n| n.heard).flat_map(|n| n.sentences.clone()).collect();
    sentences.sort_unstable();
    sentences.dedup();
    Some(QuestionReport {
        form: form.map(|f| f.id.clone()),
        title: form.map(|f| f.title.clone()).unwrap_or_default(),
        missing,
        sentences,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::fixture::{Story, guide, plain_guide, story};
    use crate::evidence::{Heard, Judgement, ROLES, TAGS};
    use crate::report::Mend;
    use crate::wording;
    use Role::{Action, Context, Result};

    fn sample() -> Story {
        story(&[
            (Context, &[Tag::Tension], "Two teams owned the export, and neither watched it."),
            (Action, &[Tag::Influence, Tag::Early], "I asked both leads for one name each."),
            (Result, &[Tag::Metric], "Failures fell from 9 a week to 1."),
        ])
    }

    fn judge(s: &Story, options: &Options<'_>) -> Report {
        report(&s.answer, &s.evidence, &plain_guide(), options)
    }

    #[test]
    fn a_whole_report() {
        let mut s = sample();
        s.evidence.categories.insert("production_issue".to_owned(), Judgement { p: 0.7, threshold: 0.5 });
        s.evidence.categories.insert("launch_migration".to_owned(), Judgement { p: 0.4, threshold: 0.5 });
        let r = judge(&s, &Options::default());
        assert_eq!((r.abstention, r.answered, r.sentences.len()), (None, 0.99, 3));
        assert_eq!(r.sentences[1].tags.iter().map(|t| t.0).collect::<Vec<_>>(), [Tag::Early, Tag::Influence]);
        assert!(r.findings.iter().any(|f| f.id == "no_lesson"));
        assert!(r.strengths.iter().any(|x| x.id == "drove_alignment" && x.sentences == [1]));
        assert_eq!(r.categories.keys().collect::<Vec<_>>(), ["production_issue"]);
        assert!(r.tests.iter().any(|t| t.id == "without_authority" && t.heard));
        assert!(r.ways.iter().any(|t| t.id == "raises_bar" && !t.heard));
        assert_eq!(r.question, None);
        let verdict = r.verdict.expect("a verdict");
        assert_eq!((verdict.level, verdict.criteria.len()), (3, 4));
        assert!(!r.follow_ups.is_empty());
    }

    #[test]
    fn it_abstains() {
        let mut s = sample();
        s.evidence.answered = Judgement { p: 0.1, threshold: 0.5 };
        let r = judge(&s, &Options::default());
        assert_eq!((r.abstention, r.answered, r.sentences.len()), (Some(Abstention::NotAnAnswer), 0.1, 3));
        assert_eq!(r, silent(&s.evidence, Some(Abstention::NotAnAnswer)));
        let r = judge(&story(&[]), &Options::default());
        assert_eq!((r.abstention, r.verdict), (Some(Abstention::NoText), None));
    }

    #[test]
    fn what_is_doubtful_is_shown_but_not_praised() {
        let mut s = sample();
        let influence = Tag::Influence.index();
        s.evidence.thresholds[influence] = 0.3;
        for (p, praised) in [(0.4, false), (0.6, false), (0.7, true)] {
            s.evidence.sentences[1].tags[influence] = p;
            let r = judge(&s, &Options::default());
            assert!(r.sentences[1].tags.contains(&(Tag::Influence, p)));
            assert_eq!(r.strengths.iter().any(|x| x.id == "drove_alignment"), praised, "{p}");
        }
    }

    #[test]
    fn an_answer_with_a_fault_is_of_no_high_level() {
        let levels = [0.0, 0.0, 0.1, 0.2, 0.7];
        let guide = guide();
        let level = |s: &Story, options: &Options<'_>| {
            report(&s.answer, &s.evidence, &guide, options).verdict.expect("a verdict").level
        };
        let mut s = detect::ALL.iter().fold(sample(), |s, d| s.judged(d.id, 0.0));
        s.evidence.levels = levels;
        assert_eq!(level(&s, &Options::default()), 5, "a suggestion is none");
        s = s.judged("no_ownership", 0.6);
        assert_eq!(level(&s, &Options::default()), 5, "nor is what is only likely");
        s = s.judged("no_ownership", 0.9);
        assert_eq!(level(&s, &Options::default()), guide.level_with_fault);
        let unasked = Options { select: &|_| false, ..Options::default() };
        assert_eq!(level(&s, &unasked), guide.level_with_fault, "whatever is looked for");
    }

    #[test]
    fn only_selected_mistakes_are_looked_for() {
        let r = judge(&sample(), &Options { select: &|id| id == "no_stakes", ..Options::default() });
        assert_eq!(r.findings.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(), ["no_stakes"]);
    }

    #[test]
    fn the_question_is_answered_or_not() {
        let (guide, mut s) = (guide(), sample());
        let ask = |s: &Story, id: &str| {
            let form = guide.form.iter().find(|f| f.id == id);
            let options = Options { form, ..Options::default() };
            report(&s.answer, &s.evidence, &guide, &options).question
        };
        let q = ask(&s, "alignment").expect("a question");
        assert_eq!((q.form.as_deref(), q.is_answered()), (Some("alignment"), Some(true)));
        assert_eq!(q.sentences, [0, 1, 2]);
        let q = ask(&s, "found_before_customer").expect("a question");
        assert_eq!((q.is_answered(), q.missing.len()), (Some(false), 1), "{:?}", q.missing);
        assert_eq!(q.sentences, [1, 2]);
        let unasked = story(&[(Action, &[Tag::Initiative], "It was nobody's, so I fixed the export.")]);
        let q = ask(&unasked, "outside_scope").expect("a question");
        assert_eq!(q.missing, ["what came of it"], "a deed that nobody asked for says what was taken on");
        assert_eq!(ask(&s, "none"), None);
        s.answer.question = Some("What is your favourite tool?".to_owned());
        let q = ask(&s, "none").expect("a question");
        assert_eq!((q.is_answered(), q.form, q.title.as_str()), (None, None, ""));
    }

    fn heard() -> impl Strategy<Value = (Heard, &'static str)> {
        const TEXTS: &[&str] =
            &["I closed it.", "We cut it by 40%.", "Sent notes to Ada.", "", "…", "\"we\" said I"];
        let roles = prop::array::uniform6(0.01f32..1.0);
        let tags = prop::collection::vec(0.0f32..=1.0, TAGS);
        (roles, tags, prop::sample::select(TEXTS)).prop_map(|(raw, p, text)| {
            let sum: f32 = raw.iter().sum();
            let mut roles = [0.0; ROLES];
            let mut tags = [0.0; TAGS];
            raw.iter().zip(&mut roles).for_each(|(x, role)| *role = x / sum);
            tags.copy_from_slice(&p);
            let voice = wording::voice(text, tags[Tag::Team.index()] > 0.5);
            (Heard { roles, tags, voice, addressed: false }, text)
        })
    }

    fn any_story() -> impl Strategy<Value = Story> {
        let levels = prop::array::uniform5(0.0f32..1.0);
        let judged = prop::collection::btree_map(
            (0..detect::ALL.len()).prop_map(|k| detect::ALL[k].id.to_owned()),
            (0.0f32..=1.0, 0.0f32..=1.0).prop_map(|(p, threshold)| Judgement { p, threshold }),
            0..15,
        );
        let thresholds = prop::array::uniform15(0.0f32..=1.0);
        (prop::collection::vec(heard(), 0..24), levels, judged, thresholds).prop_map(
            |(s, levels, judged, t)| {
                let lines: Vec<(Role, &[Tag], &str)> =
                    s.iter().map(|(_, text)| (Context, &[][..], *text)).collect();
                let mut made = story(&lines);
                made.evidence.sentences = s.into_iter().map(|(h, _)| h).collect();
                (made.evidence.levels, made.evidence.mistakes, made.evidence.thresholds) =
                    (levels, judged, t);
                made
            },
        )
    }

    proptest! {
        #[test]
        fn any_evidence_makes_a_sound_report(s in any_story(), form in 0usize..6) {
            let guide = guide();
            let options = Options { form: guide.form.get(form), ..Options::default() };
            let r = report(&s.answer, &s.evidence, &guide, &options);
            prop_assert_eq!(&r, &report(&s.answer, &s.evidence, &guide, &options));
            let n = s.answer.sentences.len();
            prop_assert_eq!(r.sentences.len(), n);
            prop_assert_eq!(r.abstention.is_some(), n == 0);
            for f in &r.findings {
                prop_assert!((0.0..=1.0).contains(&f.confidence), "{} {}", &f.id, f.confidence);
                prop_assert_eq!(f.spans.len(), f.sentences.len());
                for (i, span) in f.sentences.iter().zip(&f.spans) {
                    prop_assert_eq!(*span, s.answer.sentences[*i].span);
                }
                prop_assert!(f.sentences.is_sorted_by(|a, b| a < b), "{} {:?}", &f.id, &f.sentences);
            }
            prop_assert!(r.findings.is_sorted_by(|a, b| a.severity >= b.severity));
            let found = |m: &&Mend| matches!(m, Mend::Finding(i) if *i < r.findings.len());
            prop_assert_eq!(r.mend.iter().filter(found).count(), r.findings.len(), "each once: {:?}", &r.mend);
            prop_assert!(r.follow_ups.len() <= 5);
            for x in r.ways.iter().chain(&r.tests) {
                prop_assert!(x.sentences.iter().all(|&i| i < n));
            }
            if let Some(verdict) = &r.verdict {
                prop_assert!(verdict.score <= 100 && (1..=5).contains(&verdict.level));
                for c in &verdict.criteria {
                    prop_assert!((0.0..=1.0).contains(&c.score) && c.sentences.iter().all(|&i| i < n), "{}", &c.id);
                }
            }
        }
    }
}
