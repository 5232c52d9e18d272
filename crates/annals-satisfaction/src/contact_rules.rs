//! The rules on contacts: which were lost, how long one may take, and which form of service a
//! channel is.

use crate::rules::Checker;
use annals_events::{Channel, Code};
use annals_projection::RulesetError;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use toml::Spanned;

/// When a contact was served well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRules {
    /// Outcomes of contacts that nobody took.
    pub lost: BTreeSet<Code>,
    /// How long a contact may take, in seconds.
    pub duration_max_seconds: u32,
}

/// The form of a service: what the customer deals with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceForm {
    /// A place or a thing.
    Physical,
    /// A system.
    Virtual,
    /// A person.
    Personal,
}

impl ServiceForm {
    /// The name in a ruleset.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Physical => "physical",
            Self::Virtual => "virtual",
            Self::Personal => "personal",
        }
    }
}

impl fmt::Display for ServiceForm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenContact {
    lost: Vec<Spanned<String>>,
    duration_max_seconds: Spanned<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenForm {
    physical: Vec<Spanned<String>>,
    r#virtual: Vec<Spanned<String>>,
    personal: Vec<Spanned<String>>,
}

impl Checker<'_> {
    pub(crate) fn contact(&self, written: &WrittenContact) -> Result<ContactRules, RulesetError> {
        let duration_max_seconds = *written.duration_max_seconds.get_ref();
        if duration_max_seconds == 0 {
            let what = "expected at least 1 second, got 0";
            return self.refuse(&written.duration_max_seconds, what);
        }
        Ok(ContactRules { lost: self.codes(&written.lost)?, duration_max_seconds })
    }

    pub(crate) fn forms(
        &self,
        written: &WrittenForm,
    ) -> Result<BTreeMap<Channel, ServiceForm>, RulesetError> {
        let mut forms = BTreeMap::new();
        for (form, channels) in [
            (ServiceForm::Physical, &written.physical),
            (ServiceForm::Virtual, &written.r#virtual),
            (ServiceForm::Personal, &written.personal),
        ] {
            for channel in channels {
                let known = match channel.get_ref().parse::<Channel>() {
                    Ok(known) => known,
                    Err(error) => return self.refuse(channel, format!("{error}")),
                };
                if let Some(other) = forms.insert(known, form) {
                    return self.refuse(channel, format!("channel {known} is {other} already"));
                }
            }
        }
        Ok(forms)
    }
}
