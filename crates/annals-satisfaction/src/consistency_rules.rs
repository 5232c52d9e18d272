//! The rules on consistency over channels: how far prices may lie apart, and how soon a question
//! counts as asked again.

use crate::rules::Checker;
use annals_projection::RulesetError;
use serde::Deserialize;
use toml::Spanned;

/// When channels do not say the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConsistencyRules {
    /// How far mean prices of channels may lie apart, as a share of the highest.
    pub price_spread_max: f64,
    /// Within how many days a question is the same one asked again.
    pub asked_again_days: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenConsistency {
    price_spread_max_percent: Spanned<f64>,
    asked_again_days: Spanned<i32>,
}

impl Checker<'_> {
    pub(crate) fn consistency(
        &self,
        written: &WrittenConsistency,
    ) -> Result<ConsistencyRules, RulesetError> {
        let percent = *written.price_spread_max_percent.get_ref();
        if !(0.0..100.0).contains(&percent) {
            let what = format!("expected 0 or more and less than 100 percent, got {percent}");
            return self.refuse(&written.price_spread_max_percent, what);
        }
        Ok(ConsistencyRules {
            price_spread_max: percent / 100.0,
            asked_again_days: self.days(&written.asked_again_days)?,
        })
    }
}
