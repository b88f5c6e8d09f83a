//! Two opinions made one: what the encoder hears and what a language model says.

use serde::{Deserialize, Serialize};

use super::Opinion;
use crate::evidence::{Evidence, Judgement, ROLES};

/// Who judges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// The embedded encoder alone
    #[default]
    Encoder,
    /// The language model: roles, mistakes and criteria; the rest is the encoder's
    Llm,
    /// Both, pooled by the model's weights; where they differ, findings are less sure
    Both,
}

impl Engine {
    /// The id in reports and settings.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Engine::Encoder => "encoder",
            Engine::Llm => "llm",
            Engine::Both => "both",
        }
    }
}

/// How much a language model's opinion weighs beside the encoder's, 0 (nothing) to 1 (it alone). Nothing until its
/// accuracy has been measured: a model that was never checked must not make a verdict worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pooling {
    /// For the roles.
    pub roles: f32,
    /// For the mistakes.
    pub mistakes: f32,
    /// What its yes to a mistake is worth, with [`Engine::Llm`] too.
    #[serde(default)]
    pub yes: Scaling,
}

/// Makes probabilities of what a language model says (Platt 1999): it may be too sure, and it may like to say yes.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// What its logarithmic odds are multiplied with.
    pub scale: f32,
    /// What is added to them.
    pub shift: f32,
}

impl Default for Scaling {
    /// As the model says it.
    fn default() -> Scaling {
        Scaling { scale: 1.0, shift: 0.0 }
    }
}

impl Scaling {
    /// The probability that this one stands for.
    #[must_use]
    pub fn of(self, said: f32) -> f32 {
        if self == Scaling::default() { said } else { share(self.scale.mul_add(odds(said), self.shift)) }
    }
}

impl Opinion {
    /// The same with the mistakes as probable as their yes is worth.
    #[must_use]
    pub fn calibrated(mut self, yes: Scaling) -> Opinion {
        self.mistakes.values_mut().for_each(|p| *p = yes.of(*p));
        self
    }
}

/// Logarithmic odds of a probability, which is neither 0 nor 1 for that.
pub(crate) fn odds(p: f32) -> f32 {
    let p = p.clamp(1e-4, 1.0 - 1e-4);
    (p / (1.0 - p)).ln()
}

/// The probability of logarithmic odds.
fn share(odds: f32) -> f32 {
    1.0 / (1.0 + (-odds).exp())
}

impl Engine {
    /// The evidence to go on with, from what the encoder heard and what the language model says of the same answer.
    #[must_use]
    pub fn pool(self, heard: &Evidence, said: &Opinion, pooling: Pooling) -> Evidence {
        let weights = match self {
            Engine::Encoder => return heard.clone(),
            Engine::Llm => Pooling { roles: 1.0, mistakes: 1.0, ..pooling },
            Engine::Both => pooling,
        };
        let mut out = heard.clone();
        for (sentence, roles) in out.sentences.iter_mut().zip(&said.roles) {
            if weights.roles > 0.0 {
                sentence.roles = roles_between(&sentence.roles, roles, weights.roles);
            }
        }
        for (id, judgement) in &mut out.mistakes {
            let Some(&p) = said.mistakes.get(id) else { continue };
            if weights.mistakes > 0.0 {
                *judgement = between(*judgement, p, weights.mistakes);
            }
        }
        out
    }
}

/// The weighted geometric mean of two distributions (a logarithmic opinion pool, Genest and Zidek 1986).
fn roles_between(a: &[f32; ROLES], b: &[f32; ROLES], weight: f32) -> [f32; ROLES] {
    let log = |p: f32| p.max(1e-6).ln();
    let mixed: [f32; ROLES] =
        std::array::from_fn(|r| ((1.0 - weight) * log(a[r]) + weight * log(b[r])).exp());
    let sum: f32 = mixed.iter().sum();
    mixed.map(|p| p / sum)
}

/// The same for a judgement; its threshold moves towards one half, that of a model without its own.
fn between(heard: Judgement, said: f32, weight: f32) -> Judgement {
    let mix = |a: f32, b: f32| share((1.0 - weight) * odds(a) + weight * odds(b));
    Judgement { p: mix(heard.p, said), threshold: mix(heard.threshold, 0.5) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::fixture::story;
    use crate::evidence::Role;

    fn both() -> (Evidence, Opinion) {
        let heard = story(&[(Role::Action, &[], "I moved it.")]).judged("vague", 0.2).evidence;
        let mut roles = [0.02; ROLES];
        roles[Role::Result.index()] = 0.9;
        let mistakes = [("vague".to_owned(), 0.9)].into();
        (heard, Opinion { roles: vec![roles], mistakes, criteria: [].into(), mass: 1.0 })
    }

    #[test]
    fn what_was_never_measured_weighs_nothing() {
        let (heard, said) = both();
        assert_eq!(Engine::Both.pool(&heard, &said, Pooling::default()), heard);
        assert_eq!(
            Engine::Encoder.pool(&heard, &said, Pooling { roles: 1.0, mistakes: 1.0, ..Pooling::default() }),
            heard
        );
    }

    #[test]
    fn a_language_model_alone_decides_roles_and_mistakes() {
        let (heard, said) = both();
        let out = Engine::Llm.pool(&heard, &said, Pooling::default());
        assert_eq!(out.role(0), Role::Result);
        assert!((out.mistakes["vague"].p - 0.9).abs() < 1e-3 && out.mistakes["vague"].holds());
        assert_eq!(out.levels, heard.levels, "the level is the encoder's");
    }

    #[test]
    fn a_yes_is_worth_what_was_measured() {
        let (_, said) = both();
        let p = said.clone().calibrated(Scaling { scale: 0.5, shift: -1.0 }).mistakes["vague"];
        assert!((p - share(0.5 * odds(0.9) - 1.0)).abs() < 1e-6 && p < 0.9, "{p}");
        assert_eq!(said.clone().calibrated(Scaling::default()), said);
    }

    #[test]
    fn pooling_lies_between() {
        let (heard, said) = both();
        let out =
            Engine::Both.pool(&heard, &said, Pooling { roles: 0.5, mistakes: 0.5, ..Pooling::default() });
        let p = out.mistakes["vague"].p;
        assert!(p > 0.2 && p < 0.9, "{p}");
        assert!((out.sentences[0].roles.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }
}
