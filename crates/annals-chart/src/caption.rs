//! What every chart says about itself: what it shows, of how many, as of when, from where.

use crate::number::grouped;

/// The caption of a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caption {
    /// What is shown, one line.
    pub title: String,
    /// How many things the picture stands on.
    pub n: u64,
    /// What these things are, plural: `customers`, `answers`.
    pub counted: String,
    /// The as-of of the report, as it is printed there.
    pub as_of: String,
    /// Where the numbers come from: projection and version, ruleset and version, position.
    pub source: String,
    /// Why there is nothing to show, where the input is empty: `no survey was answered before
    /// 2026-01-01`. Shown only then.
    pub why_empty: String,
}

impl Caption {
    /// The line under the picture.
    pub(crate) fn line(&self) -> String {
        let n = grouped(&self.n.to_string());
        let counted = if self.counted.is_empty() { "" } else { " " };
        let mut line = format!("n = {n}{counted}{} \u{b7} as of {}", self.counted, self.as_of);
        if !self.source.is_empty() {
            line.push_str(" \u{b7} source: ");
            line.push_str(&self.source);
        }
        line
    }
}
