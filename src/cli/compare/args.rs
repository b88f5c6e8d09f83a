//! The arguments of `candor compare`.

use std::path::{Path, PathBuf};

use clap::ValueHint;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::cli::args::{CacheArgs, Color, ConfigArgs, LlmArgs, MistakeArgs, RecordArgs, again};
use crate::render::compare::{ALL, Renderer};
use crate::render::option;
use crate::report::Severity;

const COMPARE_EXAMPLES: &str = "\
Examples:
  candor compare answer.md answer-2.md
      What became of the findings, what the points come from, the text word by word.
  candor compare --git HEAD answer.md
      The file as it is now against the one of the last commit.
  candor compare --git origin/main --fail-if-worse --quiet answer.md
      One verdict, and exit code 1 when the answer became worse.
  candor compare stories-in-may stories
      Two versions of a bank: which stories are better, worse, new or taken out, and the whole.
  candor compare --git HEAD stories
      The bank as it is now against the one of the last commit.

OLD and NEW are banks where one of them is a folder or a .jsonl, .ndjson, .csv or .tsv file, or
a Markdown file that `bank` cuts into several stories; they are read as by `bank`. A single
Markdown file beside a file of records is a bank of one; beside a folder it is an error: name
the story in the folder. Stories are found again by their name (the path in the folder, the id,
the heading), but one that stands to the letter under another name, as when files are numbered
anew, by its text; then those that have no such name in the other bank, or go by their line, by
the rare words that they share, the most alike first. What is left was taken out, or is new.
With --git, what ignore files name now is left out of both.

The verdict is better or worse when the score moved by more than the noise band, or when the
level moved and the score the same way. The band is how far changes that keep the meaning move
an answer (training/noise.py measures it); the output states it. Where one of the two is no
interview answer there is no verdict.

Settings are found as for `critique`, for the new version; the keys guide, select, ignore,
min-level, color, engine and llm count. With a language model (--llm) both versions are
judged by it too; no words are written, and the noise band stays that of the encoder alone.

Exit codes:
  0  compared
  1  with --fail-if-worse: the new version is worse, or gets no score where the old one had one;
     of a bank: any story that both have. One that was taken out doesn't count
  2  a version, a setting or the output could not be read or written; no story of a bank is
     found again; with --strict not every record could be read";

/// Compare two versions of an answer, or of a bank
///
/// Pairs their sentences and says which findings are fixed, new and left, what is heard more and less, which criteria the
/// points came from, and whether the new version is better, worse, or within noise. Of two banks it pairs the stories, and
/// says that of each and of all together.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = COMPARE_EXAMPLES,
    override_usage = "candor compare [OPTIONS] <OLD> <NEW>\n       candor compare [OPTIONS] --git <REV> <PATH>"
)]
pub(in crate::cli) struct CompareArgs {
    /// The old version, an answer (`-` for standard input) or a bank; with --git the only path
    #[arg(value_name = "OLD", value_hint = ValueHint::AnyPath)]
    pub(super) old: PathBuf,
    /// The new version
    #[arg(value_name = "NEW", value_hint = ValueHint::AnyPath, required_unless_present = "git", conflicts_with = "git")]
    pub(super) new: Option<PathBuf>,
    /// Compare an answer or a bank with what it was at this revision
    #[arg(long, value_name = "REV")]
    pub(super) git: Option<String>,
    /// The interview question, in place of the answers' own
    #[arg(short, long, value_name = "QUESTION")]
    pub(super) question: Option<String>,
    /// Guide to judge by, a TOML file [default: the built-in one on ownership]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) guide: Option<PathBuf>,
    /// How to write the comparison [default: terminal]
    #[arg(short, long, value_parser = format_parser())]
    pub(super) format: Option<&'static Renderer>,
    /// Write to a file, all at once at the end; `-` is standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) mistakes: MistakeArgs,
    /// The least severity of a finding to show [default: suggestion]
    #[arg(long, value_name = "SEVERITY")]
    pub(super) min_level: Option<Severity>,
    /// Exit with 1 when the new version is worse, or any story of the new bank
    #[arg(long)]
    pub(super) fail_if_worse: bool,
    /// Make the exit code 2 when any record of a bank is bad
    #[arg(long)]
    pub(super) strict: bool,
    #[command(flatten)]
    pub(super) cache: CacheArgs,
    #[command(flatten)]
    pub(super) records: RecordArgs,
    /// When to use colour [default: auto]
    ///
    /// `auto` uses it on a terminal, unless NO_COLOR is set.
    #[arg(long, value_name = "WHEN")]
    pub(super) color: Option<Color>,
    /// Show nothing but the verdict
    ///
    /// Errors are still told. JSON and HTML stay as they are.
    #[arg(long)]
    pub(super) quiet: bool,
    /// Threads to use [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
    /// Folder of a model to hear with in place of the embedded one, as for `eval`
    #[arg(long, hide = true, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(super) model: Option<PathBuf>,
    #[command(flatten)]
    pub(super) llm: LlmArgs,
    #[command(flatten)]
    pub(super) config: ConfigArgs,
}

impl CompareArgs {
    /// The new version; with --git it is the only path that is given.
    pub(super) fn newer(&self) -> &Path {
        self.new.as_deref().unwrap_or(&self.old)
    }

    /// The options by which another comparison reads and judges a story the same, as a shell takes them, each after a space.
    pub(super) fn again(&self) -> String {
        let (fields, guide) = (self.records.fields(), self.guide.as_deref());
        let question = self.question.as_ref().map(|q| option("--question", q));
        let model = self.model.as_ref().map(|folder| option("--model", &folder.display().to_string()));
        let own = [question, model].into_iter().flatten();
        own.fold(again(fields, &self.config, guide, &self.llm, &self.mistakes), |all, one| all + &one)
    }

    /// Those by which a critique does; none where it can't, since it hears with the embedded model alone.
    pub(super) fn critique(&self) -> Option<String> {
        self.model.is_none().then(|| self.again())
    }
}

fn format_parser() -> impl TypedValueParser<Value = &'static Renderer> {
    let values = ALL.iter().map(|r| PossibleValue::new(r.id).help(r.doc));
    PossibleValuesParser::new(values).try_map(|id| Renderer::find(&id).ok_or("unknown format"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: CompareArgs,
    }

    fn parse(args: &[&str]) -> Result<CompareArgs, clap::Error> {
        Line::try_parse_from([&["compare"], args].concat()).map(|line| line.args)
    }

    #[test]
    fn two_files_or_one_and_a_revision() {
        assert!(parse(&["a.md", "b.md"]).unwrap().git.is_none());
        assert_eq!(parse(&["--git", "HEAD", "a.md"]).unwrap().git.as_deref(), Some("HEAD"));
        for wrong in
            [&[][..], &["a.md"], &["--git", "HEAD"], &["--git", "HEAD", "a.md", "b.md"], &["a", "b", "c"]]
        {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn every_format_can_be_asked_for() {
        for renderer in ALL {
            let parsed = parse(&["a.md", "b.md", "--format", renderer.id]).unwrap();
            assert_eq!(parsed.format.unwrap().id, renderer.id);
        }
    }
}
