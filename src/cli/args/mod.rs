//! The arguments. Help, completions and man pages are derived from this one table.

mod groups;

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum, ValueHint};
use serde::Deserialize;

use super::bank::BankArgs;
use super::compare::CompareArgs;
use crate::render::{self, Renderer};
use crate::report::Severity;
use groups::LLM;
pub(super) use groups::{
    CacheArgs, ConfigArgs, FieldArgs, LlmArgs, MistakeArgs, RECORDS, RecordArgs, WordsArgs, again,
};

/// An offline critic of written interview answers
///
/// candor reads an answer, says of every sentence what an interviewer hears in it, finds the mistakes that the
/// guide warns of, each with the words that show it, and says what to mend first. Nothing leaves this machine.
#[derive(Debug, Parser)]
#[command(name = "candor", version, max_term_width = 100, propagate_version = false, after_long_help = EXIT_CODES)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  nothing at or above the fail level
  1  findings at or above the fail level (`critique --fail-on`), or a worse version
     (`compare --fail-if-worse`)
  2  could not run, in whole or in part

Example:
  candor critique answer.md";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Critique(Box<CritiqueArgs>),
    Compare(Box<CompareArgs>),
    Bank(Box<BankArgs>),
    Explain(ExplainArgs),
    Models(ModelsArgs),
    Doctor(DoctorArgs),
    Eval(EvalArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

const CRITIQUE_EXAMPLES: &str = "\
Examples:
  candor critique answer.md
      What an interviewer hears, what to mend first, what will be asked next.
  candor critique a.md -q \"Tell me about a program at risk.\" --explain-score
      The same for a question, with where each point of the score comes from.
  pbpaste | candor critique - --format compact
      An answer from the clipboard, a line a finding.
  candor critique stories/*.md --format jsonl -o critiques.jsonl
      Many answers, for other programs.
  candor critique answer.md --format html -o report.html
      A page to look at, with the findings beside the words.
  candor critique answer.md --llm
      The same, with a language model beside the encoder (`candor models pull`).

To leave something out, write into the answer:
  <!-- candor ignore no_lesson -->             this mistake, in the whole answer
  <!-- candor off --> ... <!-- candor on -->   findings on what stands between

Settings, the first that is there counts (files are not merged, options count more):
  1. the file of --config
  2. the file that $CANDOR_CONFIG names
  3. the nearest candor.toml in the answer's folder or above it
  4. candor/candor.toml in $XDG_CONFIG_HOME or ~/.config
Keys: guide, format, select, ignore, min-level, fail-on, color, engine, llm. Format,
colour, engine and language model are those of the first answer.

Exit codes:
  0  nothing at or above the fail level
  1  findings at or above it
  2  an answer, a setting or the output could not be read or written";

/// Critique written answers
///
/// Reads each file (plain text or Markdown, rough notes too) and writes what an interviewer hears in it. Front
/// matter with `question:` names the question. What is no interview answer gets no score.
#[derive(Debug, clap::Args)]
#[command(after_long_help = CRITIQUE_EXAMPLES)]
pub(super) struct CritiqueArgs {
    /// Answers to read, or `-` for standard input; FILE#ID is a story of a bank, by the name that `bank` has for it or how it begins
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) files: Vec<PathBuf>,
    /// What to call standard input
    ///
    /// Its extension says whether it is Markdown or plain text (.txt), its folder where the config is looked for.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(super) stdin_filename: Option<PathBuf>,
    /// The interview question, in place of the answer's own
    #[arg(short, long, value_name = "QUESTION")]
    pub(super) question: Option<String>,
    /// Guide to judge by, a TOML file [default: the built-in one on ownership]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) guide: Option<PathBuf>,
    /// How to write the critiques [default: terminal]
    #[arg(short, long, value_parser = format_parser())]
    pub(super) format: Option<&'static Renderer>,
    /// Write to a file, all at once at the end; `-` is standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) fields: FieldArgs,
    #[command(flatten)]
    pub(super) mistakes: MistakeArgs,
    /// The least severity to show [default: suggestion]
    #[arg(long, value_name = "SEVERITY")]
    pub(super) min_level: Option<Severity>,
    /// The least severity of a finding shown that makes the exit code 1 [default: warning]
    #[arg(long, value_name = "SEVERITY")]
    pub(super) fail_on: Option<Severity>,
    /// Say which sentences each point of the score comes from
    ///
    /// JSON and HTML always do.
    #[arg(long)]
    pub(super) explain_score: bool,
    /// When to use colour [default: auto]
    ///
    /// `auto` uses it on a terminal, unless NO_COLOR is set.
    #[arg(long, value_name = "WHEN")]
    pub(super) color: Option<Color>,
    /// Show nothing but findings, or that there is no score, and no notes
    ///
    /// Errors are still told. JSON and HTML stay as they are.
    #[arg(long)]
    pub(super) quiet: bool,
    /// Threads to use [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
    #[command(flatten)]
    pub(super) llm: LlmArgs,
    #[command(flatten)]
    pub(super) words: WordsArgs,
    #[command(flatten)]
    pub(super) config: ConfigArgs,
}

/// Explain a mistake, or list them all
///
/// What it is, why it matters to an interviewer, what to do, a weak and a mended example, and how candor decides.
#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// Id of a mistake, as in `warning[no_result]`; without it, all are listed
    pub(super) mistake: Option<String>,
    /// Guide that tells of it [default: the config's, or the built-in one]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) guide: Option<PathBuf>,
    #[command(flatten)]
    pub(super) config: ConfigArgs,
}

const MODELS_EXAMPLES: &str = "\
Examples:
  candor models list
      Which models there are, how large they are, which are here.
  candor models pull
      Fetches the default model; run again, it goes on where it was cut off.
  candor models pull mine.toml
      Fetches by a manifest of your own, such as those in models/ of candor's source.

Variables:
  CANDOR_MODELS       folder of the models [default: candor/models in $XDG_DATA_HOME or ~/.local/share]
  HF_ENDPOINT         the hub [default: https://huggingface.co]
  HF_HOME, HF_HUB_CACHE
                      where files that other Hub tools have fetched are found and used
  HF_TOKEN            token for the hub; never sent unencrypted or to another host
  HF_HUB_OFFLINE      1 is the same as --offline
  HF_HUB_DOWNLOAD_TIMEOUT
                      seconds of silence after which a request is given up [default: 60]

Exit codes:
  0  done
  2  a model could not be fetched, is not here or is damaged";

/// List, fetch, check and remove local models
///
/// A model is fetched once, at a pinned revision, and gets its name only when its size and sha256 are right. Nothing
/// but `pull` uses the network.
#[derive(Debug, clap::Args)]
#[command(after_long_help = MODELS_EXAMPLES)]
pub(super) struct ModelsArgs {
    #[command(subcommand)]
    pub(super) command: ModelsCommand,
    /// Use no network
    #[arg(long, global = true)]
    pub(super) offline: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum ModelsCommand {
    /// List the models and how much of each is here
    List,
    /// Fetch a model, going on where an earlier try ended
    Pull(PullArgs),
    /// Read a model's files again and compare them with their digests
    Verify(VerifyArgs),
    /// Print the path of a model's weights
    Path(PathArgs),
    /// Remove a model's files that no other model needs
    Rm(RmArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct PullArgs {
    /// Id of a model, or path of a manifest that ends in .toml [default: the first of `candor models list`]
    pub(super) id: Option<String>,
    /// Where the hub states another size or digest than the manifest, go on with what the hub states
    #[arg(long)]
    pub(super) accept_digest: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct VerifyArgs {
    /// Id of a model, or path of a manifest [default: all that are here]
    pub(super) id: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct PathArgs {
    /// Id of a model, or path of a manifest [default: the first of `candor models list`]
    pub(super) id: Option<String>,
    /// Print the path of its tokenizer.json instead
    #[arg(long)]
    pub(super) tokenizer: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct RmArgs {
    /// Id of a model, or path of a manifest
    pub(super) id: String,
}

/// Show what this candor is made of and which settings are in force
#[derive(Debug, clap::Args)]
pub(super) struct DoctorArgs {
    /// Answer for which the settings are shown [default: one in the current folder]
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) config: ConfigArgs,
}

/// Measure accuracy on annotated answers
#[derive(Debug, clap::Args)]
pub(super) struct EvalArgs {
    /// Annotated answers, JSON Lines in the scheme of training/ANNOTATION.md
    #[arg(required = true, value_name = "DATA.jsonl", value_hint = ValueHint::FilePath)]
    pub(super) files: Vec<PathBuf>,
    /// Folder of a model to measure in place of the embedded one
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(super) model: Option<PathBuf>,
    #[command(flatten)]
    pub(super) llm: LlmArgs,
    /// Fit how much the language model weighs beside the encoder, and keep it for `critique`
    ///
    /// The weights are those with the least loss on these answers; measure them on others.
    #[arg(long, help_heading = LLM)]
    pub(super) fit: bool,
    /// How to write the figures
    #[arg(short, long, value_enum, default_value_t = EvalFormat::Terminal)]
    pub(super) format: EvalFormat,
}

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Example:\n  candor completions bash > ~/.local/share/bash-completion/completions/candor"
)]
pub(super) struct CompletionsArgs {
    /// The shell
    pub(super) shell: clap_complete::Shell,
}

/// Print the manual page
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  candor man critique | man -l -")]
pub(super) struct ManArgs {
    /// Command whose page to print [default: candor itself]
    #[arg(value_name = "COMMAND")]
    pub(super) command: Option<String>,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How `eval` writes its figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum EvalFormat {
    /// Tables for reading
    Terminal,
    /// One object
    Json,
}

fn format_parser() -> impl TypedValueParser<Value = &'static Renderer> {
    let values = render::ALL.iter().map(|r| PossibleValue::new(r.id).help(r.doc));
    PossibleValuesParser::new(values).try_map(|id| Renderer::find(&id).ok_or("unknown format"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_table_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_format_can_be_asked_for_and_is_in_the_help() {
        let mut command = Args::command();
        let critique = command.find_subcommand_mut("critique").unwrap();
        let help = critique.render_long_help().to_string();
        for renderer in render::ALL {
            let args = ["candor", "critique", "a.md", "--format", renderer.id];
            let parsed = Args::try_parse_from(args).unwrap();
            let Command::Critique(critique) = parsed.command else { panic!("critique") };
            assert_eq!(critique.format.unwrap().id, renderer.id);
            assert!(help.contains(renderer.id), "{}", renderer.id);
        }
    }

    #[test]
    fn every_argument_says_what_it_is_for() {
        fn check(parent: &clap::Command) {
            for command in parent.get_subcommands() {
                assert!(command.get_about().is_some(), "{}", command.get_name());
                for arg in command.get_arguments() {
                    assert!(arg.get_help().is_some(), "{} {}", command.get_name(), arg.get_id());
                }
                check(command);
            }
        }
        check(&Args::command());
    }
}
