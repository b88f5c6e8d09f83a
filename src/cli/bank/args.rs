//! The arguments of `candor bank`.

use std::path::PathBuf;

use clap::ValueHint;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::cli::args::{CacheArgs, Color, ConfigArgs, LlmArgs, MistakeArgs, RECORDS, RecordArgs, WordsArgs};
use crate::render::bank::{self, Format};
use crate::report::Severity;

const EXAMPLES: &str = "\
Examples:
  candor bank --init stories
      A bank to fill in: a file for each kind of story, and a .gitignore that keeps them private.
  candor bank stories
      What each story tells, what is missing, which story serves which question.
  candor bank stories -q \"Tell me about a program at risk.\"
      The same, with the stories for a question of yours.
  candor bank stories --format html -o bank.html
      A page to look at, with a table that sorts.
  candor bank answers.jsonl --format csv -o scores.csv
      A row a record, as each is read; a million of them need no more memory than a hundred.
  candor bank answers.jsonl -f jsonl -o critiques.jsonl --resume
      Goes on where the last run was cut off, and begins where there was none.
  candor bank stories --llm
      What each story tells, judged by a language model too (`candor models pull`).

What is read:
  a folder     every .md and .txt in it and below, in the order of their paths; not
               READMEs, links or hidden files, not what .ignore or .candorignore names.
               .gitignore is not looked at: a bank's own keeps its stories out of git.
  .md, .txt    a story. A Markdown file is cut at the headings of its highest level
               that has several, if two or more stories of 40 words stand under them
               and no heading names a part of an answer (Situation, Result), or two of them
               have headings for the same parts; with --split-headings wherever there are
               headings. What comments above the first of them ask for counts for all.
  .jsonl       an object a line (.ndjson too), with the story in `text`, and `id` and
               `question` where they are known
  .csv, .tsv   a row a story, with the same names in the first row; in .csv that has no
               comma there, `;` or tabs stand between fields
  -            standard input: JSON Lines unless --stdin-filename says otherwise
Records are called FILE#ID, else FILE:LINE; stories under headings FILE#HEADING.
On a terminal, banks of more than 12 stories are shown by the table and the summary alone.

Settings are those of `critique`; the config is looked for from the first path. Of the keys
guide, select, ignore, min-level, color, engine and llm count.

A language model (--llm) takes seconds to minutes a story. It needs all cores for one story
at a time; what that comes to is said before it starts. Its critique in words is in jsonl
alone, so for the other formats it writes none.

Exit codes:
  0  done; bad records are told of and stop nothing
  2  nothing could be read, or not what a PATH names, or with --strict not everything; a
     setting or the output could not be read or written; stopped by Ctrl-C, once what was
     done is written";

/// Critique a bank of stories
///
/// Reads folders, files, JSON Lines and CSV, says of each story what it tells, and of the bank which kinds of story are
/// missing, which stories are weak, which tell the same episode, which serves which question, and what to mend first.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(in crate::cli) struct BankArgs {
    /// Folders and files to read, or `-` for standard input
    #[arg(required_unless_present = "init", value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(super) paths: Vec<PathBuf>,
    /// Write a bank to fill in into a folder, and nothing over what is there
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "paths")]
    pub(super) init: Option<PathBuf>,
    /// A question for which the stories are wanted that serve it best (may be repeated)
    #[arg(short, long, value_name = "QUESTION", value_parser = question)]
    pub(super) question: Vec<String>,
    /// Guide to judge by, a TOML file [default: the built-in one on ownership]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) guide: Option<PathBuf>,
    /// How to write it
    ///
    /// jsonl and csv are written as records are read and have no summary; terminal, json and html come at the end.
    #[arg(short, long, default_value = bank::ALL[0].id, value_parser = format_parser())]
    pub(super) format: &'static Format,
    /// Write to a file, `-` is standard output; jsonl and csv as it goes, and never over a file that is there
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) output: Option<PathBuf>,
    /// Go on with the jsonl or csv file of -o where a run of the same records was cut off
    ///
    /// Its lines must be those of the same records, in the same order, and of the same models and guide, which csv can't
    /// tell. Give the same options: those that choose findings and words leave no mark in it.
    #[arg(long, requires = "output")]
    pub(super) resume: bool,
    #[command(flatten)]
    pub(super) cache: CacheArgs,
    /// Make the exit code 2 when any record is bad
    #[arg(long)]
    pub(super) strict: bool,
    #[command(flatten)]
    pub(super) records: RecordArgs,
    /// What to call standard input; its ending says what it holds
    #[arg(long, help_heading = RECORDS, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(super) stdin_filename: Option<PathBuf>,
    #[command(flatten)]
    pub(super) mistakes: MistakeArgs,
    /// The least severity to show [default: suggestion]
    #[arg(long, value_name = "SEVERITY")]
    pub(super) min_level: Option<Severity>,
    /// When to use colour [default: auto]
    ///
    /// `auto` uses it on a terminal, unless NO_COLOR is set.
    #[arg(long, value_name = "WHEN")]
    pub(super) color: Option<Color>,
    /// Show the summary only, no progress and no notes
    ///
    /// json and html stay as they are.
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

fn question(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() { Err("it has no words") } else { Ok(text.to_owned()) }
}

fn format_parser() -> impl TypedValueParser<Value = &'static Format> {
    let values = bank::ALL.iter().map(|f| PossibleValue::new(f.id).help(f.doc));
    PossibleValuesParser::new(values).try_map(|id| Format::find(&id).ok_or("unknown format"))
}
