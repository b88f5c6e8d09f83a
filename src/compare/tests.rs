//! Two versions with reports made by hand.

use super::*;
use crate::detect::fixture;
use crate::report::{Abstention, Criterion, SentenceReport, Severity};
use crate::text::SourceKind;

const NOISE: u8 = 4;

fn noise() -> Noise {
    Noise { points: NOISE, level_changes: 0.05, guide: "g".to_owned() }
}

/// An answer of sentences, each with a role, a voice and tags.
fn version(lines: &[(Role, Voice, &[Tag], &str)], verdict: Option<(u8, u8)>) -> (Answer, Report) {
    let source = lines.iter().map(|l| l.3).collect::<Vec<_>>().join("\n\n");
    let answer = Answer::parse("a.md", source, SourceKind::Markdown);
    assert_eq!(answer.sentences.len(), lines.len());
    let sentence = |(role, voice, tags, _): &(Role, Voice, &[Tag], &str)| SentenceReport {
        role: *role,
        roles: vec![(*role, 1.0)],
        tags: tags.iter().map(|t| (*t, 0.9)).collect(),
        voice: *voice,
    };
    let abstention = if verdict.is_some() { None } else { Some(Abstention::NotAnAnswer) };
    let mut report = Report::silent(abstention, 0.9, lines.iter().map(sentence).collect());
    report.verdict = verdict.map(|(level, score)| Verdict {
        level,
        levels: [0.2; 5],
        score,
        criteria: vec![criterion("a", f32::from(score)), criterion("b", 0.0)],
    });
    (answer, report)
}

fn criterion(id: &str, points: f32) -> Criterion {
    let (id, title) = (id.to_owned(), String::new());
    Criterion { id, title, score: points / 50.0, weight: 50.0, sentences: Vec::new() }
}

fn finding(id: &str, sentences: &[usize]) -> Finding {
    Finding { sentences: sentences.to_vec(), ..fixture::finding(id, Severity::Warning) }
}

/// No text is like another.
fn apart(texts: &[&str]) -> Result<Vec<Vec<f32>>, ()> {
    let unit = |i| (0..texts.len()).map(|k| if i == k { 1.0 } else { 0.0 }).collect();
    Ok((0..texts.len()).map(unit).collect())
}

fn compared<'a>(old: &'a (Answer, Report), new: &'a (Answer, Report)) -> Delta<'a> {
    let side = |(answer, report): &'a (Answer, Report)| Side { answer, report };
    compare(side(old), side(new), &noise(), apart).unwrap()
}

const LINES: [(Role, Voice, &[Tag], &str); 3] = [
    (Role::Context, Voice::Other, &[Tag::Tension], "Two teams owned the export."),
    (Role::Action, Voice::We, &[Tag::Hedge, Tag::Team], "We kind of moved it."),
    (Role::Action, Voice::I, &[], "I asked both leads."),
];

#[test]
fn labels_and_deeds_are_counted_in_both() {
    let old = version(&LINES, Some((2, 30)));
    let mut lines = LINES;
    lines[1] = (Role::Result, Voice::I, &[Tag::Metric], "I cut failures by half.");
    let new = version(&lines, Some((4, 60)));
    let d = compared(&old, &new);
    let role = |r: Role| d.roles.iter().find(|c| c.label == r).map(|c| (c.old, c.new));
    assert_eq!((role(Role::Action), role(Role::Result)), (Some((2, 1)), Some((0, 1))));
    assert_eq!(d.roles.len() + d.tags.len(), Role::ALL.len() + Tag::ALL.len());
    assert_eq!((d.old_deeds, d.new_deeds), (Deeds { i: 1, we: 1 }, Deeds { i: 2, we: 0 }));
    assert_eq!((d.old_deeds.share(), d.new_deeds.share()), (Some(50), Some(100)));
    assert_eq!(Deeds { i: 0, we: 0 }.share(), None);
    let of = |kind| d.sentences.iter().find(|c| c.kind == kind).unwrap();
    assert_eq!(of(Kind::Removed).lost, [Tag::Hedge, Tag::Team]);
    assert_eq!(of(Kind::Added).gained, [Tag::Metric]);
    assert_eq!(of(Kind::Kept).gained, []);
}

#[test]
fn the_same_answer_is_within_noise() {
    let same = version(&LINES, Some((3, 50)));
    let d = compared(&same, &same);
    let gain = d.gain.as_ref().unwrap();
    assert_eq!((gain.direction, gain.level, gain.score), (Direction::WithinNoise, 0, 0));
    assert!(gain.parts.iter().all(|p| p.shown == 0) && !d.is_worse());
    assert!(d.sentences.iter().all(|c| c.kind == Kind::Kept && !c.moved));
}

#[test]
fn the_verdict_goes_by_the_band_and_by_a_level_that_agrees() {
    use Direction::{Better, WithinNoise, Worse};
    let band = i16::from(NOISE);
    for (level, score, expected) in [
        (0, band, WithinNoise),
        (0, band + 1, Better),
        (0, -band, WithinNoise),
        (0, -band - 1, Worse),
        (1, 1, Better),
        (-1, -1, Worse),
        (1, 0, WithinNoise),
        (1, -1, WithinNoise),
        (-1, band + 1, Better),
    ] {
        assert_eq!(direction(level, score, &noise()), expected, "{level} {score}");
    }
}

#[test]
fn findings_are_fixed_new_or_left() {
    let (mut old, mut new) = (version(&LINES, Some((2, 30))), version(&LINES, Some((2, 30))));
    old.1.findings = vec![finding("hedging", &[1]), finding("no_lesson", &[])];
    new.1.findings = vec![finding("no_lesson", &[]), finding("vague", &[2])];
    let d = compared(&old, &new);
    let ids = |f: &[&Finding]| f.iter().map(|f| f.id.clone()).collect::<Vec<_>>();
    assert_eq!(
        (ids(&d.findings.fixed), ids(&d.findings.new)),
        (vec!["hedging".into()], vec!["vague".into()])
    );
    assert_eq!(d.findings.left.iter().map(|f| f.1.id.as_str()).collect::<Vec<_>>(), ["no_lesson"]);
    assert_eq!(d.findings.silenced, [] as [&Finding; 0]);
}

#[test]
fn what_a_comment_leaves_out_is_not_mended() {
    let mut old = version(&LINES, Some((2, 30)));
    old.1.findings = vec![finding("hedging", &[1]), finding("no_lesson", &[]), finding("vague", &[2])];
    let mut new = version(&LINES, Some((2, 30)));
    new.1.suppressed = vec!["hedging".to_owned(), "no_lesson".to_owned(), "heroics".to_owned()];
    let d = compared(&old, &new);
    let ids = |f: &[&Finding]| f.iter().map(|f| f.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&d.findings.silenced), ["hedging", "no_lesson"]);
    assert_eq!(ids(&d.findings.fixed), ["vague"]);
}

#[test]
fn a_version_without_a_score_gives_no_verdict() {
    let mut told = version(&LINES, Some((2, 30)));
    told.1.findings = vec![finding("vague", &[2])];
    let refused = version(&LINES, None);
    let d = compared(&told, &refused);
    assert!(d.gain.is_none() && d.refused && d.is_worse());
    assert_eq!(d.findings, Findings::default(), "nothing is mended by being no answer");
    let d = compared(&refused, &told);
    assert!(d.gain.is_none() && !d.refused && !d.is_worse());
    assert!(!compared(&refused, &refused).is_worse());
}
