//! The figures as tables.

use std::io::{self, Write};

use crate::eval::{Counts, Figures, Fit, macro_f1, micro_f1};
use crate::evidence::Role;
use crate::judge::Scaling;

/// Writes what was fitted.
pub(super) fn fit(out: &mut dyn Write, fit: &Fit) -> io::Result<()> {
    writeln!(
        out,
        "\nweights of the language model, fitted on {} answers: measure them on others",
        fit.answers
    )?;
    for (what, weight, [alone, pooled]) in
        [("roles", fit.pooling.roles, fit.roles), ("mistakes", fit.pooling.mistakes, fit.mistakes)]
    {
        writeln!(out, "  {what:<9} {weight:.2}  loss {alone:.3} by the encoder alone, {pooled:.3} with it")?;
    }
    let ([said, calibrated], Scaling { scale, shift }) = (fit.yes, fit.pooling.yes);
    writeln!(
        out,
        "its yes to mistakes: logarithmic odds times {scale:.2} and {shift:+.2}, loss {said:.3} as it says them, {calibrated:.3} so"
    )
}

/// Writes what was measured; a part without any record is left out.
pub(super) fn write(out: &mut dyn Write, f: &Figures) -> io::Result<()> {
    if f.answers > 0 {
        answers(out, f)?;
    }
    if f.others.0 + f.short.0 > 0 {
        writeln!(
            out,
            "texts that are no answers: {}, scored all the same: {}",
            f.others.0,
            f.others.1.len()
        )?;
        list(out, &f.others.1)?;
        writeln!(out, "short answers: {}, refused: {}", f.short.0, f.short.1.len())?;
        list(out, &f.short.1)?;
    }
    let p = f.passages;
    if p != Counts::default() {
        writeln!(out, "passages that speak to the grader: {}, left out: {}", p.support(), p.hit)?;
        writeln!(out, "  verdict and findings as without them: {}", f.unmoved)?;
        writeln!(out, "other passages left out: {}", p.wrong)?;
    }
    if !f.forms.is_empty() {
        let named: Vec<(String, Counts)> = f.forms.iter().map(|(id, c)| (id.clone(), *c)).collect();
        table(out, "form of the question", &named, None)?;
    }
    Ok(())
}

fn answers(out: &mut dyn Write, f: &Figures) -> io::Result<()> {
    let per_second = f.read_sentences as f64 / f.seconds.max(1e-9);
    writeln!(
        out,
        "{} answers, {} sentences, {per_second:.0} sentences a second",
        f.answers, f.read_sentences
    )?;
    writeln!(out, "sentence boundaries: F1 {:.3}", f.boundaries.f1())?;
    writeln!(out, "sentences taken for words to the grader: {}", f.aside)?;
    writeln!(out, "taken for no answer: {}", f.refused.len())?;
    list(out, &f.refused)?;
    let roles: Vec<(String, Counts)> = Role::ALL.iter().map(|&r| (r.to_string(), f.role(r))).collect();
    table(out, "role", &roles, None)?;
    writeln!(out, "confusion of roles (rows: annotated, columns: said)")?;
    let heads: Vec<String> = Role::ALL.iter().map(|r| format!("{r:>9}")).collect();
    writeln!(out, "{:<17}{}", "", heads.concat())?;
    for &role in Role::ALL {
        let row: Vec<String> = f.roles[role.index()].iter().map(|n| format!("{n:>9}")).collect();
        writeln!(out, "{role:<17}{}", row.concat())?;
    }
    writeln!(out, "expected calibration error of the roles: {:.3}\n", f.calibration.error())?;
    let named = |list: Vec<(String, &Counts)>| list.into_iter().map(|(id, c)| (id, *c)).collect::<Vec<_>>();
    table(out, "tag", &named(f.tags.iter().map(|(t, c)| (t.to_string(), c)).collect()), None)?;
    let mistakes = named(f.mistakes.iter().map(|(m, c)| (m.clone(), c)).collect());
    table(out, "mistake", &mistakes, Some(micro_f1(f.mistakes.values())))?;
    let categories = named(f.categories.iter().map(|(m, c)| (m.clone(), c)).collect());
    table(out, "category", &categories, Some(micro_f1(f.categories.values())))?;
    writeln!(
        out,
        "level: quadratic kappa {:.3}, mean absolute error {:.2}",
        f.level_kappa(),
        f.level_error()
    )?;
    writeln!(out, "rows: annotated 1 to 5, columns: said 1 to 5")?;
    for row in f.levels {
        writeln!(out, "{}", row.map(|n| format!("{n:>6}")).concat())?;
    }
    writeln!(out, "warnings and errors on an answer of level 5: {:.2}\n", f.strong_findings())
}

fn table(out: &mut dyn Write, what: &str, rows: &[(String, Counts)], micro: Option<f64>) -> io::Result<()> {
    writeln!(out, "{what:<26} precision  recall      F1  support")?;
    for (id, c) in rows {
        let (p, r, f1) = (c.precision(), c.recall(), c.f1());
        writeln!(out, "{id:<26} {p:>9.3} {r:>7.3} {f1:>7.3} {:>8}", c.support())?;
    }
    writeln!(out, "{:<26} {:>25.3}", "macro-F1", macro_f1(rows.iter().map(|r| &r.1)))?;
    if let Some(micro) = micro {
        writeln!(out, "{:<26} {micro:>25.3}", "micro-F1")?;
    }
    writeln!(out)
}

fn list(out: &mut dyn Write, ids: &[String]) -> io::Result<()> {
    if ids.is_empty() { Ok(()) } else { writeln!(out, "  {}", ids.join(" ")) }
}
