//! Which story of a bank is which of the other. Pure, and the same for the same two banks.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use rayon::prelude::*;

use super::kept::Kept;
use crate::bank::alike::{Index, SAME_EPISODE};
use crate::bank::names::times;
use crate::bank::summary::MOST_COMPARED;

/// The most alike of the other bank that are remembered for a story, so that memory does not grow with the square of their
/// number. Only a story whose whole list went to others is looked for once more.
const REMEMBERED: usize = 32;

/// The likeness from which on a story under another name is taken before one under its own that has little in common with it:
/// far above that of one episode, for a text that was written anew shares few words with the old one.
const FAR_LIKELIER: f32 = 2.0 * SAME_EPISODE;

/// How a story was found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Both banks have one story of this name.
    Name,
    /// It is the same to the letter.
    Text,
    /// No two of those that were left are more alike.
    Likeness,
    /// Its name stands more than once in a bank, and it is the next of that name.
    Turn,
}

/// The places of a story in both banks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) old: usize,
    pub(super) new: usize,
    pub(super) by: By,
}

/// The stories that are not found again yet, by place.
struct Free<'a> {
    old: &'a [Kept],
    new: &'a [Kept],
    left_old: Vec<usize>,
    left_new: Vec<usize>,
    found: Vec<Place>,
}

/// Finds each story again: by a name that both banks have once and the same text; then those that are the same to the letter,
/// as when files are numbered anew; then by such a name alone, and after it by the letter again; then by likeness, from that
/// of one episode on, the most alike first; then by a name that stands several times, in order. A name under which two
/// texts have little in common waits until it is seen whether the story went to another name. Each story is in one pair at
/// most. The pairs are in the order of the new bank; with them comes how many stories were too many to be looked for by
/// likeness.
pub(super) fn pair<'a>(old: &'a [Kept], new: &'a [Kept]) -> (Vec<Place>, usize) {
    let mut free = Free { old, new, left_old: by_name(old), left_new: by_name(new), found: Vec::new() };
    let [names_old, names_new] = [old, new].map(|bank| times(bank.iter().filter_map(Kept::key)));
    let once = |key: &&str| names_old.get(key) == Some(&1) && names_new.get(key) == Some(&1);
    let name = |kept: &'a Kept| kept.key().filter(once);
    free.equal(By::Name, |kept| Some((name(kept)?, kept.digest)), |_, _| true);
    // A copy under a new name is not what became of a story that was revised under its own.
    let is_copy = |o: &Kept, n: &Kept| {
        let known =
            |kept: &Kept, names: &HashMap<&str, usize>| kept.key().is_some_and(|k| names.contains_key(k));
        known(o, &names_new) && !known(n, &names_old)
    };
    let texts = [(&free.left_old, old), (&free.left_new, new)]
        .map(|(left, bank)| times(left.iter().map(|&place| bank[place].digest)));
    let single = |kept: &Kept| texts.iter().all(|t| t.get(&kept.digest) == Some(&1));
    // what has no score, such as a stub, is known by its name
    free.equal(
        By::Text,
        |kept| Some(kept.digest).filter(|_| kept.standing.is_ok() && single(kept)),
        |o, n| !is_copy(o, n),
    );
    free.equal(By::Name, name, is_likely);
    free.equal(By::Text, |kept| Some(kept.digest), |_, _| true);
    if free.left_old.iter().any(|&o| name(&old[o]).is_some()) {
        free.alike(FAR_LIKELIER);
        free.equal(By::Name, name, |_, _| true);
    }
    let unsought = free.alike(SAME_EPISODE);
    free.equal(By::Turn, Kept::key, |_, _| true);
    let mut found = free.found;
    found.sort_by_key(|place| place.new);
    (found, unsought)
}

/// The places of stories in the order of their names, so that nothing depends on that of the records; those of one name, or
/// of none, in their own.
fn by_name(bank: &[Kept]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..bank.len()).collect();
    places.sort_by(|&a, &b| bank[a].key().cmp(&bank[b].key()));
    places
}

/// Whether two texts under one name are likely one story. Of what has no score the name is all that is known.
fn is_likely(old: &Kept, new: &Kept) -> bool {
    let scored = old.standing.is_ok() && new.standing.is_ok();
    !scored || old.words.likeness(&new.words) >= SAME_EPISODE
}

impl<'a> Free<'a> {
    /// Pairs those for which `key` gives the same and which `fit`, the first of the one bank with the first of the other.
    fn equal<K: Hash + Eq>(
        &mut self,
        by: By,
        key: impl Fn(&'a Kept) -> Option<K>,
        fit: impl Fn(&Kept, &Kept) -> bool,
    ) {
        let mut places: HashMap<K, VecDeque<usize>> = HashMap::new();
        for &n in &self.left_new {
            if let Some(key) = key(&self.new[n]) {
                places.entry(key).or_default().push_back(n);
            }
        }
        let mut found = Vec::new();
        for &o in &self.left_old {
            let Some(next) = key(&self.old[o]).and_then(|k| places.get_mut(&k)) else { continue };
            if let Some(new) = next.pop_front_if(|n| fit(&self.old[o], &self.new[*n])) {
                found.push(Place { old: o, new, by });
            }
        }
        self.take(&found);
    }

    /// Pairs the most alike, from this likeness on; how many stories of both banks were not looked at.
    fn alike(&mut self, least: f32) -> usize {
        let first = |left: &[usize]| left.iter().copied().take(MOST_COMPARED).collect::<Vec<_>>();
        let (old, new) = (first(&self.left_old), first(&self.left_new));
        let index = Index::new(new.iter().map(|&n| &self.new[n].words));
        let near = |o: usize, free: &(dyn Fn(usize) -> bool + Sync)| {
            let mut near = index.likest(&self.old[o].words, REMEMBERED, free);
            near.retain(|&(_, likeness)| likeness >= least);
            near
        };
        let lists: Vec<Vec<(usize, f32)>> = old.par_iter().map(|&o| near(o, &|_| true)).collect();
        // by their places among those that are left, so that of equals the first by name is taken
        let mut all: Vec<(f32, usize, usize)> = Vec::new();
        for (o, list) in lists.iter().enumerate() {
            all.extend(list.iter().map(|&(n, likeness)| (likeness, o, n)));
        }
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let (mut gone, mut come) = (vec![false; old.len()], vec![false; new.len()]);
        let mut found = Vec::new();
        let place = |o: usize, n: usize| Place { old: old[o], new: new[n], by: By::Likeness };
        for (_, o, n) in all {
            if !gone[o] && !come[n] {
                (gone[o], come[n]) = (true, true);
                found.push(place(o, n));
            }
        }
        for o in (0..old.len()).filter(|&o| !gone[o] && lists[o].len() == REMEMBERED) {
            if let Some(&(n, _)) = near(old[o], &|n| !come[n]).first() {
                come[n] = true;
                found.push(place(o, n));
            }
        }
        let unsought = self.left_old.len() - old.len() + self.left_new.len() - new.len();
        self.take(&found);
        unsought
    }

    fn take(&mut self, found: &[Place]) {
        let (mut gone, mut come) = (vec![false; self.old.len()], vec![false; self.new.len()]);
        found.iter().for_each(|place| (gone[place.old], come[place.new]) = (true, true));
        self.left_old.retain(|&o| !gone[o]);
        self.left_new.retain(|&n| !come[n]);
        self.found.extend_from_slice(found);
    }
}
