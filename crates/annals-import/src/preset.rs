//! Mappings of well-known public files, shipped as mapping files such as anyone could write.

use annals_events::InvalidValue;
use std::fmt;
use std::str::FromStr;

/// A mapping that ships with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Preset {
    /// The master file of the CDNOW purchases, 1997 to 1998.
    Cdnow,
    /// The one-tenth sample of the same purchases; gives the same events as the master file.
    CdnowSample,
    /// Consumer complaints as published by the Consumer Financial Protection Bureau.
    Cfpb,
}

impl Preset {
    /// All presets.
    pub const fn all() -> &'static [Self] {
        &[Self::Cdnow, Self::CdnowSample, Self::Cfpb]
    }

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cdnow => "cdnow",
            Self::CdnowSample => "cdnow-sample",
            Self::Cfpb => "cfpb",
        }
    }

    /// The mapping file.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Cdnow => include_str!("../presets/cdnow.toml"),
            Self::CdnowSample => include_str!("../presets/cdnow-sample.toml"),
            Self::Cfpb => include_str!("../presets/cfpb.toml"),
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

impl FromStr for Preset {
    type Err = InvalidValue;

    fn from_str(name: &str) -> Result<Self, InvalidValue> {
        let preset = Self::all().iter().copied().find(|preset| preset.name() == name);
        preset.ok_or_else(|| {
            let known: Vec<_> = Self::all().iter().map(|preset| preset.name()).collect();
            InvalidValue {
                expected: format!("one of the presets {}", known.join(", ")),
                came: format!("{name:?}"),
            }
        })
    }
}
