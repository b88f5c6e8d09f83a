//! Which story of a bank is which of the other. Pure, and the same for the same two banks.

use std::collections::HashMap;
use std::collections::{BTreeMap, VecDeque};
use std::hash::Hash;

use rayon::prelude::*;

use super::kept::Kept;
use crate::bank::alike::Index;
use crate::bank::summary::MOST_COMPARED;

/// The most alike of the other bank that are remembered for a story, so that memory does not grow with the square of their
/// number. Only a story whose whole list went to others is looked for once more.
const REMEMBERED: usize = 32;

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

/// Finds each story again: by a name that both banks have once; then those that are the same to the letter; then by
/// likeness, from that of one episode on, the most alike first; then by a name that stands several times, in order. Each
/// story is in one pair at most. The pairs are in the order of the new bank; with them comes how many stories were too many
/// to be looked for by likeness.
pub(super) fn pair(old: &[Kept], new: &[Kept]) -> (Vec<Place>, usize) {
    let (left_old, left_new) = ((0..old.len()).collect(), (0..new.len()).collect());
    let mut free = Free { old, new, left_old, left_new, found: Vec::new() };
    let (once_old, once_new) = (names(old), names(new));
    let once = |key: &&str| once_old.get(key) == Some(&1) && once_new.get(key) == Some(&1);
    free.equal(By::Name, |kept| kept.key().filter(once));
    free.equal(By::Text, |kept| Some(kept.text));
    let unsought = free.alike();
    free.equal(By::Turn, Kept::key);
    let mut found = free.found;
    found.sort_by_key(|place| place.new);
    (found, unsought)
}

/// How often each name stands in a bank.
fn names(bank: &[Kept]) -> BTreeMap<&str, usize> {
    let mut names = BTreeMap::new();
    bank.iter().filter_map(Kept::key).for_each(|key| *names.entry(key).or_insert(0) += 1);
    names
}

impl<'a> Free<'a> {
    /// Pairs those for which `key` gives the same, the first of the one bank with the first of the other.
    fn equal<K: Hash + Eq>(&mut self, by: By, key: impl Fn(&'a Kept) -> Option<K>) {
        let mut places: HashMap<K, VecDeque<usize>> = HashMap::new();
        for &n in &self.left_new {
            if let Some(key) = key(&self.new[n]) {
                places.entry(key).or_default().push_back(n);
            }
        }
        let mut found = Vec::new();
        for &o in &self.left_old {
            let next = key(&self.old[o]).and_then(|k| places.get_mut(&k)?.pop_front());
            found.extend(next.map(|new| Place { old: o, new, by }));
        }
        self.take(&found);
    }

    /// Pairs the most alike; how many stories of both banks were not looked at.
    fn alike(&mut self) -> usize {
        let first = |left: &[usize]| left.iter().copied().take(MOST_COMPARED).collect::<Vec<_>>();
        let (old, new) = (first(&self.left_old), first(&self.left_new));
        let index = Index::new(new.iter().map(|&n| &self.new[n].words));
        let near = |o: usize, free: &(dyn Fn(usize) -> bool + Sync)| {
            index.likest(&self.old[o].words, REMEMBERED, |i| free(new[i]))
        };
        let lists: Vec<Vec<(usize, f32)>> = old.par_iter().map(|&o| near(o, &|_| true)).collect();
        let mut all: Vec<(f32, usize, usize)> = Vec::new();
        for (&o, list) in old.iter().zip(&lists) {
            all.extend(list.iter().map(|&(i, likeness)| (likeness, o, new[i])));
        }
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let (mut gone, mut come) = (vec![false; self.old.len()], vec![false; self.new.len()]);
        let mut found = Vec::new();
        for (_, o, n) in all {
            if !gone[o] && !come[n] {
                (gone[o], come[n]) = (true, true);
                found.push(Place { old: o, new: n, by: By::Likeness });
            }
        }
        for (&o, _) in old.iter().zip(&lists).filter(|(o, list)| !gone[**o] && list.len() == REMEMBERED) {
            if let Some(&(i, _)) = near(o, &|n| !come[n]).first() {
                let n = new[i];
                come[n] = true;
                found.push(Place { old: o, new: n, by: By::Likeness });
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
