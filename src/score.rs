//! The pure part of the verdict: criteria and their points, follow-up questions, and in `signals` what the guide's probes hear.
//!
//! May import: `evidence`, `guide`, `report`, `text`, `wording`.

mod signals;

use crate::evidence::{Evidence, Heard, Role, Tag, Voice};
use crate::guide::{self, Clause, Guide, Measure};
use crate::report::{Criterion, Finding, Strength};
use crate::text::Answer;
use crate::wording;

pub use signals::{Sure, clearly, signal};

/// From which probability on a clause is more likely to hold for a sentence than not. Thresholds of tags lie lower, since people say
/// things quietly.
const LIKELY: f32 = 0.5;
/// The most questions that an interviewer is said to ask next.
const FOLLOW_UPS: usize = 5;
/// As many are asked of an answer that leaves little open.
const ASKED_ANYWAY: usize = 2;
/// Points lost in one criterion from which on the interviewer asks about it.
const WORTH_ASKING: f32 = 3.0;

/// Measures every criterion of the guide, in its order.
#[must_use]
pub fn criteria(answer: &Answer, evidence: &Evidence, guide: &Guide) -> Vec<Criterion> {
    let measured = |c: &guide::Criterion| {
        let (score, sentences) = measure(&c.measure, answer, evidence);
        let (id, title) = (c.id.clone(), c.title.clone());
        Criterion { id, title, score: score.clamp(0.0, 1.0), weight: c.weight, sentences }
    };
    guide.criterion.iter().map(measured).collect()
}

/// The score, 0 to 100: the sum of the criteria's points, rounded half up.
#[must_use]
pub fn total(criteria: &[Criterion]) -> u8 {
    criteria.iter().map(Criterion::points).sum::<f32>().round().clamp(0.0, 100.0) as u8
}

/// The level that is as likely to be reached as not: the lowest whose cumulated probability is at least half.
#[must_use]
pub fn median(levels: &[f32; 5]) -> u8 {
    let half = levels.iter().sum::<f32>() / 2.0;
    let mut below = 0.0;
    for (level, p) in (1..).zip(levels) {
        below += p;
        if below >= half {
            return level;
        }
    }
    5
}

/// The level of a score as probabilities, by the scores from which on level 2, 3, 4 and 5 begin.
#[must_use]
pub fn level_of(score: u8, from: [u8; 4]) -> [f32; 5] {
    let reached = from.iter().filter(|&&least| score >= least).count();
    std::array::from_fn(|level| if level == reached { 1.0 } else { 0.0 })
}

/// The levels of an answer that reaches none above `most` with this probability: so much of what the higher ones had is that one's.
#[must_use]
pub fn capped(mut levels: [f32; 5], most: u8, probability: f32) -> [f32; 5] {
    let (kept, above) = levels.split_at_mut(usize::from(most).clamp(1, 5));
    if let Some(last) = kept.last_mut() {
        *last += probability * above.iter().sum::<f32>();
        above.iter_mut().for_each(|p| *p *= 1.0 - probability);
    }
    levels
}

/// What the interviewer will ask next: first about the findings, in their order, then about the criteria that lost
/// most points, unless a finding asks about it already or the report itself shows that it is told. Each question once,
/// at most five. Where these are fewer than two, what is strong is asked about: nobody is asked nothing.
#[must_use]
pub fn follow_ups(
    guide: &Guide,
    evidence: &Evidence,
    findings: &[Finding],
    criteria: &[Criterion],
    strengths: &[Strength],
) -> Vec<String> {
    let mut poor: Vec<&Criterion> = criteria.iter().filter(|c| c.lost() >= WORTH_ASKING).collect();
    poor.sort_by(|a, b| b.lost().total_cmp(&a.lost()));
    let of_finding = |f: &Finding| guide.find_mistake(&f.id).map(|m| m.follow_up.as_str());
    let of_criterion = |c: &&Criterion| {
        let criterion = guide.find_criterion(&c.id)?;
        let found = findings.iter().map(|f| &f.id);
        let settled = criterion.is_told_by(found) || is_told(&criterion.measure, evidence);
        (!settled).then_some(criterion.follow_up.as_str())
    };
    let of_strength = |s: &Strength| guide.strength.iter().find(|g| g.id == s.id)?.follow_up.as_deref();
    let mut questions: Vec<String> = Vec::new();
    let mut ask = |question: &str, most: usize| {
        if questions.len() < most && !question.is_empty() && !questions.iter().any(|q| q == question) {
            questions.push(question.to_owned());
        }
    };
    let doubts = findings.iter().filter_map(of_finding).chain(poor.iter().filter_map(of_criterion));
    doubts.for_each(|question| ask(question, FOLLOW_UPS));
    strengths.iter().filter_map(of_strength).for_each(|question| ask(question, ASKED_ANYWAY));
    questions
}

/// Whether a sentence is shown to say it, however unsure the model is of it: points may be lost over doubt and for more, but
/// nobody is asked for what the report says is there.
fn is_told(measure: &Measure, evidence: &Evidence) -> bool {
    let Measure::Heard { any, .. } = measure else { return false };
    (0..evidence.sentences.len()).any(|i| any.iter().any(|c| is_heard(c, evidence, i)))
}

fn measure(measure: &Measure, answer: &Answer, evidence: &Evidence) -> (f32, Vec<usize>) {
    match measure {
        Measure::Heard { any, enough } => heard(any, *enough, evidence),
        Measure::Voice { enough } => voice(*enough, evidence),
        Measure::Brief { role, most, none } => brief(*role, (*most, *none), answer, evidence),
        Measure::Without { tags, cost } => without(tags, *cost, evidence),
    }
}

/// The expected number of sentences for which a clause holds, over `enough`.
fn heard(any: &[Clause], enough: f32, evidence: &Evidence) -> (f32, Vec<usize>) {
    let p: Vec<f32> = evidence
        .sentences
        .iter()
        .map(|s| any.iter().map(|c| probability(c, s)).fold(0.0, f32::max))
        .collect();
    let is_source = |i: &usize| p[*i] >= LIKELY || any.iter().any(|c| is_heard(c, evidence, *i));
    let sources = (0..p.len()).filter(is_source).collect();
    ((p.iter().sum::<f32>() / enough).min(1.0), sources)
}

/// The share of the deeds that are the narrator's among those told as "I" or "we". Notes without a subject are told as
/// neither: an answer of nothing but such notes is the narrator's.
fn voice(enough: f32, evidence: &Evidence) -> (f32, Vec<usize>) {
    let mine: Vec<usize> = evidence.deeds(Voice::I).collect();
    let ours = evidence.deeds(Voice::We).count();
    if mine.is_empty() && ours == 0 {
        let notes: Vec<usize> = evidence.deeds(Voice::Other).collect();
        return (if notes.is_empty() { 0.0 } else { 1.0 }, notes);
    }
    let share = mine.len() as f32 / (mine.len() + ours) as f32;
    ((share / enough).min(1.0), mine)
}

/// Full points while the role's share of the words is at most the first bound, none from the second on, in a straight
/// line between.
fn brief(role: Role, (most, none): (f32, f32), answer: &Answer, evidence: &Evidence) -> (f32, Vec<usize>) {
    let words = |i: usize| answer.sentences.get(i).map_or(0, |s| wording::count(&s.text));
    let sentences: Vec<usize> = evidence.with_role(role).collect();
    let of_role: usize = sentences.iter().map(|&i| words(i)).sum();
    let all: usize = (0..evidence.sentences.len()).map(words).sum();
    let share = of_role as f32 / all.max(1) as f32;
    (((none - share) / (none - most)).clamp(0.0, 1.0), sentences)
}

/// Full points less `cost` for each sentence in which one of the tags is heard; these are its sentences.
fn without(tags: &[Tag], cost: f32, evidence: &Evidence) -> (f32, Vec<usize>) {
    let offends = |i: &usize| tags.iter().any(|&t| evidence.hears(*i, t));
    let sentences: Vec<usize> = (0..evidence.sentences.len()).filter(offends).collect();
    ((1.0 - cost * sentences.len() as f32).max(0.0), sentences)
}

/// The probability that a clause holds for a sentence; role and tag are taken as independent.
fn probability(clause: &Clause, heard: &Heard) -> f32 {
    clause.role.map_or(1.0, |r| heard.p_role(r)) * clause.tag.map_or(1.0, |t| heard.p_tag(t))
}

fn is_heard(clause: &Clause, evidence: &Evidence, i: usize) -> bool {
    clause.role.is_none_or(|r| evidence.role(i) == r) && clause.tag.is_none_or(|t| evidence.hears(i, t))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::fixture::{self, guide, plain_guide, story};
    use crate::report::Severity;
    use Role::{Action, Context, Result};

    const LINES: [(Role, &[Tag], &str); 5] = [
        (Context, &[Tag::Stakes], "One two three four."),
        (Action, &[], "I did it all."),
        (Action, &[Tag::Authority, Tag::Heroics], "We made them do."),
        (Action, &[Tag::Verification], "Checked every day then."),
        (Result, &[Tag::Metric], "Down to 4 days."),
    ];

    fn near(a: f32, b: f32) -> bool {
        (a - b).abs() < 1e-5
    }

    #[test]
    fn criteria_are_measured() {
        let s = story(&LINES);
        let measured = criteria(&s.answer, &s.evidence, &plain_guide());
        let (outcome, mine) = (&measured[0], &measured[1]);
        let (short, calm) = (&measured[2], &measured[3]);
        // verification and metric at 0.95 or 0.02 each, the result's role at 0.95 or 0.01
        assert!(near(outcome.score, (3.0 * 0.02 + 0.95 + 0.95 * 0.95) / 2.0), "{}", outcome.score);
        assert_eq!(outcome.sentences, [3, 4]);
        // one deed as I, one as we, two notes; a half of 0.8
        assert!(near(mine.score, 0.5 / 0.8));
        assert_eq!(mine.sentences, [1]);
        // a fifth of the words
        assert!(near(short.score, 1.0));
        assert_eq!(short.sentences, [0]);
        assert!(near(calm.score, 0.6), "a sentence costs once");
        assert_eq!(calm.sentences, [2]);
        assert_eq!(total(&measured), (25.0 * (0.95625 + 0.625 + 1.0 + 0.6_f32)).round() as u8);
    }

    #[test]
    fn what_is_above_the_cap_is_the_caps() {
        let levels = [0.0, 0.1, 0.2, 0.3, 0.4];
        assert_eq!(capped(levels, 5, 1.0), levels);
        let low = capped(levels, 3, 0.75);
        assert!(near(low[2], 0.725) && near(low[3], 0.075) && near(low[4], 0.1), "{low:?}");
        assert_eq!((&low[..2], median(&low)), (&levels[..2], 3));
    }

    #[test]
    fn points_end_at_none_and_all() {
        let scene = story(&[LINES[0], LINES[0], LINES[0], LINES[1]]);
        assert!(near(criteria(&scene.answer, &scene.evidence, &plain_guide())[2].score, 0.0));
        let half = story(&[LINES[0], LINES[1]]);
        assert!(near(criteria(&half.answer, &half.evidence, &plain_guide())[2].score, 1.0 / 3.0));
        let drama = story(&[LINES[2]; 4]);
        let measured = criteria(&drama.answer, &drama.evidence, &plain_guide());
        assert_eq!((measured[1].score, measured[3].score), (0.0, 0.0));
        let many = story(&[LINES[3]; 9]);
        assert_eq!(criteria(&many.answer, &many.evidence, &plain_guide())[0].score, 1.0);
    }

    #[test]
    fn notes_are_the_narrators_and_no_deed_is_nobodys() {
        let mine = |lines: &[(Role, &[Tag], &str)]| {
            let s = story(lines);
            let c = criteria(&s.answer, &s.evidence, &plain_guide()).swap_remove(1);
            (c.score, c.sentences)
        };
        assert_eq!(mine(&LINES[3..]), (1.0, vec![0, 1]));
        assert_eq!(mine(&LINES[..1]), (0.0, vec![]));
    }

    #[test]
    fn the_total_is_rounded() {
        let criterion = |weight| Criterion {
            id: String::new(),
            title: String::new(),
            score: 0.5,
            weight,
            sentences: Vec::new(),
        };
        assert_eq!(total(&[]), 0);
        assert_eq!(total(&[criterion(100.0), criterion(1.0)]), 51);
        assert_eq!(total(&[criterion(100.0), criterion(0.9)]), 50);
    }

    #[test]
    fn the_median_level() {
        assert_eq!(median(&[0.0, 0.0, 0.0, 0.4, 0.6]), 5);
        assert_eq!(median(&[0.5, 0.5, 0.0, 0.0, 0.0]), 1, "exactly half is enough");
        assert_eq!(median(&[0.4, 0.05, 0.1, 0.05, 0.4]), 3, "not the most probable");
        assert_eq!(median(&[0.0; 5]), 1);
    }

    fn finding(id: &str) -> Finding {
        fixture::finding(id, Severity::Warning)
    }

    #[test]
    fn follow_ups_are_few_and_ordered() {
        let guide = plain_guide();
        let s = story(&LINES[..3]);
        let measured = criteria(&s.answer, &s.evidence, &guide);
        let findings = [finding("vague"), finding("control"), finding("vague"), finding("unknown")];
        let expected =
            ["What of vague?", "What of control?", "What came of it?", "Who else?", "Which part was yours?"];
        assert_eq!(follow_ups(&guide, &s.evidence, &findings, &measured, &[]), expected);
        let many: Vec<Finding> = guide.mistake.iter().map(|m| finding(&m.id)).collect();
        assert_eq!(follow_ups(&guide, &s.evidence, &many, &measured, &[]).len(), FOLLOW_UPS);
        assert_eq!(follow_ups(&guide, &s.evidence, &[], &[], &[]), [""; 0]);
        let told = follow_ups(&guide, &s.evidence, &[finding("heroics")], &measured, &[]);
        assert_eq!(
            told,
            ["What of heroics?", "What came of it?", "Which part was yours?"],
            "drama is asked about once"
        );
        let mut doubted = story(&[LINES[3], LINES[4]]);
        for (sentence, tag) in doubted.evidence.sentences.iter_mut().zip([Tag::Verification, Tag::Metric]) {
            sentence.tags[tag.index()] = 0.55;
        }
        let measured = criteria(&doubted.answer, &doubted.evidence, &guide);
        assert!(measured[0].weight - measured[0].points() > WORTH_ASKING, "the doubt costs points");
        assert_eq!(
            follow_ups(&guide, &doubted.evidence, &[], &measured, &[]),
            [""; 0],
            "but it is shown as told"
        );
    }

    #[test]
    fn what_is_strong_is_asked_about_where_little_else_is() {
        let guide = guide();
        let s = story(&LINES);
        let strong: Vec<Strength> = guide
            .strength
            .iter()
            .map(|p| Strength { id: p.id.clone(), message: String::new(), sentences: vec![] })
            .collect();
        let all: Vec<&str> = guide.strength.iter().filter_map(|p| p.follow_up.as_deref()).collect();
        assert_eq!(follow_ups(&guide, &s.evidence, &[], &[], &strong), all[..ASKED_ANYWAY]);
        let one = follow_ups(&guide, &s.evidence, &[finding("vague")], &[], &strong);
        assert_eq!((one.len(), one[1].as_str()), (ASKED_ANYWAY, all[0]), "after what is doubted");
        let many = [finding("vague"), finding("control"), finding("heroics")];
        assert_eq!(follow_ups(&guide, &s.evidence, &many, &[], &strong).len(), 3);
    }
}
