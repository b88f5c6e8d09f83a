use super::super::story::{Point, Standing};
use super::*;
use crate::detect::fixture::guide;

/// A story of a level and a score that passes the first `passes` questions of the pressure test.
fn story(name: &str, level: u8, passes: usize, words: &str) -> Story {
    let guide = guide();
    let point = |(i, p): (usize, &crate::guide::Probe)| Point {
        id: p.id.clone(),
        title: p.title.clone(),
        told: i < passes,
        sentences: Vec::new(),
        text: None,
    };
    Story {
        name: name.to_owned(),
        question: None,
        form: None,
        standing: Ok(Standing { level, score: level * 19 }),
        categories: Vec::new(),
        notes: Vec::new(),
        pressure: guide.pressure.iter().enumerate().map(point).collect(),
        findings: Vec::new(),
        mend: Vec::new(),
        suppressed: 0,
        needs: guide.form.iter().map(|f| vec![true; f.needs.len()]).collect(),
        roles: [0; crate::evidence::ROLES],
        lost: vec![0.0; guide.criterion.len()],
        words: Words::of_question(words),
    }
}

fn silent(name: &str) -> Story {
    let mut story = story(name, 1, 0, "");
    story.standing = Err(Abstention::NoText);
    (story.lost, story.needs) = (Vec::new(), Vec::new());
    story
}

fn of(stories: &[Story], asked: &[Asked]) -> Summary {
    summary(stories, &guide(), asked)
}

#[test]
fn categories_are_covered_or_not() {
    let mut a = story("a", 4, 4, "");
    a.categories = vec!["production_issue".to_owned()];
    let said = of(&[story("b", 4, 4, ""), a], &[]);
    let covered: Vec<(&str, &[usize])> =
        said.categories.iter().map(|c| (c.id.as_str(), c.stories.as_slice())).collect();
    assert!(covered.contains(&("production_issue", &[1])) && covered.contains(&("launch_migration", &[])));
    assert_eq!((said.told, said.mean_score), (2, Some(76.0)));
}

#[test]
fn weak_is_what_is_of_a_low_level_or_of_a_middling_one_and_fails_a_question() {
    let stories =
        [story("a", 3, 4, ""), story("b", 3, 3, ""), story("c", 2, 4, ""), silent("d"), story("e", 4, 3, "")];
    let said = of(&stories, &[]);
    let weak: Vec<(usize, Option<u8>, usize)> =
        said.weak.iter().map(|w| (w.story, w.level, w.fails.len())).collect();
    assert_eq!(weak, [(1, None, 1), (2, Some(2), 0), (3, None, 0)]);
    assert_eq!(said.weak[2].abstention, Some(Abstention::NoText));
}

#[test]
fn an_episode_is_told_once() {
    let near = "dialysis portal phone patients";
    let stories = [
        story("a", 4, 4, "dialysis portal phone nurse"),
        silent("b"),
        story("c", 4, 4, "airport gates ramp planning"),
        story("d", 4, 4, near),
        story("e", 4, 4, "dialysis portal phone nurse"),
    ];
    let said = of(&stories, &[]);
    assert_eq!(said.episodes.len(), 1);
    assert_eq!(said.episodes[0].stories, [0, 3, 4]);
    assert!((0.5..0.9).contains(&said.episodes[0].likeness), "{}", said.episodes[0].likeness);
    assert_eq!(said.compared, 5);
}

#[test]
fn the_story_that_tells_what_is_asked_serves_best() {
    let form = |id: &str| guide().form.iter().position(|f| f.id == id).unwrap();
    let asked = Asked { question: None, form: Some(form("alignment")), words: Words::default() };
    let mut lacking = story("a", 5, 4, "dialysis portal phone nurse");
    lacking.needs[form("alignment")][1] = false;
    let (first, other) =
        (story("b", 3, 4, "dialysis portal phone nurse"), story("c", 3, 4, "airport gates ramp planning"));
    let mut written = story("d", 3, 4, "airport gates ramp planning");
    written.form = Some("alignment".to_owned());
    let mut stories = [lacking, first, other, written, silent("e")];
    for story in &mut stories {
        story.categories = vec!["cross_team_conflict".to_owned()];
    }
    let said = of(&stories, &[asked]);
    let best = &said.serves[0].best;
    assert_eq!(best.iter().map(|s| s.story).collect::<Vec<_>>(), [3, 1, 2]);
    assert!(best[0].written_for && best[0].missing.is_empty() && best[0].heard.len() == 3);
    assert_eq!(said.serves[0].form.as_ref().unwrap().0, "alignment");
}

#[test]
fn a_story_of_the_kind_that_is_asked_for_serves_better_than_a_stronger_one() {
    let at = guide().form.iter().position(|f| f.id == "alignment").unwrap();
    let asked = || [Asked { question: None, form: Some(at), words: Words::default() }];
    let of_kinds = |name, level, kinds: &[&str]| {
        let mut story = story(name, level, 4, "");
        story.categories = kinds.iter().map(|&kind| kind.to_owned()).collect();
        story
    };
    let (rift, both) = ("cross_team_conflict", &["cross_team_conflict", "risk_escalation"][..]);
    let stories =
        [of_kinds("a", 5, &["launch_migration"]), of_kinds("b", 5, both), of_kinds("c", 3, &[rift])];
    let best = |stories: &[Story]| -> Vec<(usize, f32)> {
        of(stories, &asked()).serves[0].best.iter().map(|b| (b.story, b.likeness)).collect()
    };
    assert_eq!(best(&stories), [(2, 1.0), (1, 0.5)], "of no such kind is the first");
    assert_eq!(best(&stories[..1]), [(0, 0.0)], "where nothing else is there");
    assert_eq!(of(&stories, &asked()).serves[0].best[0].kinds, ["a conflict between teams"]);
}

#[test]
fn a_question_of_no_form_is_served_by_its_words() {
    let asked = Asked {
        question: Some("Which gates?".to_owned()),
        form: None,
        words: Words::of_question("Which gates?"),
    };
    let said = of(
        &[story("a", 4, 4, "dialysis portal phone nurse"), story("b", 4, 4, "airport gates ramp planning")],
        &[asked],
    );
    let best: Vec<usize> = said.serves[0].best.iter().map(|s| s.story).collect();
    assert_eq!(best, [1]);
    assert_eq!(said.serves[0].form, None);
}

#[test]
fn the_weakest_link_is_the_criterion_that_costs_most() {
    let (mut a, mut b) = (story("a", 4, 4, ""), story("b", 3, 4, ""));
    let at = guide().criterion.iter().position(|c| c.id == "measured").unwrap();
    (a.lost[0], a.lost[at], b.lost[at]) = (6.0, 2.0, 9.0);
    let link = of(&[a, b], &[]).weakest.unwrap();
    assert_eq!((link.criterion.as_str(), link.lost), ("measured", 11.0));
    assert_eq!(link.stories, [(1, 9.0), (0, 2.0)]);
    assert!(link.help.contains("figure"), "{}", link.help);
    assert_eq!(of(&[story("a", 5, 4, "")], &[]).weakest, None);
    assert_eq!(of(&[], &[]).weakest, None);
}

#[test]
fn copies_of_one_episode_take_one_place_for_a_question() {
    let form = Asked { question: None, form: Some(0), words: Words::default() };
    let stories = [
        story("a", 4, 4, "dialysis portal phone nurse"),
        story("a copy", 5, 4, "dialysis portal phone nurse"),
        story("b", 3, 4, "airport gates ramp planning"),
        story("b copy", 3, 4, "airport gates ramp planning"),
        story("c", 2, 4, "ticketing payment freeze calendar"),
    ];
    let best: Vec<usize> = of(&stories, &[form]).serves[0].best.iter().map(|b| b.story).collect();
    assert_eq!(best, [1, 2, 4], "the best of each");
}
