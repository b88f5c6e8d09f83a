//! Puts texts that go on from one place into a tree, in which a beginning that several share stands once.

use crate::model::decoder::{Segment, Tree};

/// A tree of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Branches {
    pub(super) tree: Tree,
    /// The tokens of its segments, one after the other.
    pub(super) tokens: Vec<u32>,
    /// The row of each text's last token.
    pub(super) ends: Vec<usize>,
}

impl Branches {
    /// The tree of these texts, of which none is empty.
    pub(super) fn grow(texts: &[Vec<u32>]) -> Branches {
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by(|&a, &b| texts[a].cmp(&texts[b]));
        let mut growing =
            Growing { texts, segments: Vec::new(), tokens: Vec::new(), ends: vec![0; texts.len()] };
        growing.add(&order, 0, None);
        Branches { tree: Tree::new(growing.segments), tokens: growing.tokens, ends: growing.ends }
    }
}

struct Growing<'a> {
    texts: &'a [Vec<u32>],
    segments: Vec<Segment>,
    tokens: Vec<u32>,
    ends: Vec<usize>,
}

impl Growing<'_> {
    /// Adds sorted texts that are alike up to `from`, where segment `parent` ends.
    fn add(&mut self, mut order: &[usize], from: usize, parent: Option<usize>) {
        while let [first, ..] = *order {
            let Some(&token) = self.texts[first].get(from) else {
                // shorter ones come first: it ends where the parent does, which is what was written last
                self.ends[first] = self.tokens.len().saturating_sub(1);
                order = &order[1..];
                continue;
            };
            let alike = order.partition_point(|&i| self.texts[i].get(from) <= Some(&token));
            let (group, rest) = order.split_at(alike);
            let last = &self.texts[group[alike - 1]];
            let shared = self.texts[first].iter().zip(last).skip(from).take_while(|(a, b)| a == b).count();
            self.tokens.extend_from_slice(&self.texts[first][from..from + shared]);
            self.segments.push(Segment { tokens: shared, parent });
            let segment = self.segments.len() - 1;
            self.add(group, from + shared, Some(segment));
            order = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parents(branches: &Branches, segments: &[(usize, Option<usize>)]) {
        let segments = segments.iter().map(|&(tokens, parent)| Segment { tokens, parent }).collect();
        assert_eq!(branches.tree, Tree::new(segments));
    }

    #[test]
    fn what_is_shared_stands_once() {
        let texts = [vec![1, 2, 3, 9], vec![1, 2, 4, 9], vec![5], vec![1, 2]];
        let b = Branches::grow(&texts);
        assert_eq!(b.tokens, [1, 2, 3, 9, 4, 9, 5]);
        parents(&b, &[(2, None), (2, Some(0)), (2, Some(0)), (1, None)]);
        assert_eq!(b.ends, [3, 5, 6, 1]);
    }

    #[test]
    fn equal_texts_are_one() {
        let b = Branches::grow(&[vec![7, 8], vec![7, 8], vec![7, 8, 8]]);
        assert_eq!(b.tokens, [7, 8, 8]);
        assert_eq!(b.ends, [1, 1, 2]);
        assert_eq!(b.tree.positions(10), [10, 11, 12]);
    }

    #[test]
    fn each_text_can_be_read_off_the_tree() {
        // of three tokens, so that many begin alike
        let texts: Vec<Vec<u32>> =
            (1..200u32).map(|i| (0..1 + i % 7).map(|j| (i * 31 + j * j * i) % 3).collect()).collect();
        let b = Branches::grow(&texts);
        let positions = b.tree.positions(0);
        assert_eq!(positions.len(), b.tokens.len());
        for (text, &end) in texts.iter().zip(&b.ends) {
            assert_eq!(positions[end] as usize, text.len() - 1);
            assert_eq!(b.tokens[end], text[text.len() - 1]);
        }
        assert!(b.tokens.len() < texts.iter().map(Vec::len).sum());
    }
}
