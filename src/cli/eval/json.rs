//! The figures as JSON: counts, so that files and folds can be added up, beside what follows from them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::critic::Second;
use crate::eval::{Counts, Figures, Fit, macro_f1, micro_f1};
use crate::evidence::Role;
use crate::model::ModelInfo;

/// Everything that was measured.
pub(super) fn figures(f: &Figures, model: &ModelInfo) -> Value {
    let roles: BTreeMap<String, Counts> = Role::ALL.iter().map(|&r| (r.to_string(), f.role(r))).collect();
    let tags: BTreeMap<String, Counts> = f.tags.iter().map(|(t, c)| (t.to_string(), *c)).collect();
    let mean_score = |level: u8| {
        let of: Vec<f64> = f.scores.iter().filter(|s| s.0 == level).map(|s| f64::from(s.1)).collect();
        rounded(of.iter().sum::<f64>() / of.len().max(1) as f64)
    };
    json!({
        "model": model,
        "answers": f.answers,
        "refused": f.refused,
        "sentences": { "read": f.read_sentences, "boundaries": counts(f.boundaries) },
        "roles": { "macro_f1": rounded(f.roles_macro_f1()), "classes": classes(&roles), "confusion": f.roles },
        "tags": { "macro_f1": rounded(macro_f1(tags.values())), "classes": classes(&tags) },
        "mistakes": {
            "macro_f1": rounded(macro_f1(f.mistakes.values())),
            "micro_f1": rounded(micro_f1(f.mistakes.values())),
            "classes": classes(&f.mistakes),
        },
        "categories": { "micro_f1": rounded(micro_f1(f.categories.values())), "classes": classes(&f.categories) },
        "level": {
            "quadratic_kappa": rounded(f.level_kappa()),
            "mean_absolute_error": rounded(f.level_error()),
            "confusion": f.levels,
            "mean_score": (1..=5).map(mean_score).collect::<Vec<_>>(),
        },
        "level_5": { "answers": f.strong.0, "warnings_and_errors": f.strong.1 },
        "texts": {
            "no_answers": f.others.0, "scored_all_the_same": f.others.1,
            "short_answers": f.short.0, "refused": f.short.1,
        },
        "aside": f.aside,
        "passages": { "addressed": counts(f.passages), "unmoved": f.unmoved },
        "forms": { "macro_f1": rounded(macro_f1(f.forms.values())), "classes": classes(&f.forms) },
        "calibration": { "expected_error": rounded(f.calibration.error()), "bins": f.calibration.bins },
        "seconds": rounded(f.seconds),
    })
}

/// The language model beside the encoder, and what was fitted for it.
pub(super) fn second(second: Option<&Second>, fit: Option<&Fit>) -> Value {
    let Some(second) = second else { return Value::Null };
    let loss = |l: [f32; 2]| json!({ "alone": rounded(f64::from(l[0])), "pooled": rounded(f64::from(l[1])) });
    let fit = fit.map(
        |f| json!({ "answers": f.answers, "roles_loss": loss(f.roles), "mistakes_loss": loss(f.mistakes),
                    "yes_loss": { "said": rounded(f64::from(f.yes[0])), "calibrated": rounded(f64::from(f.yes[1])) } }),
    );
    json!({
        "model": second.judge.model(), "engine": second.engine, "prompts": second.judge.prompts_version(),
        "weights": second.pooling, "fit": fit,
    })
}

fn classes(list: &BTreeMap<String, Counts>) -> Value {
    list.iter().map(|(id, c)| (id.clone(), counts(*c))).collect::<Map<_, _>>().into()
}

fn counts(c: Counts) -> Value {
    json!({
        "precision": rounded(c.precision()), "recall": rounded(c.recall()), "f1": rounded(c.f1()),
        "support": c.support(), "hit": c.hit, "wrong": c.wrong, "missed": c.missed,
    })
}

fn rounded(x: f64) -> f64 {
    (x * 1e4).round() / 1e4
}
