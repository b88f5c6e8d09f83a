//! Cuts sentences that are longer than a model reads at once into overlapping windows.

use std::ops::Range;

/// One window: the sentences that it reads, and those for which its reading counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Those that are read.
    pub(crate) reads: Range<usize>,
    /// Those of them that no other window is asked about.
    pub(crate) keeps: Range<usize>,
}

/// Covers sentences of the given lengths by windows of at most `room`, unless a sentence alone is longer. Two neighbours share
/// sentences of at most `overlap` together.
///
/// Every sentence is kept by exactly one window; the shared sentences are parted in their middle, so
/// that each is read with as much around it as can be.
pub(crate) fn cover(lengths: &[usize], room: usize, overlap: usize) -> Vec<Window> {
    let mut reads: Vec<Range<usize>> = Vec::new();
    let (mut start, n) = (0, lengths.len());
    while start < n {
        let (mut end, mut size) = (start, 0);
        while end < n && size + lengths[end] <= room {
            size += lengths[end];
            end += 1;
        }
        let end = end.max(start + 1);
        reads.push(start..end);
        if end == n {
            break;
        }
        let (mut next, mut shared) = (end, 0);
        while next > start + 1 && shared + lengths[next - 1] <= overlap {
            next -= 1;
            shared += lengths[next];
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
    fn what_fits_is_one_window() {
        assert_eq!(cover(&[10, 20, 30], 60, 8), [Window { reads: 0..3, keeps: 0..3 }]);
        assert_eq!(cover(&[70], 60, 8), [Window { reads: 0..1, keeps: 0..1 }], "there is nowhere to cut it");
        assert!(cover(&[], 60, 8).is_empty());
    }

    #[test]
    fn windows_overlap_and_every_sentence_is_kept_once() {
        for lengths in
            [vec![25; 100], vec![250; 9], (1..250).collect(), vec![1; 2000], vec![250, 1, 250, 250, 3]]
        {
            let windows = cover(&lengths, 511, 128);
            let mut next = 0;
            for w in &windows {
                assert_eq!(w.keeps.start, next);
                assert!(w.keeps.start >= w.reads.start && w.keeps.end <= w.reads.end, "{w:?}");
                let size: usize = lengths[w.reads.clone()].iter().sum();
                assert!(size <= 511, "{size}");
                next = w.keeps.end;
            }
            assert_eq!(next, lengths.len());
        }
        let windows = cover(&[25; 100], 511, 128);
        assert!(windows.windows(2).all(|w| w[1].reads.start < w[0].reads.end), "neighbours share sentences");
    }
}
