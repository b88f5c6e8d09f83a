//! The self-test at startup: a device must compute what the CPU computes.

use super::{Decoder, DecoderError, Device, Files, Input, Mask, Segment, Tree};

/// Tokens of the probe's text: several, and no round number.
const TEXT: u32 = 37;
/// Largest difference of two logits over the spread of all. A device may quantize activations otherwise than the CPU,
/// which moves logits by some hundredths of their spread; a wrong kernel moves them by their spread.
const TOLERANCE: f32 = 0.1;

impl Decoder {
    /// Reads a model onto a device that computes what the CPU computes. With [`Device::Auto`] it is the CPU where the accelerator
    /// does not: then the error of that is given, too.
    ///
    /// # Errors
    /// As [`Decoder::self_test`] and [`Decoder::read`].
    pub fn read_tested(
        files: &Files,
        device: Device,
    ) -> Result<(Decoder, Option<DecoderError>), DecoderError> {
        // a device whose kernels are wrong shows it in no error of its own
        trusted(device, |device| Decoder::self_test(files, device).and_then(|_| Decoder::read(files, device)))
    }

    /// Compares a device with the CPU on the first layer of a model, with its own weights and shapes: a text, one token
    /// after it, and a tree. Gives the largest difference of two logits over the standard deviation of all; 0 on the
    /// CPU, where nothing is run.
    ///
    /// # Errors
    /// [`DecoderError::Probe`] when they differ; else as [`Decoder::read`] and [`Decoder::forward`].
    pub fn self_test(files: &Files, device: Device) -> Result<f32, DecoderError> {
        let (device, _) = device.open()?;
        if device == Device::Cpu {
            return Ok(0.0);
        }
        let theirs = Decoder::read_layers(files, device, 1)?.probe()?;
        agree(device, &theirs, &Decoder::read_layers(files, Device::Cpu, 1)?.probe()?)
    }

    /// The logits of the probe's last tokens.
    fn probe(&self) -> Result<Vec<f32>, DecoderError> {
        let token = |i: u32| i.wrapping_mul(2_654_435_761) % self.vocabulary() as u32;
        let text: Vec<u32> = (0..TEXT).map(token).collect();
        let mut cache = self.cache();
        let read = self.forward(
            &mut cache,
            Input {
                tokens: &text,
                positions: &(0..TEXT).collect::<Vec<_>>(),
                mask: &Mask::Causal,
                wanted: &[0, text.len() - 1],
            },
        )?;
        let mut out = self.logits(&read, 0..2)?;
        let next = self.forward(
            &mut cache,
            Input { tokens: &[token(TEXT)], positions: &[TEXT], mask: &Mask::Causal, wanted: &[0] },
        )?;
        out.extend(self.logits(&next, 0..1)?);
        let under = |tokens, parent| Segment { tokens, parent };
        let tree = Tree::new(vec![under(3, None), under(2, None), under(2, Some(0))]);
        let positions = tree.positions(TEXT + 1);
        let tokens: Vec<u32> = (100..107).map(token).collect();
        let leaves = self.forward(
            &mut cache,
            Input { tokens: &tokens, positions: &positions, mask: &Mask::Tree(tree), wanted: &[2, 4, 6] },
        )?;
        out.extend(self.logits(&leaves, 0..3)?);
        Ok(out.concat())
    }
}

/// What is opened on a device, or on the CPU where nobody asked for the one that fails.
fn trusted<T>(
    device: Device,
    open: impl Fn(Device) -> Result<T, DecoderError>,
) -> Result<(T, Option<DecoderError>), DecoderError> {
    match open(device) {
        Err(refused) if device == Device::Auto && refused.may_be_of_device() => {
            Ok((open(Device::Cpu)?, Some(refused)))
        }
        opened => Ok((opened?, None)),
    }
}

fn agree(device: Device, theirs: &[f32], ours: &[f32]) -> Result<f32, DecoderError> {
    let n = ours.len() as f32;
    let mean = ours.iter().sum::<f32>() / n;
    let spread = (ours.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / n).sqrt();
    let worst = theirs.iter().zip(ours).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let difference = worst / spread.max(f32::MIN_POSITIVE);
    if theirs.len() == ours.len() && difference <= TOLERANCE {
        Ok(difference)
    } else {
        Err(DecoderError::Probe { device: device.to_string(), difference })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_computes_otherwise_is_refused() {
        let ours: Vec<f32> = (0..100).map(|i| (i as f32).sin()).collect();
        assert_eq!(agree(Device::Metal, &ours, &ours).unwrap(), 0.0);
        let mut theirs = ours.clone();
        theirs[50] += 0.02;
        assert!(agree(Device::Metal, &theirs, &ours).unwrap() > 0.0);
        theirs[50] += 0.5;
        let error = agree(Device::Metal, &theirs, &ours).unwrap_err().to_string();
        assert!(error.starts_with("metal computes wrongly"), "{error}");
        assert!(agree(Device::Metal, &[], &ours).is_err());
        assert!(error.contains("`--device cpu`"), "{error}");
    }

    #[test]
    fn the_cpu_takes_the_place_of_a_device_that_nobody_asked_for() {
        let wrong = |device| match device {
            Device::Cpu => Ok(device),
            _ => agree(device, &[1.0, 0.0], &[0.0, 1.0]).map(|_| device),
        };
        let (used, refused) = trusted(Device::Auto, wrong).unwrap();
        assert_eq!(used, Device::Cpu);
        assert!(matches!(refused, Some(DecoderError::Probe { .. })));
        assert!(trusted(Device::Cuda(0), wrong).is_err(), "it was asked for");
        assert!(trusted(Device::Cpu, wrong).unwrap().1.is_none());
        let damaged = |_| Err::<Device, _>(DecoderError::MissingTensor("x".to_owned()));
        assert!(matches!(trusted(Device::Auto, damaged), Err(DecoderError::MissingTensor(_))));
    }
}
