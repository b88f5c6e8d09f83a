//! A linear classifier of vectors that is fitted on a few hundred examples in some milliseconds.
//!
//! Ridge regression of the classes' indicators, solved over the examples (its dual): Hastie, Tibshirani and Friedman, The Elements
//! of Statistical Learning, 2nd edition, 4.2 and 18.3.5.

/// How strongly the weights are held at zero.
/// Source: `training/forms.py`, which chooses by it how far ahead a class must be.
const PENALTY: f64 = 0.3;

/// What makes scores of a vector.
pub(super) struct Ridge {
    /// The mean of the examples, `[width]`.
    mean: Vec<f32>,
    /// `[classes][width]`.
    weights: Vec<Vec<f32>>,
    /// The share of each class among the examples, `[classes]`.
    shares: Vec<f32>,
}

impl Ridge {
    /// Fits it on examples `[examples][width]`, each of one of `classes`.
    pub(super) fn fit(examples: &[Vec<f32>], of: &[usize], classes: usize) -> Ridge {
        let (count, width) = (examples.len(), examples.first().map_or(0, Vec::len));
        let mean: Vec<f32> =
            (0..width).map(|i| examples.iter().map(|e| e[i]).sum::<f32>() / count as f32).collect();
        let centred: Vec<Vec<f32>> =
            examples.iter().map(|e| e.iter().zip(&mean).map(|(x, m)| x - m).collect()).collect();
        let mut gram: Vec<Vec<f64>> = Vec::with_capacity(count);
        for (i, a) in centred.iter().enumerate() {
            let mut row: Vec<f64> = centred[..=i].iter().map(|b| f64::from(dot(a, b))).collect();
            row[i] += PENALTY;
            gram.push(row);
        }
        factorize(&mut gram);
        let (mut weights, mut shares) = (Vec::with_capacity(classes), Vec::with_capacity(classes));
        for class in 0..classes {
            let share = of.iter().filter(|k| **k == class).count() as f64 / count.max(1) as f64;
            let mut dual: Vec<f64> = of.iter().map(|k| f64::from(u8::from(*k == class)) - share).collect();
            solve(&gram, &mut dual);
            let mut weight = vec![0.0; width];
            for (example, by) in centred.iter().zip(&dual) {
                weight.iter_mut().zip(example).for_each(|(w, x)| *w += *by as f32 * x);
            }
            weights.push(weight);
            shares.push(share as f32);
        }
        Ridge { mean, weights, shares }
    }

    /// A score a class; they add up to 1.
    pub(super) fn scores(&self, vector: &[f32]) -> Vec<f32> {
        let centred: Vec<f32> = vector.iter().zip(&self.mean).map(|(x, m)| x - m).collect();
        self.weights.iter().zip(&self.shares).map(|(w, share)| dot(w, &centred) + share).collect()
    }
}

/// In eight sums, which the compiler keeps in one register; in a fixed order, so that the same vectors give the same bytes.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(x, y)| x * y).sum();
    for (a, b) in a.zip(b) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (x, y))| *sum += x * y);
    }
    sums.iter().sum::<f32>() + rest
}

/// The Cholesky factor of a symmetric positive definite matrix in place, both given by the rows up to the diagonal.
fn factorize(rows: &mut [Vec<f64>]) {
    for i in 0..rows.len() {
        let (above, rest) = rows.split_at_mut(i);
        let row = &mut rest[0];
        for j in 0..i {
            let known: f64 = row[..j].iter().zip(&above[j][..j]).map(|(x, y)| x * y).sum();
            row[j] = (row[j] - known) / above[j][j];
        }
        let known: f64 = row[..i].iter().map(|x| x * x).sum();
        row[i] = (row[i] - known).sqrt();
    }
}

/// Solves the system of a matrix with this Cholesky factor, in place.
fn solve(factor: &[Vec<f64>], values: &mut [f64]) {
    for i in 0..values.len() {
        let known: f64 = factor[i][..i].iter().zip(&*values).map(|(x, y)| x * y).sum();
        values[i] = (values[i] - known) / factor[i][i];
    }
    for i in (0..values.len()).rev() {
        values[i] /= factor[i][i];
        let value = values[i];
        values[..i].iter_mut().zip(&factor[i]).for_each(|(v, x)| *v -= value * x);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scores_tell_classes_apart_and_add_up_to_one() {
        let examples: Vec<Vec<f32>> = vec![
            vec![1.0, 0.0, 0.1],
            vec![0.9, 0.1, 0.0],
            vec![0.0, 1.0, 0.1],
            vec![0.1, 0.9, 0.0],
            vec![0.0, 0.1, 1.0],
        ];
        let ridge = Ridge::fit(&examples, &[0, 0, 1, 1, 2], 3);
        for (vector, class) in [([0.8, 0.2, 0.1], 0), ([0.2, 0.7, 0.1], 1), ([0.1, 0.2, 0.9], 2)] {
            let scores = ridge.scores(&vector);
            assert!((0..3).all(|k| k == class || scores[k] < scores[class]), "{scores:?}");
            assert!((scores.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{scores:?}");
        }
        let far = ridge.scores(&ridge.mean);
        assert_eq!(far, ridge.shares, "what is like all of them is of none in particular");
        assert_eq!(Ridge::fit(&[], &[], 2).scores(&[]), [0.0, 0.0]);
    }

    proptest! {
        #[test]
        fn a_system_is_solved(raw in prop::collection::vec(-1.0f64..1.0, 36), wanted in prop::collection::vec(-1.0f64..1.0, 6)) {
            // a matrix times its transpose, and something on the diagonal, is positive definite
            let at = |i: usize, j: usize| {
                (0..6).map(|k| raw[6 * i + k] * raw[6 * j + k]).sum::<f64>() + if i == j { PENALTY } else { 0.0 }
            };
            let mut rows: Vec<Vec<f64>> = (0..6).map(|i| (0..=i).map(|j| at(i, j)).collect()).collect();
            let mut values: Vec<f64> = (0..6).map(|i| (0..6).map(|j| at(i, j) * wanted[j]).sum()).collect();
            factorize(&mut rows);
            solve(&rows, &mut values);
            for (got, wanted) in values.iter().zip(&wanted) {
                prop_assert!((got - wanted).abs() < 1e-6, "{} {}", got, wanted);
            }
        }
    }
}
