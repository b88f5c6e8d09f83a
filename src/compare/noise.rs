//! How far a score moves when nothing is said that was not said before.

use serde::Deserialize;

/// What `training/noise.py` measured.
static MEASURED: &str = include_str!("../../training/noise.json");

/// The measured noise can't be read: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("the noise band in this binary is broken; write it anew with training/noise.py")]
pub struct NoiseError(#[from] serde_json::Error);

/// How far changes that keep the meaning move an answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Noise {
    /// The most points, of scores as they are shown, by which nine of ten answers move.
    pub points: u8,
    /// Share of the changes at which the level is another one, 0 to 1.
    pub level_changes: f32,
    /// Id of the guide that it was measured with.
    pub guide: String,
}

impl Noise {
    /// The noise of the embedded encoder.
    ///
    /// # Errors
    /// [`NoiseError`], never of a binary that passed its tests.
    pub fn measured() -> Result<Noise, NoiseError> {
        Ok(serde_json::from_str(MEASURED)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide::Guide;
    use crate::model::Encoder;
    use crate::model::encoder::Embedded;

    #[test]
    fn it_was_measured_with_what_is_in_the_binary() {
        let noise = Noise::measured().unwrap();
        assert!((1..=20).contains(&noise.points) && (0.0..0.5).contains(&noise.level_changes), "{noise:?}");
        let file: serde_json::Value = serde_json::from_str(MEASURED).unwrap();
        let info = Embedded::load().unwrap().info();
        let model = format!("{}@{}", info.id, &info.sha256[..12]);
        assert_eq!(file["model"], model, "run training/noise.py after each training");
        let guide = Guide::ownership().unwrap();
        assert_eq!(file["guide"], guide.id);
    }
}
