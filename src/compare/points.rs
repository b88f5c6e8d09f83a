//! Which criteria the points came from.

use crate::report::Criterion;

/// What one criterion gives and gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Part<'a> {
    /// Its id in the guide.
    pub id: &'a str,
    /// Its words in the guide.
    pub title: &'a str,
    /// Points in the old version, not rounded.
    pub old: f32,
    /// Points in the new one, not rounded.
    pub new: f32,
    /// Its part of the difference of the shown scores, in whole points.
    pub shown: i16,
}

/// The parts of `score`, the difference of two rounded scores, by criterion.
pub(super) fn parts<'a>(old: &'a [Criterion], new: &'a [Criterion], score: i16) -> Vec<Part<'a>> {
    let before = |id: &str| old.iter().find(|c| c.id == id).map_or(0.0, Criterion::points);
    let mut parts: Vec<Part<'a>> = new
        .iter()
        .map(|c| Part { id: &c.id, title: &c.title, old: before(&c.id), new: c.points(), shown: 0 })
        .collect();
    let moves: Vec<f64> = parts.iter().map(|p| f64::from(p.new) - f64::from(p.old)).collect();
    for (part, shown) in parts.iter_mut().zip(in_whole(&moves, score)) {
        part.shown = shown;
    }
    parts
}

/// Whole points for parts of a difference of two rounded scores.
///
/// Each part is rounded down; what is then missing goes, a point each, to those with the largest remainders, of equals
/// the first. So the parts add up to `score`, each is less than a point away from what it is, and one that did not move
/// gets none.
#[must_use]
pub fn in_whole(moves: &[f64], score: i16) -> Vec<i16> {
    let mut shown: Vec<i16> = moves.iter().map(|moved| moved.floor() as i16).collect();
    let mut order: Vec<usize> = (0..moves.len()).filter(|&i| moves[i] != 0.0).collect();
    order.sort_by(|&a, &b| (moves[b] - moves[b].floor()).total_cmp(&(moves[a] - moves[a].floor())));
    let missing = score - shown.iter().sum::<i16>();
    // Never more than there are, and never less than none, but for the last bit of a sum.
    for &i in order.iter().cycle().take(usize::try_from(missing).unwrap_or(0)) {
        shown[i] += 1;
    }
    for &i in order.iter().rev().cycle().take(usize::try_from(-missing).unwrap_or(0)) {
        shown[i] -= 1;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score;

    fn criteria(points: &[f32]) -> Vec<Criterion> {
        let criterion = |(i, p): (usize, &f32)| Criterion {
            id: format!("c{i}"),
            title: String::new(),
            score: p / 10.0,
            weight: 10.0,
            sentences: Vec::new(),
        };
        points.iter().enumerate().map(criterion).collect()
    }

    fn shown(old: &[f32], new: &[f32]) -> (i16, Vec<i16>) {
        let (old, new) = (criteria(old), criteria(new));
        let score = i16::from(score::total(&new)) - i16::from(score::total(&old));
        (score, parts(&old, &new, score).iter().map(|p| p.shown).collect())
    }

    #[test]
    fn the_largest_remainders_get_the_points() {
        assert_eq!(shown(&[0.0, 0.0, 0.0], &[3.5, 2.75, 0.25]), (7, vec![4, 3, 0]));
        assert_eq!(shown(&[5.0, 5.0, 5.0], &[5.0, 2.75, 8.5]), (1, vec![0, -2, 3]));
        assert_eq!(shown(&[1.0, 2.0], &[1.0, 2.0]), (0, vec![0, 0]));
        assert_eq!(shown(&[0.0, 0.0], &[0.25, 0.25]), (1, vec![1, 0]), "of equals the first");
    }

    proptest::proptest! {
        #[test]
        fn the_parts_add_up(pairs in proptest::collection::vec((0f32..=10.0, 0f32..=10.0, 0u8..4), 0..=10)) {
            // every fourth criterion stays as it is
            let (old, new): (Vec<f32>, Vec<f32>) =
                pairs.iter().map(|(a, b, still)| (*a, if *still == 0 { *a } else { *b })).unzip();
            let (score, parts) = shown(&old, &new);
            proptest::prop_assert_eq!(parts.iter().sum::<i16>(), score);
            for ((a, b), part) in old.iter().zip(&new).zip(parts) {
                proptest::prop_assert!((b - a - f32::from(part)).abs() < 1.001, "{} {} {}", a, b, part);
                proptest::prop_assert!(a != b || part == 0);
            }
        }
    }
}
