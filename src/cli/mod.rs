//! The command line: arguments, configuration, files, exit codes. The only place that prints and that uses anyhow.
//!
//! May import: anything.
//!
//! Exit codes: 0 nothing at or above the fail level, 1 findings at or above it (`compare --fail-if-worse`: a worse
//! version), 2 could not run (in whole or in part). Results go to standard output, errors and notes to standard error.

mod args;
mod bank;
mod comments;
mod compare;
mod config;
mod critique;
mod doctor;
mod eval;
mod explain;
mod generate;
mod input;
mod interrupt;
mod llm;
mod models;
mod output;
mod progress;
mod reader;
mod settings;
mod threads;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use args::{Args, Command};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nothing at or above the fail level.
    Clean,
    /// Findings at or above the fail level.
    Found,
    /// Something could not be done; it has been reported.
    Failed,
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return output::usage(&error),
    };
    match execute(&args.command) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Ok(Outcome::Failed) => ExitCode::from(2),
        // The reader has what it wanted, as in `candor critique a.md | head`.
        Err(error) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error);
            ExitCode::from(2)
        }
    }
}

fn execute(command: &Command) -> Result<Outcome> {
    match command {
        Command::Critique(args) => critique::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Bank(args) => bank::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Models(args) => models::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Eval(args) => eval::run(args),
        Command::Completions(args) => generate::completions(args),
        Command::Man(args) => generate::man(args),
    }
}
