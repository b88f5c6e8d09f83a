//! Fits how much a language model's opinion weighs beside the encoder's, on annotated answers.

use super::{Annotated, MISTAKES, nearest};
use crate::critic::{Critic, CriticError};
use crate::evidence::{Evidence, Role};
use crate::judge::{Engine, Opinion, Pooling, Scaling, odds};
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
    /// The same of the mistakes by the language model alone, as it says them and calibrated.
    pub yes: [f32; 2],
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
    let replies: Vec<(f32, bool)> = all.iter().flat_map(replies).collect();
    let (yes, yes_loss) = scaling(&replies);
    for both in &mut all {
        both.said = both.said.clone().calibrated(yes);
    }
    let nothing = Pooling { yes, ..Pooling::default() };
    let (roles, role_loss) = least(|w| mean_loss(&all, Pooling { roles: w, ..nothing }, role_losses));
    let (mistakes, mistake_loss) =
        least(|w| mean_loss(&all, Pooling { mistakes: w, ..nothing }, mistake_losses));
    let pooling = Pooling { roles, mistakes, yes };
    Ok(Fit { answers: all.len(), pooling, roles: role_loss, mistakes: mistake_loss, yes: yes_loss })
}

/// What the language model replied about the mistakes of an answer, and whether they are made.
fn replies(both: &Both<'_>) -> Vec<(f32, bool)> {
    undisputed(both.gold).filter_map(|(id, made)| Some((*both.said.mistakes.get(id)?, made))).collect()
}

/// The scaling with the least loss of these replies, by Newton's method with a little pull to what the model says, and steps halved
/// until they help; and the loss without it and with it.
fn scaling(replies: &[(f32, bool)]) -> (Scaling, [f32; 2]) {
    const PULL: f64 = 1.0;
    const NEWTON: usize = 20;
    let loss = |s: Scaling| {
        let each = replies.iter().map(|&(p, made)| log_loss(s.of(p), made));
        each.sum::<f32>() / replies.len().max(1) as f32
    };
    let pulled = |scale: f64, shift: f64| {
        let each = replies.iter().map(|&(p, made)| {
            let x = scale * f64::from(odds(p)) + shift;
            (if made { -x } else { x }).exp().ln_1p()
        });
        each.sum::<f64>() + 0.5 * PULL * ((scale - 1.0).powi(2) + shift.powi(2))
    };
    let (mut scale, mut shift) = (1.0, 0.0);
    for _ in 0..NEWTON {
        let (mut g, mut h) = ([PULL * (scale - 1.0), PULL * shift], [PULL, 0.0, PULL]);
        for &(p, made) in replies {
            let x = f64::from(odds(p));
            let q = 1.0 / (1.0 + (-(scale * x + shift)).exp());
            let (off, weight) = (q - f64::from(u8::from(made)), q * (1.0 - q));
            g = [g[0] + off * x, g[1] + off];
            h = [h[0] + weight * x * x, h[1] + weight * x, h[2] + weight];
        }
        let size = h[0] * h[2] - h[1] * h[1];
        let step = [(h[2] * g[0] - h[1] * g[1]) / size, (h[0] * g[1] - h[1] * g[0]) / size];
        let now = pulled(scale, shift);
        let mut halves = std::iter::successors(Some(1.0), |by| Some(by / 2.0)).take(NEWTON);
        let by = halves.find(|by| pulled(scale - by * step[0], shift - by * step[1]) < now);
        let Some(by) = by else { break };
        (scale, shift) = (scale - by * step[0], shift - by * step[1]);
    }
    let fitted = Scaling { scale: scale as f32, shift: shift as f32 };
    let (before, after) = (loss(Scaling::default()), loss(fitted));
    // a model that says yes the likelier the less it is so is not believed the other way round
    if after < before && scale > 0.0 {
        (fitted, [before, after])
    } else {
        (Scaling::default(), [before, before])
    }
}

fn log_loss(p: f32, made: bool) -> f32 {
    -(if made { p } else { 1.0 - p }).max(1e-6).ln()
}

/// The annotated mistakes on which the readers agree, and whether they are made.
fn undisputed(gold: &Annotated) -> impl Iterator<Item = (&'static str, bool)> {
    let agreed = MISTAKES.iter().filter(|id| !gold.disputed_mistakes.iter().any(|d| d == *id));
    agreed.map(|id| (*id, gold.mistakes.iter().any(|m| m == id)))
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
    undisputed(both.gold).filter_map(|(id, made)| Some(log_loss(pooled.mistakes.get(id)?.p, made))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_likes_to_say_yes_is_heard_through() {
        // of replies with these odds as many are true as odds of half of them less 1 say
        let share = |odds: f32| 1.0 / (1.0 + (-odds).exp());
        let of = |odds: f32| (share(odds), (1000.0 * share(0.5 * odds - 1.0)).round() as usize);
        let replies: Vec<(f32, bool)> = [-2.0, 0.0, 1.0, 3.0]
            .into_iter()
            .flat_map(|o| (0..1000).map(move |i| (of(o).0, i < of(o).1)))
            .collect();
        let (fitted, [before, after]) = scaling(&replies);
        assert!((fitted.scale - 0.5).abs() < 0.02 && (fitted.shift + 1.0).abs() < 0.02, "{fitted:?}");
        assert!(after < before);
        // much too sure
        let sure =
            |i: usize| (if i.is_multiple_of(2) { 0.999 } else { 0.001 }, i.is_multiple_of(2) == (i % 8 > 1));
        let (fitted, [before, after]) = scaling(&(0..800).map(sure).collect::<Vec<_>>());
        assert!(
            fitted.scale > 0.05 && fitted.scale < 0.4 && after < 0.7 * before,
            "{fitted:?} {before} {after}"
        );
        // nothing is learned from nothing, nor from one that says the contrary
        assert_eq!(scaling(&[]).0, Scaling::default());
        let contrary: Vec<(f32, bool)> = replies.iter().map(|(p, made)| (1.0 - p, *made)).collect();
        assert_eq!(scaling(&contrary).0, Scaling::default());
    }

    #[test]
    fn a_weight_is_given_only_where_it_helps() {
        assert_eq!(least(|w| 1.0 + w), (0.0, [1.0, 1.0]));
        assert_eq!(least(|_| 1.0).0, 0.0);
        let (w, loss) = least(|w| (w - 0.5).abs());
        assert!((w - 0.5).abs() < 1e-6 && loss == [0.5, 0.0]);
    }
}
