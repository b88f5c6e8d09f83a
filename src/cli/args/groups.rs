//! Arguments that several commands share.

use std::path::{Path, PathBuf};

use clap::ValueHint;

use crate::bank::{Fields, Reading};
use crate::judge::Engine;
use crate::model::cache::{self, Cache};
use crate::model::decoder::Device;
use crate::render::option;

/// Heading of how records are read.
pub(in crate::cli) const RECORDS: &str = "Records";
/// Heading of what is asked of a language model.
pub(super) const LLM: &str = "Local language model";

/// Which mistakes are looked for.
#[derive(Debug, Default, clap::Args)]
pub(in crate::cli) struct MistakeArgs {
    /// Look for these mistakes only (ids with commas between them; may be repeated)
    #[arg(long, value_name = "MISTAKE", value_delimiter = ',')]
    pub(in crate::cli) select: Vec<String>,
    /// Do not look for these mistakes (ids with commas between them; may be repeated)
    #[arg(long, value_name = "MISTAKE", value_delimiter = ',')]
    pub(in crate::cli) ignore: Vec<String>,
}

/// Whether what is heard in the stories of a bank is kept.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CacheArgs {
    /// Hear every story anew, and keep nothing of it for the next run
    ///
    /// Else what the encoder hears in a bank is kept, as numbers and without any text, in $CANDOR_CACHE, or in candor in
    /// $XDG_CACHE_HOME or ~/.cache, so that a story that has not changed costs nothing the next time.
    #[arg(long)]
    no_cache: bool,
}

impl CacheArgs {
    /// The cache, where there is one and it is wanted.
    pub(in crate::cli) fn open(&self) -> Option<Cache> {
        cache::default_root().filter(|_| !self.no_cache).map(Cache::new)
    }
}

/// How the records of a bank are read.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RecordArgs {
    /// Cut Markdown files into a story under each heading
    #[arg(long, help_heading = RECORDS)]
    split_headings: bool,
    #[command(flatten)]
    fields: FieldArgs,
}

/// Where a record holds what.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct FieldArgs {
    /// Field or column of the story
    #[arg(long, help_heading = RECORDS, value_name = "NAME", default_value = "text")]
    text_field: String,
    /// Field or column of what to call it
    #[arg(long, help_heading = RECORDS, value_name = "NAME", default_value = "id")]
    id_field: String,
    /// Field or column of the question that it answers
    #[arg(long, help_heading = RECORDS, value_name = "NAME", default_value = "question")]
    question_field: String,
}

impl RecordArgs {
    pub(in crate::cli) fn reading(&self) -> Reading {
        Reading { fields: self.fields.fields(), split: self.split_headings }
    }

    pub(in crate::cli) fn fields(&self) -> &FieldArgs {
        &self.fields
    }
}

/// The options by which another command reads and judges a story the same, as a shell takes them, each after a space.
pub(in crate::cli) fn again(
    fields: &FieldArgs,
    config: &ConfigArgs,
    guide: Option<&Path>,
    llm: &LlmArgs,
    mistakes: &MistakeArgs,
) -> String {
    let usual = Fields::default();
    let of = |path: &Path| path.display().to_string();
    let ids = |ids: &Vec<String>| Some(ids.join(",")).filter(|ids| !ids.is_empty());
    let given = [
        ("--text-field", Some(fields.text_field.clone()).filter(|name| *name != usual.text)),
        ("--id-field", Some(fields.id_field.clone()).filter(|name| *name != usual.id)),
        ("--question-field", Some(fields.question_field.clone()).filter(|name| *name != usual.question)),
        ("--guide", guide.map(of)),
        ("--config", config.config.as_deref().map(of)),
        ("--select", ids(&mistakes.select)),
        ("--ignore", ids(&mistakes.ignore)),
        ("--llm", llm.llm.clone()),
        ("--engine", llm.engine.map(|engine| engine.id().to_owned())),
        ("--device", Some(llm.device.to_string()).filter(|_| llm.device != Device::Auto)),
    ];
    let mut out = String::new();
    for (name, value) in given {
        match value {
            // without an id the option stands for the default model
            Some(value) if value.is_empty() => out.push_str(&format!(" {name}")),
            Some(value) => out.push_str(&option(name, &value)),
            None => {}
        }
    }
    if config.no_config {
        out.push_str(" --no-config");
    }
    out
}

impl FieldArgs {
    pub(in crate::cli) fn fields(&self) -> Fields {
        Fields {
            text: self.text_field.clone(),
            id: self.id_field.clone(),
            question: self.question_field.clone(),
        }
    }
}

#[derive(Debug, Default, clap::Args)]
pub(in crate::cli) struct LlmArgs {
    /// Ask a language model on this machine too, by default the first of `candor models list`
    ///
    /// ID is that of a model, or the path of a manifest (.toml) or of a GGUF file with its tokenizer.json beside it. It
    /// judges the roles and the mistakes; `candor models pull` fetches one.
    #[arg(long, help_heading = LLM, value_name = "ID", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(in crate::cli) llm: Option<String>,
    /// Who judges [default: both with --llm, else encoder]
    #[arg(long, help_heading = LLM, value_enum)]
    pub(in crate::cli) engine: Option<Engine>,
    /// Where the language model runs: auto, cpu, cuda, cuda:N, metal
    #[arg(long, help_heading = LLM, default_value = "auto")]
    pub(in crate::cli) device: Device,
}

/// What the language model writes.
#[derive(Debug, Default, clap::Args)]
pub(in crate::cli) struct WordsArgs {
    /// Have the language model write no critique in words
    #[arg(long, help_heading = LLM)]
    pub(in crate::cli) no_words: bool,
    /// Draw the words by chance, the same for the same N [default: the likeliest words]
    #[arg(long, help_heading = LLM, value_name = "N")]
    pub(in crate::cli) seed: Option<u64>,
}

#[derive(Debug, Default, clap::Args)]
pub(in crate::cli) struct ConfigArgs {
    /// Config file, in place of those that are found
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "no_config")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Read no config file
    #[arg(long)]
    pub(in crate::cli) no_config: bool,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        fields: FieldArgs,
        #[command(flatten)]
        config: ConfigArgs,
        #[command(flatten)]
        llm: LlmArgs,
        #[command(flatten)]
        mistakes: MistakeArgs,
    }

    #[test]
    fn what_is_judged_otherwise_is_said_to_the_next_command() {
        for options in [
            &[][..],
            &["--text-field=body", "--no-config"],
            &["--select=vague,no_result", "--ignore=hedging", "--llm", "--engine=both"],
            &["--llm=qwen", "--device=cpu"],
        ] {
            let line = Line::try_parse_from([&["candor"], options].concat()).unwrap();
            let said = again(&line.fields, &line.config, None, &line.llm, &line.mistakes);
            let mut known: Vec<&str> = options.to_vec();
            let mut words: Vec<&str> = said.split_whitespace().collect();
            words.sort_unstable();
            known.sort_unstable();
            assert_eq!(
                words,
                known
                    .iter()
                    .map(|o| if *o == "--select=vague,no_result" { "--select='vague,no_result'" } else { o })
                    .collect::<Vec<_>>()
            );
        }
    }
}
