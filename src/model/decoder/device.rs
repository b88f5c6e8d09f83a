//! Where a decoder runs.

use std::fmt;
use std::str::FromStr;

use super::DecoderError;

/// Where a decoder runs, as `--device` names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// The first accelerator that the build and the machine have, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// An NVIDIA card by its number. Needs the feature `cuda`.
    Cuda(usize),
    /// Apple's GPU. Needs the feature `metal`.
    Metal,
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Auto => f.write_str("auto"),
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(n) => write!(f, "cuda:{n}"),
            Device::Metal => f.write_str("metal"),
        }
    }
}

impl FromStr for Device {
    type Err = DecoderError;

    fn from_str(s: &str) -> Result<Device, DecoderError> {
        let unknown = || DecoderError::Device {
            device: s.to_owned(),
            what: "the devices are auto, cpu, cuda, cuda:N and metal".to_owned(),
        };
        match s {
            "auto" => Ok(Device::Auto),
            "cpu" => Ok(Device::Cpu),
            "cuda" => Ok(Device::Cuda(0)),
            "metal" => Ok(Device::Metal),
            _ => {
                let number = s.strip_prefix("cuda:").and_then(|n| n.parse().ok());
                number.map(Device::Cuda).ok_or_else(unknown)
            }
        }
    }
}

impl Device {
    /// The device that this stands for here, never [`Device::Auto`], and candle's handle of it.
    pub(super) fn open(self) -> Result<(Device, candle_core::Device), DecoderError> {
        use candle_core::Device as Handle;
        let without = |e: &candle_core::Error| format!("{e}; `--device cpu` does without it");
        let refuse = |what: String| DecoderError::Device { device: self.to_string(), what };
        match self {
            Device::Auto => {
                let there = [Device::Cuda(0), Device::Metal].into_iter().filter(|d| d.is_built());
                // a build with CUDA on a machine without a card is no error where nobody asked for the card
                Ok(there.filter_map(|d| d.open().ok()).next().unwrap_or((Device::Cpu, Handle::Cpu)))
            }
            Device::Cpu => Ok((self, Handle::Cpu)),
            _ if !self.is_built() => {
                let feature = if self == Device::Metal { "metal" } else { "cuda" };
                Err(refuse(format!(
                    "this build has no support for it; take `--device cpu`, or build with --features {feature}"
                )))
            }
            Device::Cuda(n) => Ok((self, Handle::new_cuda(n).map_err(|e| refuse(without(&e)))?)),
            Device::Metal => Ok((self, Handle::new_metal(0).map_err(|e| refuse(without(&e)))?)),
        }
    }

    fn is_built(self) -> bool {
        match self {
            Device::Cuda(_) => candle_core::utils::cuda_is_available(),
            Device::Metal => candle_core::utils::metal_is_available(),
            Device::Auto | Device::Cpu => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for device in [Device::Auto, Device::Cpu, Device::Cuda(0), Device::Cuda(3), Device::Metal] {
            assert_eq!(device.to_string().parse::<Device>().unwrap(), device);
        }
        assert_eq!("cuda".parse::<Device>().unwrap(), Device::Cuda(0));
        for wrong in ["", "gpu", "cuda:", "cuda:x", "CPU"] {
            assert!(wrong.parse::<Device>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn auto_is_always_something() {
        assert_ne!(Device::Auto.open().unwrap().0, Device::Auto);
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_device_that_was_not_built_names_its_feature() {
        let error = Device::Cuda(0).open().unwrap_err().to_string();
        assert!(error.contains("--features cuda") && error.contains("`--device cpu`"), "{error}");
    }
}
