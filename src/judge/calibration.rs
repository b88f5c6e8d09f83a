//! How much a language model's opinion weighs, as measured on annotated answers: a small file for each model.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Judge, Pooling};
use crate::guide::Guide;
use crate::model::lasting::replace;

/// Why a calibration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// The file can't be read.
    #[error("cannot read calibration {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// It is no TOML of this shape.
    #[error("calibration {} is not valid; delete it, or fit it again with `candor eval --fit`", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Box<toml::de::Error>,
    },
    /// The file can't be written.
    #[error("cannot write calibration {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// What was fitted, and for what it holds.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// sha256 of the model's weights.
    pub model: String,
    /// sha256 of the encoder's.
    pub encoder: String,
    /// The version of the prompts.
    pub prompts: u32,
    /// The guide's id and version.
    pub guide: String,
    /// The number of answers that it was fitted on.
    pub answers: usize,
    /// The weights.
    pub pooling: Pooling,
}

impl Calibration {
    /// What is known of the weights under which it holds.
    #[must_use]
    pub fn new(judge: &Judge, encoder: &str, guide: &Guide, answers: usize, pooling: Pooling) -> Calibration {
        Calibration {
            model: judge.model().sha256,
            encoder: encoder.to_owned(),
            prompts: judge.prompts_version(),
            guide: format!("{}@{}", guide.id, guide.version),
            answers,
            pooling,
        }
    }

    /// Whether it was fitted for these: the same model, encoder, prompts and guide.
    #[must_use]
    pub fn is_for(&self, judge: &Judge, encoder: &str, guide: &Guide) -> bool {
        let now = Calibration::new(judge, encoder, guide, self.answers, self.pooling);
        *self == now
    }

    /// Reads it; none where there is no file.
    ///
    /// # Errors
    /// When the file is there and can't be read, or is not valid.
    pub fn read(path: &Path) -> Result<Option<Calibration>, CalibrationError> {
        let at = || path.to_path_buf();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(CalibrationError::Read { path: at(), source }),
        };
        let parsed = toml::from_str(&text);
        parsed.map(Some).map_err(|e| CalibrationError::Parse { path: at(), source: Box::new(e) })
    }

    /// Writes it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, path: &Path) -> Result<(), CalibrationError> {
        let text = toml::to_string(self).map_err(io::Error::other);
        let written = text.and_then(|text| replace(path, text.as_bytes()));
        written.map_err(|source| CalibrationError::Write { path: path.to_path_buf(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Scaling;
    use crate::judge::scripted::Script;

    #[test]
    fn it_is_read_as_it_was_written_and_holds_for_nothing_else() {
        let judge = Judge::new(Box::new(Script::new())).unwrap();
        let guide = Guide::ownership().unwrap();
        let pooling = Pooling { roles: 0.25, mistakes: 0.5, yes: Scaling { scale: 0.5, shift: -0.25 } };
        let fitted = Calibration::new(&judge, "abc", &guide, 12, pooling);
        let path = std::env::temp_dir().join(format!("candor-calibration-{}.toml", std::process::id()));
        assert_eq!(Calibration::read(&path).unwrap(), None);
        fitted.write(&path).unwrap();
        assert!(!path.with_extension("tmp").exists(), "it was written beside");
        let read = Calibration::read(&path).unwrap().unwrap();
        assert_eq!(read, fitted);
        assert!(read.is_for(&judge, "abc", &guide));
        assert!(!read.is_for(&judge, "other encoder", &guide));
        fs::write(&path, "model = 1").unwrap();
        assert!(matches!(Calibration::read(&path), Err(CalibrationError::Parse { .. })));
        fs::remove_file(&path).unwrap();
    }
}
