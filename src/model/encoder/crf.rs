//! A linear chain over the roles of an answer's sentences: forward-backward, in the log domain.

use crate::evidence::ROLES;

/// The chain's parameters, as trained.
#[derive(Clone, Debug)]
pub(super) struct Crf {
    /// `[from][to]`.
    pub(super) transitions: [[f32; ROLES]; ROLES],
    pub(super) start: [f32; ROLES],
    pub(super) end: [f32; ROLES],
}

impl Crf {
    /// The probability of each role for each sentence, given the emissions of all of them.
    pub(super) fn marginals(&self, emissions: &[[f32; ROLES]]) -> Vec<[f32; ROLES]> {
        let n = emissions.len();
        let mut forward = vec![[0.0; ROLES]; n];
        let mut backward = vec![self.end; n];
        for i in 0..n {
            for to in 0..ROLES {
                let before = if i == 0 {
                    self.start[to]
                } else {
                    log_sum_exp(|from| forward[i - 1][from] + self.transitions[from][to])
                };
                forward[i][to] = before + emissions[i][to];
            }
        }
        for i in (0..n.saturating_sub(1)).rev() {
            for from in 0..ROLES {
                backward[i][from] =
                    log_sum_exp(|to| self.transitions[from][to] + emissions[i + 1][to] + backward[i + 1][to]);
            }
        }
        (0..n)
            .map(|i| {
                let z = log_sum_exp(|r| forward[i][r] + backward[i][r]);
                std::array::from_fn(|r| (forward[i][r] + backward[i][r] - z).exp())
            })
            .collect()
    }
}

fn log_sum_exp(f: impl Fn(usize) -> f32) -> f32 {
    let values: [f32; ROLES] = std::array::from_fn(f);
    let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    max + values.iter().map(|v| (v - max).exp()).sum::<f32>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Crf {
        let mut transitions = [[0.0; ROLES]; ROLES];
        for (i, row) in transitions.iter_mut().enumerate() {
            for (j, v) in row.iter_mut().enumerate() {
                *v = ((i * 7 + j * 3) % 5) as f32 * 0.4 - 0.8;
            }
        }
        Crf { transitions, start: [0.5, 0.1, -0.2, -0.9, -1.0, 0.3], end: [-0.5, -0.4, 0.2, 0.6, 0.9, 0.0] }
    }

    #[test]
    fn equals_the_sum_over_all_paths() {
        let crf = chain();
        let e: [[f32; ROLES]; 3] = [
            [1.0, 0.2, 0.1, -1.0, 0.0, 0.4],
            [0.0, 0.9, 1.1, 0.3, -0.5, 0.2],
            [0.3, 0.1, 0.8, 1.4, 0.7, -0.6],
        ];
        let mut mass = [[0.0f64; ROLES]; 3];
        let mut z = 0.0f64;
        for a in 0..ROLES {
            for b in 0..ROLES {
                for c in 0..ROLES {
                    let s = crf.start[a]
                        + e[0][a]
                        + crf.transitions[a][b]
                        + e[1][b]
                        + crf.transitions[b][c]
                        + e[2][c];
                    let p = f64::from(s + crf.end[c]).exp();
                    z += p;
                    mass[0][a] += p;
                    mass[1][b] += p;
                    mass[2][c] += p;
                }
            }
        }
        for (got, want) in crf.marginals(&e).iter().zip(mass) {
            for r in 0..ROLES {
                assert!((f64::from(got[r]) - want[r] / z).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn one_sentence_and_none() {
        let crf = chain();
        let one = crf.marginals(&[[0.0; ROLES]]);
        assert!((one[0].iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(crf.marginals(&[]).is_empty());
    }
}
