//! The rules on what satisfaction leads to: the trap, the effect of complaints, later purchases,
//! which aspects are technical and which functional, and which steps end a journey.

use crate::instrument_rules::InstrumentRules;
use crate::kano::KanoTable;
use crate::rules::{Checker, Question};
use annals_events::Code;
use annals_projection::RulesetError;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt;
use toml::Spanned;

/// One pair of measures a trap may show in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrapRules {
    /// Where satisfaction is read from: the latest answer.
    pub satisfaction: Question,
    /// Where loyalty is read from.
    pub loyalty: Loyalty,
}

/// Where loyalty is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loyalty {
    /// The latest answer to a question, such as whether one would recommend.
    Recommendation(Question),
    /// Whether the customer bought again within so many days of the answer on satisfaction.
    RepurchaseWithinDays(i32),
}

impl fmt::Display for Loyalty {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recommendation(question) => {
                let items: Vec<_> = question.items.iter().map(Code::as_str).collect();
                write!(out, "{} on {} to {}", items.join(" or "), question.min, question.max)
            }
            Self::RepurchaseWithinDays(days) => write!(out, "bought again within {days} days"),
        }
    }
}

/// How Kano pairs are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KanoRules {
    /// The table.
    pub table: KanoTable,
    /// The instrument whose items are halves of pairs.
    pub instrument: Option<InstrumentRules>,
}

/// SERVQUAL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServqualRules {
    /// The instrument asked.
    pub instrument: InstrumentRules,
    /// Its dimensions.
    pub dimensions: Vec<ServqualDimension>,
}

/// A dimension: items as places in the instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServqualDimension {
    /// Its name.
    pub name: Code,
    /// The items on what is expected.
    pub expected: Vec<usize>,
    /// The items on what is perceived, as many.
    pub perceived: Vec<usize>,
}

/// Which aspects are of which quality.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QualityRules {
    /// What is delivered.
    pub technical: BTreeSet<Code>,
    /// How.
    pub functional: BTreeSet<Code>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenServqual {
    instrument: Spanned<String>,
    dimension: Vec<WrittenDimension>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDimension {
    name: Spanned<String>,
    expected: Spanned<Vec<Spanned<String>>>,
    perceived: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenQuality {
    technical: Vec<Spanned<String>>,
    functional: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenComplaintEffect {
    pub(crate) window_days: Spanned<i32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenLater {
    pub(crate) windows_days: Vec<Spanned<i32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenJourney {
    pub(crate) ends: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenTrap {
    satisfaction: WrittenQuestion,
    recommendation: Option<WrittenQuestion>,
    repurchase_days: Option<Spanned<i32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenQuestion {
    items: Spanned<Vec<Spanned<String>>>,
    min: i16,
    max: Spanned<i16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenKano {
    table: Spanned<String>,
    instrument: Option<Spanned<String>>,
}

impl Checker<'_> {
    fn shared_question(&self, written: &WrittenQuestion) -> Result<Question, RulesetError> {
        let max = self.scale(written.min, &written.max)?;
        if i32::from(max) - i32::from(written.min) > 100 {
            return self.refuse(&written.max, "expected a scale of at most 100 steps");
        }
        if written.items.get_ref().is_empty() {
            return self.refuse(&written.items, "expected at least one survey item, got none");
        }
        let codes = written.items.get_ref().iter().map(|item| self.code(item));
        Ok(Question { items: codes.collect::<Result<_, _>>()?, min: written.min, max })
    }

    /// A number of days, at least one.
    pub(crate) fn days(&self, written: &Spanned<i32>) -> Result<i32, RulesetError> {
        match *written.get_ref() {
            days @ 1..=36_525 => Ok(days),
            other => self.refuse(written, format!("expected 1 to 36525 days, got {other}")),
        }
    }

    /// Codes, each once.
    pub(crate) fn codes(
        &self,
        written: &[Spanned<String>],
    ) -> Result<BTreeSet<Code>, RulesetError> {
        written.iter().map(|code| self.code(code)).collect()
    }

    pub(crate) fn quality(&self, written: &WrittenQuality) -> Result<QualityRules, RulesetError> {
        let technical = self.codes(&written.technical)?;
        let functional = self.codes(&written.functional)?;
        match written
            .functional
            .iter()
            .find(|code| technical.iter().any(|technical| technical.as_str() == code.get_ref()))
        {
            Some(both) => self.refuse(both, "an aspect is technical or functional, not both"),
            None => Ok(QualityRules { technical, functional }),
        }
    }

    pub(crate) fn servqual(
        &self,
        written: &WrittenServqual,
        instruments: &[InstrumentRules],
    ) -> Result<ServqualRules, RulesetError> {
        let instrument = self.instrument_named(instruments, &written.instrument)?;
        let place = |item: &Spanned<String>| match instrument.place_of(&self.code(item)?) {
            Some(place) => Ok(place),
            None => self.refuse(item, "expected an item of the instrument"),
        };
        let mut dimensions = Vec::new();
        for dimension in &written.dimension {
            let (expected, perceived) = (dimension.expected.get_ref(), &dimension.perceived);
            if expected.is_empty() || expected.len() != perceived.len() {
                let what = "expected as many items on what is expected as on what is perceived";
                return self.refuse(&dimension.expected, what);
            }
            dimensions.push(ServqualDimension {
                name: self.code(&dimension.name)?,
                expected: expected.iter().map(place).collect::<Result<_, _>>()?,
                perceived: perceived.iter().map(place).collect::<Result<_, _>>()?,
            });
        }
        if dimensions.is_empty() {
            return self.refuse(&written.instrument, "expected at least one dimension");
        }
        Ok(ServqualRules { instrument, dimensions })
    }

    pub(crate) fn trap(&self, written: &WrittenTrap) -> Result<TrapRules, RulesetError> {
        let satisfaction = self.shared_question(&written.satisfaction)?;
        let loyalty = match (&written.recommendation, &written.repurchase_days) {
            (Some(question), None) => Loyalty::Recommendation(self.shared_question(question)?),
            (None, Some(days)) => Loyalty::RepurchaseWithinDays(self.days(days)?),
            _ => {
                let what = "expected either recommendation or repurchase_days beside satisfaction";
                return self.refuse(&written.satisfaction.items, what);
            }
        };
        Ok(TrapRules { satisfaction, loyalty })
    }

    pub(crate) fn kano(
        &self,
        written: Option<&WrittenKano>,
        instruments: &[InstrumentRules],
    ) -> Result<KanoRules, RulesetError> {
        let Some(written) = written else {
            return Ok(KanoRules { table: KanoTable::Classic, instrument: None });
        };
        let table = match written.table.get_ref().as_str() {
            "classic" => KanoTable::Classic,
            "pouliot" => KanoTable::Pouliot,
            other => {
                let what = format!("expected classic or pouliot, got {other:?}");
                return self.refuse(&written.table, what);
            }
        };
        let instrument = written.instrument.as_ref();
        let instrument = instrument.map(|name| self.instrument_named(instruments, name));
        Ok(KanoRules { table, instrument: instrument.transpose()? })
    }
}
