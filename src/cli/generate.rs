//! `candor completions` and `candor man`: both derived from the table of arguments.

use std::io::Write;

use anyhow::{Result, bail};
use clap::CommandFactory;
use clap_mangen::Man;

use super::Outcome;
use super::args::{Args, CompletionsArgs, ManArgs};
use super::output::Sink;

/// Prints a completion script.
pub(super) fn completions(args: &CompletionsArgs) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "candor", &mut script);
    print(&script)
}

/// Prints a manual page.
pub(super) fn man(args: &ManArgs) -> Result<Outcome> {
    let mut root = Args::command();
    root.build();
    let command = match &args.command {
        None => root,
        Some(name) => match root.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                let known: Vec<&str> = root.get_subcommands().map(clap::Command::get_name).collect();
                bail!("unknown command `{name}`; candor knows {}", known.join(", "));
            }
        },
    };
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    print(&page)
}

fn print(text: &[u8]) -> Result<Outcome> {
    let mut out = Sink::standard();
    out.write_all(text)?;
    out.finish()?;
    Ok(Outcome::Clean)
}
