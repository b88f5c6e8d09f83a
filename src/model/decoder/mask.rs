//! Which tokens of a forward pass see which: in order, or as a tree of suffixes after one shared beginning.

use std::ops::Range;

use candle_core::{Device, Tensor};

use super::DecoderError;

/// Rows of a block: few enough that a long text's scores fit, enough that a matmul pays.
const ROWS: usize = 128;

/// Which tokens see which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mask {
    /// Each token sees what is in the cache and the tokens before it; all are added to the cache.
    Causal,
    /// Each token sees what is in the cache, the segments above its own, and its own up to itself. Nothing is added to
    /// the cache: the branches of a tree are no text that could be gone on with.
    Tree(Tree),
}

/// Segments of tokens, one after the other, each under the cache's text or under an earlier segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    segments: Vec<Segment>,
}

/// Tokens of a [`Tree`] that follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// How many; at least one.
    pub tokens: usize,
    /// The segment that comes before it, by its index; none where it follows the cache's text.
    pub parent: Option<usize>,
}

impl Tree {
    /// A tree of segments; a parent stands before its children.
    #[must_use]
    pub fn new(segments: Vec<Segment>) -> Tree {
        Tree { segments }
    }

    /// Suffixes of these lengths, each directly after the cache's text.
    #[must_use]
    pub fn suffixes(lengths: &[usize]) -> Tree {
        Tree::new(lengths.iter().map(|&tokens| Segment { tokens, parent: None }).collect())
    }

    /// Tokens of all segments.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.segments.iter().map(|s| s.tokens).sum()
    }

    /// Positions as each branch would have if it stood alone after a text of `start` tokens.
    #[must_use]
    pub fn positions(&self, start: u32) -> Vec<u32> {
        let mut ends: Vec<u32> = Vec::with_capacity(self.segments.len());
        let mut out = Vec::with_capacity(self.tokens());
        for s in &self.segments {
            let from = s.parent.and_then(|p| ends.get(p).copied()).unwrap_or(start);
            let end = from + s.tokens as u32;
            out.extend(from..end);
            ends.push(end);
        }
        out
    }

    /// The rows of each segment.
    fn ranges(&self) -> Result<Vec<Range<usize>>, DecoderError> {
        let mut out: Vec<Range<usize>> = Vec::with_capacity(self.segments.len());
        let mut at = 0_usize;
        for (i, s) in self.segments.iter().enumerate() {
            if s.tokens == 0 {
                return Err(DecoderError::Input(format!("segment {i} is empty")));
            }
            if s.parent.is_some_and(|p| p >= i) {
                return Err(DecoderError::Input(format!("segment {i} stands before its parent")));
            }
            let end = at.checked_add(s.tokens);
            let end = end.ok_or_else(|| DecoderError::Input(format!("segment {i} is too long")))?;
            out.push(at..end);
            at = end;
        }
        Ok(out)
    }

    /// The segments that segment `i` is under, itself first.
    fn line(&self, i: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(i), |&i| self.segments.get(i).and_then(|s| s.parent))
    }
}

/// Rows that are attended together. All of them see the whole cache.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) rows: Range<usize>,
    /// The new tokens that some of them see, ascending.
    pub(super) sees: Vec<Range<usize>>,
    /// Added to the scores of the last so many of those, `[rows, columns]`: 0 or -∞. None where all is seen.
    pub(super) bias: Option<Tensor>,
}

/// The blocks of `tokens` new tokens.
pub(super) fn blocks(mask: &Mask, tokens: usize, device: &Device) -> Result<Vec<Block>, DecoderError> {
    match mask {
        Mask::Causal => {
            (0..tokens).step_by(ROWS).map(|at| causal(at..tokens.min(at + ROWS), device)).collect()
        }
        Mask::Tree(tree) => {
            let ranges = tree.ranges()?;
            cut(&ranges).into_iter().map(|rows| branches(tree, &ranges, rows, device)).collect()
        }
    }
}

fn causal(rows: Range<usize>, device: &Device) -> Result<Block, DecoderError> {
    let n = rows.len();
    let mut bias = vec![0.0; n * n];
    for (i, row) in bias.chunks_exact_mut(n).enumerate() {
        row[i + 1..].fill(f32::NEG_INFINITY);
    }
    let bias = if n > 1 { Some(Tensor::from_vec(bias, (n, n), device)?) } else { None };
    Ok(Block { sees: std::iter::once(0..rows.end).collect(), rows, bias })
}

/// Blocks that end with a segment where they can.
fn cut(segments: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for s in segments {
        match out.last_mut() {
            Some(last) if last.len() + s.len() <= ROWS => last.end = s.end,
            _ => out.extend(s.clone().step_by(ROWS).map(|at| at..s.end.min(at + ROWS))),
        }
    }
    out
}

fn branches(
    tree: &Tree,
    ranges: &[Range<usize>],
    rows: Range<usize>,
    device: &Device,
) -> Result<Block, DecoderError> {
    let first = ranges.partition_point(|r| r.end <= rows.start);
    let own: Vec<usize> = (first..ranges.len()).take_while(|&i| ranges[i].start < rows.end).collect();
    let mut needed: Vec<usize> = own.iter().flat_map(|&i| tree.line(i)).collect();
    needed.sort_unstable();
    needed.dedup();
    let mut sees: Vec<Range<usize>> = Vec::new();
    for i in needed {
        let r = ranges[i].start..ranges[i].end.min(rows.end);
        match sees.last_mut() {
            Some(last) if last.end == r.start => last.end = r.end,
            _ => sees.push(r),
        }
    }
    let width: usize = sees.iter().map(Range::len).sum();
    let mut bias = vec![f32::NEG_INFINITY; rows.len() * width];
    for &i in &own {
        let line: Vec<usize> = tree.line(i).skip(1).collect();
        for row in ranges[i].start.max(rows.start)..ranges[i].end.min(rows.end) {
            let out = &mut bias[(row - rows.start) * width..][..width];
            let mut open = |r: Range<usize>| {
                let at = column(&sees, r.start);
                out[at..at + r.len()].fill(0.0);
            };
            line.iter().for_each(|&above| open(ranges[above].clone()));
            open(ranges[i].start..row + 1);
        }
    }
    let bias = Some(Tensor::from_vec(bias, (rows.len(), width), device)?);
    Ok(Block { rows, sees, bias })
}

/// Where a token stands among those that are seen.
fn column(sees: &[Range<usize>], token: usize) -> usize {
    let before = sees.iter().take_while(|r| r.end <= token).map(Range::len).sum::<usize>();
    let start = sees.iter().find(|r| r.contains(&token)).map_or(token, |r| r.start);
    before + token - start
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which new tokens each new token sees, from the blocks.
    fn seen(mask: &Mask, tokens: usize) -> Vec<Vec<usize>> {
        let mut out = Vec::new();
        for block in blocks(mask, tokens, &Device::Cpu).unwrap() {
            assert_eq!(block.rows.start, out.len(), "blocks follow one another");
            assert!(block.rows.len() <= ROWS);
            let columns: Vec<usize> = block.sees.iter().cloned().flatten().collect();
            let bias: Vec<Vec<f32>> =
                block.bias.map_or(vec![vec![]; block.rows.len()], |b| b.to_vec2().unwrap());
            for row in bias {
                let free = columns.len() - row.len();
                let open = |&j: &usize| j < free || row[j - free] == 0.0;
                out.push((0..columns.len()).filter(open).map(|j| columns[j]).collect());
            }
        }
        out
    }

    #[test]
    fn causal_rows_see_what_is_before_them() {
        for n in [1, 2, 127, 128, 129, 300] {
            let want: Vec<Vec<usize>> = (0..n).map(|i| (0..=i).collect()).collect();
            assert_eq!(seen(&Mask::Causal, n), want, "{n}");
        }
    }

    #[test]
    fn branches_see_their_line_alone() {
        let under = |tokens, parent| Segment { tokens, parent };
        let trees = [
            vec![under(3, None), under(2, None), under(4, None)],
            vec![under(2, None), under(3, Some(0)), under(1, Some(1)), under(2, Some(0)), under(2, None)],
            vec![under(300, None), under(5, Some(0)), under(130, Some(1)), under(7, Some(0)), under(1, None)],
            (0..100).map(|i| under(1 + i % 13, (i % 3 == 2).then_some(i / 2))).collect(),
        ];
        for segments in trees {
            let tree = Tree::new(segments.clone());
            let n = tree.tokens();
            let ranges = tree.ranges().unwrap();
            let mut want = Vec::new();
            for (i, r) in ranges.iter().enumerate() {
                let mut above: Vec<usize> = tree.line(i).skip(1).flat_map(|a| ranges[a].clone()).collect();
                above.sort_unstable();
                want.extend(r.clone().map(|row| [above.clone(), (r.start..=row).collect()].concat()));
            }
            assert_eq!(seen(&Mask::Tree(tree), n), want, "{segments:?}");
        }
    }

    #[test]
    fn positions_go_on_from_the_parent() {
        let s = |tokens, parent| Segment { tokens, parent };
        let tree = Tree::new(vec![s(2, None), s(2, Some(0)), s(1, Some(1)), s(2, Some(0)), s(1, None)]);
        assert_eq!(tree.positions(10), [10, 11, 12, 13, 14, 12, 13, 10]);
        assert_eq!(Tree::suffixes(&[2, 1]).positions(3), [3, 4, 3]);
    }

    #[test]
    fn impossible_trees_are_errors() {
        for s in [Segment { tokens: 0, parent: None }, Segment { tokens: 1, parent: Some(0) }] {
            assert!(blocks(&Mask::Tree(Tree::new(vec![s])), 1, &Device::Cpu).is_err(), "{s:?}");
        }
    }
}
