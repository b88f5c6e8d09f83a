//! Banks made by hand.

use proptest::prelude::*;

use super::*;
use crate::bank::{Named, Words};
use crate::detect::fixture::guide;
use crate::report::Abstention;

fn noise() -> Noise {
    Noise { points: 3, level_changes: 0.05, guide: "g".to_owned() }
}

/// A story of a name, a score and words; the score lies in the first criterion alone.
fn story(name: &str, score: Option<u8>, words: &str) -> Kept {
    let mut lost = vec![0.0; guide().criterion.len()];
    lost[0] = 100.0 - f32::from(score.unwrap_or(0));
    Kept {
        name: format!("bank/{name}"),
        named: Named::File,
        label: name.to_owned(),
        digest: words.bytes().fold(7, |sum: u64, b| sum.wrapping_mul(31).wrapping_add(u64::from(b)))
            & 0xffff_ffff,
        standing: score
            .map(|score| Standing { level: (score / 20).clamp(1, 5), score })
            .ok_or(Abstention::NotAnAnswer),
        categories: Vec::new(),
        notes: Vec::new(),
        pressure: Vec::new(),
        findings: Vec::new(),
        hidden: Vec::new(),
        roles: [1; 6],
        deeds: Deeds { i: 2, we: 1 },
        lost: if score.is_some() { lost } else { Vec::new() },
        words: Words::of_question(words),
    }
}

/// A record that goes by its line.
fn line(number: usize, words: &str) -> Kept {
    let (name, label) = (format!("bank:{number}"), format!("line {number}"));
    Kept { name, label, named: Named::Line, ..story("", Some(50), words) }
}

fn part(name: &str, words: &str) -> Kept {
    Kept { named: Named::Part, ..story(name, Some(50), words) }
}

/// Old name, new name and how it was found, of each pair; the names of the old bank alone, and of the new one alone.
type Found = (Vec<(String, String, By)>, Vec<String>, Vec<String>);

fn found(old: &[Kept], new: &[Kept]) -> Found {
    of(old, new, |d| {
        let pairs = d.pairs.iter().map(|p| (p.old.label.clone(), p.new.label.clone(), p.by)).collect();
        let names = |alone: &[Alone<'_>]| alone.iter().map(|a| a.story.label.clone()).collect();
        (pairs, names(&d.gone), names(&d.added))
    })
}

fn of<T>(old: &[Kept], new: &[Kept], see: impl FnOnce(&Delta<'_>) -> T) -> T {
    let (none, guide) = (BTreeSet::new(), guide());
    let side = |stories| Side { stories, unread: &none };
    see(&delta(side(old), side(new), &guide, &noise()))
}

fn score(pair: &Pair<'_>) -> Option<i16> {
    pair.gain.as_ref().map(|gain| gain.score)
}

fn pairs(known: &[(&str, &str, By)]) -> Vec<(String, String, By)> {
    known.iter().map(|(a, b, by)| ((*a).to_owned(), (*b).to_owned(), *by)).collect()
}

const DIALYSIS: &str = "dialysis portal phone nurse";
const GATES: &str = "airport gates ramp planning";
const FREEZE: &str = "ticketing payment freeze calendar";

#[test]
fn the_same_text_goes_before_the_name() {
    let old = [story("1", Some(50), DIALYSIS), story("2", Some(50), GATES), story("3", Some(50), FREEZE)];
    let new = [
        story("1", Some(50), "quarterly audit ledger"),
        story("2", Some(50), DIALYSIS),
        story("3", Some(50), GATES),
        story("4", Some(50), "ticketing payment freeze board"),
    ];
    let known = pairs(&[("1", "2", By::Text), ("2", "3", By::Text), ("3", "4", By::Likeness)]);
    assert_eq!(found(&old, &new), (known, vec![], vec!["1".to_owned()]));
    of(&old, &new, |d| assert!(d.pairs[..2].iter().all(|p| p.same && score(p) == Some(0) && p.is_renamed())));
}

#[test]
fn a_name_goes_before_the_words() {
    let old = [story("a", Some(50), DIALYSIS)];
    let (by_name, gone, added) = found(&old, &[story("a", Some(50), GATES)]);
    assert_eq!(by_name, pairs(&[("a", "a", By::Name)]));
    assert!(gone.is_empty() && added.is_empty());
    of(&old, &[story("a", Some(50), GATES)], |d| {
        assert!(d.pairs.iter().all(|p| p.is_doubtful() && !p.same && !p.is_renamed()));
    });
}

#[test]
fn who_keeps_a_copy_of_what_is_revised_has_revised_it() {
    let old = [story("a", Some(50), DIALYSIS), story("b", Some(50), GATES)];
    let new = [
        story("a", Some(60), "dialysis portal phone patients"),
        story("a-old", Some(50), DIALYSIS),
        story("b", Some(50), GATES),
    ];
    let known = pairs(&[("a", "a", By::Name), ("b", "b", By::Name)]);
    assert_eq!(found(&old, &new), (known, vec![], vec!["a-old".to_owned()]));
}

#[test]
fn a_stub_goes_by_its_name() {
    let old = [story("a", None, "todo"), story("b", Some(50), GATES)];
    let new = [story("a", Some(50), DIALYSIS), story("b", Some(50), GATES), story("c", None, "todo")];
    let known = pairs(&[("a", "a", By::Name), ("b", "b", By::Name)]);
    assert_eq!(found(&old, &new), (known, vec![], vec!["c".to_owned()]));
}

#[test]
fn what_was_written_anew_keeps_its_name_before_one_that_is_hardly_likelier() {
    let shared = "dialysis portal phone nurse ward shift bed lamp";
    let old = [story("a", Some(50), shared)];
    let near = story("c", Some(50), "dialysis portal airport gates ramp planning ledger freeze");
    let new = [story("a", Some(50), "quarterly audit"), near.clone()];
    let likeness = old[0].words.likeness(&near.words);
    assert!((SAME_EPISODE..2.0 * SAME_EPISODE).contains(&likeness), "{likeness}");
    assert_eq!(found(&old, &new).0, pairs(&[("a", "a", By::Name)]));
}

#[test]
fn a_story_with_another_name_is_found_by_its_words() {
    let old = [story("a", Some(50), DIALYSIS), story("b", Some(50), GATES), story("c", Some(50), FREEZE)];
    let near = "dialysis portal phone patients";
    let new =
        [story("d", Some(50), near), story("c", Some(50), FREEZE), story("e", Some(50), "quarterly audit")];
    let (by, gone, added) = found(&old, &new);
    assert_eq!(by, pairs(&[("a", "d", By::Likeness), ("c", "c", By::Name)]));
    assert_eq!((gone, added), (vec!["b".to_owned()], vec!["e".to_owned()]));
    of(&old, &new, |d| assert!(d.pairs[0].is_renamed() && !d.pairs[1].is_renamed() && d.pairs[1].same));
}

#[test]
fn the_most_alike_are_paired_first() {
    let old = [
        story("a", Some(50), "dialysis portal phone"),
        story("b", Some(50), "dialysis portal phone nurse shift"),
    ];
    let new = [story("c", Some(50), "dialysis portal phone nurse"), story("d", Some(50), "dialysis portal")];
    assert_eq!(found(&old, &new).0, pairs(&[("b", "c", By::Likeness), ("a", "d", By::Likeness)]));
}

#[test]
fn lines_are_no_names() {
    let old = [line(1, DIALYSIS), line(2, GATES)];
    let new = [line(1, FREEZE), line(2, DIALYSIS), line(3, "airport gates ramp crew")];
    let (by, gone, added) = found(&old, &new);
    assert_eq!(by, pairs(&[("line 1", "line 2", By::Text), ("line 2", "line 3", By::Likeness)]));
    assert_eq!((gone, added), (vec![], vec!["line 1".to_owned()]));
    of(&old, &new, |d| assert!(d.pairs.iter().all(|p| !p.is_renamed())));
}

#[test]
fn a_name_that_stands_twice_goes_by_words_and_then_in_order() {
    let old = [part("x", DIALYSIS), part("x", GATES), part("x", "one text")];
    let new = [part("x", "another matter"), part("x", "airport gates ramp crew"), part("x", DIALYSIS)];
    let known = pairs(&[("x", "x", By::Turn), ("x", "x", By::Likeness), ("x", "x", By::Text)]);
    assert_eq!(found(&old, &new), (known, vec![], vec![]));
}

#[test]
fn a_story_whose_list_went_to_others_is_looked_for_again() {
    let words = |n: usize| format!("dialysis portal phone nurse shift{n} ward{n}");
    let many = |from: usize| (from..from + 40).map(|n| line(n, &words(n))).collect::<Vec<_>>();
    let (by, gone, added) = found(&many(1), &many(100));
    assert_eq!((by.len(), gone.len(), added.len()), (40, 0, 0));
}

#[test]
fn what_became_of_a_story() {
    let old = [
        story("better", Some(40), ""),
        story("worse", Some(80), ""),
        story("noise", Some(50), ""),
        story("refused", Some(90), ""),
        story("told", None, ""),
        story("untold", None, ""),
    ];
    let new = [
        story("better", Some(60), "a1"),
        story("worse", Some(30), "a2"),
        story("noise", Some(52), "a3"),
        story("refused", None, "a4"),
        story("told", Some(70), "a5"),
        story("untold", None, "a6"),
    ];
    of(&old, &new, |d| {
        assert_eq!(
            d.pairs.iter().map(|p| p.turn).collect::<Vec<_>>(),
            [Turn::Better, Turn::Worse, Turn::WithinNoise, Turn::Refused, Turn::ToldNow, Turn::Untold]
        );
        assert_eq!((d.scored, d.score, d.is_worse()), (3, 20 - 50 + 2, true));
        assert_eq!(d.parts[0].points, -28);
        assert_eq!((d.old.told, d.new.told), (4, 4));
        assert_eq!((d.old.mean_score, d.new.mean_score), (Some(65.0), Some(53.0)));
        assert_eq!(d.pairs[3].gain, None);
        assert_eq!(d.old.weakest.as_ref().unwrap().criterion, guide().criterion[0].id);
    });
    of(&old[..1], &new[..1], |d| assert!(!d.is_worse()));
    of(&old[3..4], &new[3..4], |d| assert!(d.is_worse(), "a refusal is worse"));
}

#[test]
fn findings_are_mended_made_left_or_hidden() {
    let guide = guide();
    let ids: Vec<String> = guide.mistake.iter().take(5).map(|m| m.id.clone()).collect();
    let (mut old, mut new) = (story("a", Some(40), ""), story("a", Some(60), ""));
    old.findings = ids[..4].to_vec();
    new.findings = vec![ids[1].clone(), ids[4].clone()];
    new.hidden = vec![ids[2].clone(), "heroics".to_owned()];
    of(&[old.clone()], &[new.clone()], |d| {
        let p = d.pairs[0].gain.as_ref().unwrap();
        assert_eq!((&p.fixed, &p.left), (&vec![ids[0].as_str(), ids[3].as_str()], &vec![ids[1].as_str()]));
        assert_eq!((&p.hidden, &p.found), (&vec![ids[2].as_str()], &vec![ids[4].as_str()]));
        let of =
            |id: &str| d.findings.iter().find(|f| f.id == id).map(|f| (f.fixed, f.found, f.left, f.hidden));
        assert_eq!(
            (of(&ids[0]), of(&ids[4]), of(&ids[2])),
            (Some((1, 0, 0, 0)), Some((0, 1, 0, 0)), Some((0, 0, 0, 1)))
        );
        assert_eq!(d.findings.len(), 5);
    });
    new.standing = Err(Abstention::NotAnAnswer);
    of(&[old], &[new], |d| {
        assert!(d.pairs[0].gain.is_none() && d.findings.is_empty(), "none is mended by no answer")
    });
}

#[test]
fn what_could_not_be_read_was_not_taken_out() {
    let (old, new) =
        ([story("a", Some(40), DIALYSIS), story("b#One", Some(40), GATES)], [story("c", Some(40), FREEZE)]);
    let (none, unread, guide) = (BTreeSet::new(), BTreeSet::from(["b".to_owned()]), guide());
    let d = delta(
        Side { stories: &old, unread: &none },
        Side { stories: &new, unread: &unread },
        &guide,
        &noise(),
    );
    assert_eq!(d.gone.iter().map(|a| a.unread).collect::<Vec<_>>(), [false, true]);
    assert!(!d.added[0].unread);
}

/// Stories of few names and few words, so that many names and likenesses are equal.
fn banks() -> impl Strategy<Value = Vec<Kept>> {
    let words = ["dialysis", "portal", "airport", "gates", "ledger", "freeze"];
    let one = (0..8usize, prop::collection::vec(0..words.len(), 0..5), prop::option::of(0..=100u8), 0..3u8);
    prop::collection::vec(one, 0..12).prop_map(move |all| {
        let one = |(at, (name, of, score, named)): (usize, (usize, Vec<usize>, Option<u8>, u8))| {
            let text: Vec<&str> = of.iter().map(|w| words[*w]).collect();
            let mut kept = story(&format!("n{name}"), score, &text.join(" "));
            if named == 0 {
                (kept.named, kept.label) = (Named::Line, format!("line {at}"));
            }
            kept
        };
        all.into_iter().enumerate().map(one).collect()
    })
}

proptest! {
    #[test]
    fn every_story_is_told_once_and_the_parts_add_up(old in banks(), new in banks()) {
        of(&old, &new, |d| {
            let mut places: Vec<usize> = d.pairs.iter().map(|p| p.place).chain(d.added.iter().map(|a| a.place)).collect();
            places.sort_unstable();
            assert_eq!(places, (0..new.len()).collect::<Vec<_>>());
            let was = |kept: &Kept| old.iter().position(|o| std::ptr::eq(o, kept)).unwrap();
            let mut places: Vec<usize> =
                d.pairs.iter().map(|p| was(p.old)).chain(d.gone.iter().map(|a| a.place)).collect();
            places.sort_unstable();
            assert_eq!(places, (0..old.len()).collect::<Vec<_>>());
            for pair in &d.pairs {
                assert!(pair.gain.as_ref().is_none_or(|g| g.parts.iter().sum::<i16>() == g.score));
            }
            assert_eq!(d.parts.iter().map(|p| p.points).sum::<i64>(), d.score);
            assert_eq!(Turn::ALL.iter().map(|t| d.count(*t)).sum::<usize>(), d.pairs.len());
        });
    }

    #[test]
    fn the_same_bank_is_as_it_was(bank in banks()) {
        of(&bank, &bank, |d| {
            assert_eq!((d.pairs.len(), d.score, d.is_worse()), (bank.len(), 0, false));
            assert!(d.pairs.iter().filter_map(|p| p.gain.as_ref()).all(|g| g.score == 0 && g.fixed.is_empty()));
            assert_eq!(d.means.map(|m| m.0), d.means.map(|m| m.1));
        });
    }

    #[test]
    fn the_order_of_the_records_changes_nothing(old in banks(), new in banks(), turn in 0..12usize) {
        // With a name once in each bank no likeness is equal to another that matters.
        let once = |bank: Vec<Kept>| {
            let mut seen = BTreeSet::new();
            bank.into_iter().filter(|k| k.key().is_some() && seen.insert(k.label.clone())).collect::<Vec<_>>()
        };
        let (old, new) = (once(old), once(new));
        let named = |(pairs, _, _): Found| {
            let mut pairs: Vec<_> = pairs.into_iter().filter(|p| p.2 == By::Name).map(|p| p.0).collect();
            pairs.sort();
            pairs
        };
        let mut turned = new.clone();
        turned.rotate_left(turn.min(new.len()));
        let mut back = old.clone();
        back.reverse();
        prop_assert_eq!(named(found(&old, &new)), named(found(&back, &turned)));
        let counts = |d: &Delta<'_>| (d.pairs.len(), d.gone.len(), d.added.len());
        let unchanged = |o: &[Kept]| of(o, o, |d| (counts(d), d.old.mean_score, d.score));
        prop_assert_eq!(unchanged(&old), unchanged(&back));
    }
}
