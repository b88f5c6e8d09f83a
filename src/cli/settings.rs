//! What is in force for one answer: options over the config over the defaults.

use std::path::{Path, PathBuf};

use super::args::{Color, ConfigArgs, CritiqueArgs, LlmArgs, MistakeArgs};
use super::config::{self, Config, ConfigError, Origin};
use super::llm::Ask;
use crate::guide::{Guide, GuideError};
use crate::render::{self, Renderer};
use crate::report::Severity;

/// The settings for one answer.
pub(super) struct Settings {
    /// None for the built-in guide.
    pub(super) guide: Option<PathBuf>,
    pub(super) format: &'static Renderer,
    pub(super) select: Vec<String>,
    pub(super) ignore: Vec<String>,
    pub(super) min_level: Severity,
    pub(super) fail_on: Severity,
    pub(super) color: Color,
    /// None where the encoder is enough.
    pub(super) ask: Option<Ask>,
    /// The config that they come from, if any.
    pub(super) source: Option<(PathBuf, Origin)>,
}

impl Settings {
    /// The settings that a config and the defaults give for an answer.
    pub(super) fn find(args: &ConfigArgs, llm: &LlmArgs, answer: &Path) -> Result<Settings, ConfigError> {
        let source = config::find(args, answer);
        let config = source.as_ref().map(|(path, _)| Config::read(path)).transpose()?.unwrap_or_default();
        Ok(Settings {
            guide: config.guide,
            format: config.format.unwrap_or(&render::ALL[0]),
            select: config.select,
            ignore: config.ignore,
            min_level: config.min_level.unwrap_or(Severity::Suggestion),
            fail_on: config.fail_on.unwrap_or(Severity::Warning),
            color: config.color.unwrap_or_default(),
            ask: Ask::of(llm, config.engine, config.llm.as_deref()),
            source,
        })
    }

    /// The files that they come from: the config, and the guide that it or an option names.
    pub(super) fn files<'a>(&'a self, guide: Option<&'a Path>) -> impl Iterator<Item = &'a Path> {
        let config = self.source.iter().map(|(path, _)| path.as_path());
        config.chain(guide.or(self.guide.as_deref()))
    }

    /// The same, with the options of `critique` over them.
    pub(super) fn of(args: &CritiqueArgs, answer: &Path) -> Result<Settings, ConfigError> {
        let found = Settings::find(&args.config, &args.llm, answer)?.choosing(&args.mistakes);
        Ok(Settings {
            guide: args.guide.clone().or(found.guide),
            format: args.format.unwrap_or(found.format),
            min_level: args.min_level.unwrap_or(found.min_level),
            fail_on: args.fail_on.unwrap_or(found.fail_on),
            color: args.color.unwrap_or(found.color),
            ask: found.ask.map(|ask| ask.writing(&args.words)),
            ..found
        })
    }

    /// The same, with the mistakes of the options in place of those of the config, where they name any.
    pub(super) fn choosing(self, mistakes: &MistakeArgs) -> Settings {
        let given = |flags: &Vec<String>, config| if flags.is_empty() { config } else { flags.clone() };
        Settings {
            select: given(&mistakes.select, self.select),
            ignore: given(&mistakes.ignore, self.ignore),
            ..self
        }
    }
}

/// The guide in a file, or the built-in one.
pub(super) fn load_guide(path: Option<&Path>) -> Result<Guide, GuideError> {
    path.map_or_else(Guide::ownership, Guide::read)
}
