//! Fits how much a language model's opinion weighs beside the encoder's, on annotated answers.

use super::{Annotated, MISTAKES, nearest};
use crate::critic::{Critic, CriticError};
use crate::evidence::{Evidence, Role};
use crate::judge::{Engine, Opinion, Pooling};
use crate::text::{Answer, SourceKind};

/// Weights that are tried: none, and up to the language model alone.
const STEPS: u8 = 20;

/// What was fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fit {
    /// Answers that both models judged.
    pub answers: usize,
    /// The weights with the least loss.
    pub pooling: Pooling,
    /// The mean logarithmic loss of the roles by the encoder alone, and with the weights.
    pub roles: [f32; 2],
    /// The same of the mistakes.
    pub mistakes: [f32; 2],
}

struct Both<'a> {
    gold: &'a Annotated,
    answer: Answer,
    heard: Evidence,
    said: Opinion,
}

/// Weights with the least logarithmic loss on these answers; none weighs more than nothing unless it helps.
///
/// # Errors
/// When a model fails.
pub fn fit<'a>(critic: &Critic, answers: impl Iterator<Item = &'a Annotated>) -> Result<Fit, CriticError> {
    let mut all = Vec::new();
    for gold in answers {
        let mut answer = Answer::parse(&gold.id, gold.source.clone(), SourceKind::Markdown);
        if let Some((heard, said)) = critic.opinions(&mut answer)? {
            all.push(Both { gold, answer, heard, said });
        }
    }
    let (roles, role_loss) = least(|w| mean_loss(&all, Pooling { roles: w, mistakes: 0.0 }, role_losses));
    let (mistakes, mistake_loss) =
        least(|w| mean_loss(&all, Pooling { roles: 0.0, mistakes: w }, mistake_losses));
    let pooling = Pooling { roles, mistakes };
    Ok(Fit { answers: all.len(), pooling, roles: role_loss, mistakes: mistake_loss })
}

/// The weight with the least loss, the smallest of them; and the loss without it and with it.
fn least(loss: impl Fn(f32) -> f32) -> (f32, [f32; 2]) {
    let alone = loss(0.0);
    let mut best = (0.0, alone);
    for step in 1..=STEPS {
        let weight = f32::from(step) / f32::from(STEPS);
        let now = loss(weight);
        if now < best.1 {
            best = (weight, now);
        }
    }
    (best.0, [alone, best.1])
}

fn mean_loss(all: &[Both<'_>], pooling: Pooling, of: fn(&Both<'_>, &Evidence) -> Vec<f32>) -> f32 {
    let losses: Vec<f32> =
        all.iter().flat_map(|b| of(b, &Engine::Both.pool(&b.heard, &b.said, pooling))).collect();
    losses.iter().sum::<f32>() / losses.len().max(1) as f32
}

fn role_losses(both: &Both<'_>, pooled: &Evidence) -> Vec<f32> {
    let loss = |s: &super::AnnotatedSentence| {
        let i = nearest(s, &both.answer)?;
        let p = |r: Role| pooled.sentences[i].p_role(r);
        Some(-(s.second_role.map_or(0.0, p).max(p(s.role))).max(1e-6).ln())
    };
    both.gold.sentences.iter().filter_map(loss).collect()
}

fn mistake_losses(both: &Both<'_>, pooled: &Evidence) -> Vec<f32> {
    let undisputed = MISTAKES.iter().filter(|id| !both.gold.disputed_mistakes.iter().any(|d| d == *id));
    let loss = |id: &&str| {
        let p = pooled.mistakes.get(*id)?.p;
        let made = both.gold.mistakes.iter().any(|m| m == *id);
        Some(-(if made { p } else { 1.0 - p }).max(1e-6).ln())
    };
    undisputed.filter_map(loss).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_given_only_where_it_helps() {
        assert_eq!(least(|w| 1.0 + w), (0.0, [1.0, 1.0]));
        assert_eq!(least(|_| 1.0).0, 0.0);
        let (w, loss) = least(|w| (w - 0.5).abs());
        assert!((w - 0.5).abs() < 1e-6 && loss == [0.5, 0.0]);
    }
}
