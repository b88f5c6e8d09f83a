//! Vectors of texts that are embedded again and again, such as a guide's example questions: computed once, with
//! the model that they are shipped with.

use std::collections::HashMap;

use safetensors::SafeTensors;

use super::weights::Weights;
use crate::model::ModelError;

/// Texts and their vectors.
pub(super) struct Known(HashMap<String, Vec<f32>>);

impl Known {
    /// Reads a file whose metadata has the `texts` (a JSON list) and whose tensor `vectors` has a row for each.
    pub(super) fn parse(bytes: &[u8], width: usize) -> Result<Known, ModelError> {
        let broken = |e: String| ModelError::Broken(format!("known texts: {e}"));
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| broken(e.to_string()))?;
        let texts = metadata.metadata().as_ref().and_then(|m| m.get("texts"));
        let texts: Vec<String> =
            serde_json::from_str(texts.map_or("[]", String::as_str)).map_err(|e| broken(e.to_string()))?;
        let vectors = Weights::parse(bytes)?.floats("vectors", &[texts.len(), width])?;
        let rows = vectors.chunks_exact(width).map(<[f32]>::to_vec);
        Ok(Known(texts.into_iter().zip(rows).collect()))
    }

    /// Nothing is known.
    pub(super) fn nothing() -> Known {
        Known(HashMap::new())
    }

    pub(super) fn get(&self, text: &str) -> Option<&Vec<f32>> {
        self.0.get(text)
    }
}
