//! Cuts an answer that is longer than the encoder's window into overlapping windows, at sentence boundaries.

use std::ops::Range;

/// Positions of the encoder: one `[CLS]`, and one `[SEP]` after each sentence.
pub(super) const WINDOW: usize = 512;
/// Tokens that two neighbouring windows share, at least where sentences are short enough.
const OVERLAP: usize = 128;

/// One window: the sentences that it reads, and those for which its reading counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) reads: Range<usize>,
    pub(super) keeps: Range<usize>,
}

/// Covers sentences of the given token counts (each at most half a window).
///
/// Every sentence is kept by exactly one window; the shared sentences are parted in their middle, so
/// that each is read with as much around it as can be.
pub(super) fn cover(lengths: &[usize]) -> Vec<Window> {
    let mut reads: Vec<Range<usize>> = Vec::new();
    let (mut start, n) = (0, lengths.len());
    while start < n {
        let (mut end, mut size) = (start, 1);
        while end < n && size + lengths[end] < WINDOW {
            size += lengths[end] + 1;
            end += 1;
        }
        let end = end.max(start + 1);
        reads.push(start..end);
        if end == n {
            break;
        }
        let (mut next, mut shared) = (end, 0);
        while next > start + 1 && shared + lengths[next - 1] < OVERLAP {
            next -= 1;
            shared += lengths[next] + 1;
        }
        start = next;
    }
    let mut out: Vec<Window> = Vec::with_capacity(reads.len());
    let mut from = 0;
    for (i, r) in reads.iter().enumerate() {
        let to = reads.get(i + 1).map_or(r.end, |next| (next.start + r.end).div_ceil(2));
        out.push(Window { reads: r.clone(), keeps: from..to });
        from = to;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_answer_is_one_window() {
        assert_eq!(cover(&[10, 20, 30]), [Window { reads: 0..3, keeps: 0..3 }]);
        assert!(cover(&[]).is_empty());
    }

    #[test]
    fn long_answers_overlap_and_every_sentence_is_kept_once() {
        for lengths in
            [vec![25; 100], vec![250; 9], (1..250).collect(), vec![1; 2000], vec![250, 1, 250, 250, 3]]
        {
            let windows = cover(&lengths);
            let mut next = 0;
            for w in &windows {
                assert_eq!(w.keeps.start, next);
                assert!(w.keeps.start >= w.reads.start && w.keeps.end <= w.reads.end, "{w:?}");
                let size: usize = 1 + lengths[w.reads.clone()].iter().map(|n| n + 1).sum::<usize>();
                assert!(size <= WINDOW, "{size}");
                next = w.keeps.end;
            }
            assert_eq!(next, lengths.len());
        }
        let windows = cover(&[25; 100]);
        assert!(windows.windows(2).all(|w| w[1].reads.start < w[0].reads.end), "neighbours share sentences");
    }
}
