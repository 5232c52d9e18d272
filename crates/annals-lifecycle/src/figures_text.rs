//! Reading the parts of a ruleset that are not schemes: lapses, Markov rewards, the comparison of
//! actions, early warning.
//!
//! Each part may be missing: then the figures that need it are empty or null and say so. Nothing
//! has a default in the code, so that a number never depends on what no ruleset says.

use crate::alert_rules::{AlertRule, Clue, Watched};
use crate::rules::{ActionEffectRules, MarkovRules};
use crate::rules_text::{ConditionsText, Reader};
use annals_events::{AlertLevel, Currency, Decimal};
use annals_projection::RulesetError;
use serde::Deserialize;
use toml::{Spanned, Value};

/// No measure looks further than a hundred years.
const DAYS_MAX: i64 = 36_525;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LapseText {
    thresholds_days: Spanned<Vec<Spanned<i64>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarkovText {
    discount_rate_monthly: Spanned<Value>,
    reward: Option<RewardText>,
    currency: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RewardText {
    #[serde(rename = "N")]
    new: Spanned<Value>,
    #[serde(rename = "A")]
    active: Spanned<Value>,
    #[serde(rename = "R")]
    resurrecting: Spanned<Value>,
    #[serde(rename = "D")]
    dormant: Spanned<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActionEffectText {
    returned_within_days: Spanned<i64>,
    recency_bands_days: Spanned<Vec<Spanned<i64>>>,
    frequency_bands: Spanned<Vec<Spanned<i64>>>,
    customers_min: Spanned<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertText {
    id: Spanned<String>,
    level: Spanned<String>,
    because: Spanned<String>,
    within_days: Spanned<i64>,
    when: Spanned<Vec<Spanned<ConditionsText>>>,
}

impl Reader<'_> {
    pub(crate) fn lapse(&self, text: &LapseText) -> Result<Vec<i32>, RulesetError> {
        self.ascending(&text.thresholds_days)
    }

    pub(crate) fn markov(&self, text: &MarkovText) -> Result<MarkovRules, RulesetError> {
        let rate = self.decimal(&text.discount_rate_monthly);
        let rate = rate.filter(|rate| *rate > Decimal::ZERO).ok_or_else(|| {
            let what = "expected a discount rate a month above 0, such as 0.01 for 1 %: without \
                        one the value of a customer for ever is endless";
            self.refuse(&text.discount_rate_monthly, what)
        })?;
        let currency = text.currency.as_ref().map(|written| {
            let currency = written.get_ref().parse::<Currency>();
            currency.map_err(|error| self.refuse(written, error.to_string()))
        });
        let reward = text.reward.as_ref().map(|reward| {
            let amount = |written: &Spanned<Value>| {
                let expected = "expected an amount in whole units of the currency, such as 12.5";
                self.decimal(written).ok_or_else(|| self.refuse(written, expected))
            };
            let RewardText { new, active, resurrecting, dormant } = reward;
            Ok([amount(new)?, amount(active)?, amount(resurrecting)?, amount(dormant)?])
        });
        let (reward, currency) = (reward.transpose()?, currency.transpose()?);
        if reward.is_some() && currency.is_none() {
            let what = "rewards are money: name their currency = \"...\" beside them";
            return Err(self.refuse(&text.discount_rate_monthly, what));
        }
        Ok(MarkovRules { discount_rate_monthly: rate, reward, currency })
    }

    pub(crate) fn action_effect(
        &self,
        text: &ActionEffectText,
    ) -> Result<ActionEffectRules, RulesetError> {
        let bands = self.ascending(&text.frequency_bands)?;
        let customers_min = self.within(&text.customers_min, 1, i64::from(i32::MAX))?;
        Ok(ActionEffectRules {
            returned_within_days: self.days(&text.returned_within_days)?,
            recency_bands_days: self.ascending(&text.recency_bands_days)?,
            frequency_bands: bands.into_iter().map(i32::unsigned_abs).collect(),
            customers_min: customers_min.unsigned_abs().into(),
        })
    }

    pub(crate) fn alerts(&self, texts: &[AlertText]) -> Result<Vec<AlertRule>, RulesetError> {
        let mut rules: Vec<AlertRule> = Vec::new();
        for text in texts {
            let id = self.name(&text.id, "alert")?;
            if id.len() > AlertRule::ID_BYTES_MAX || rules.iter().any(|known| known.id == id) {
                let most = AlertRule::ID_BYTES_MAX;
                let what =
                    format!("expected an id of at most {most} bytes that no other alert has");
                return Err(self.refuse(&text.id, what));
            }
            let level = text.level.get_ref().parse::<AlertLevel>();
            let level = level.map_err(|error| self.refuse(&text.level, error.to_string()))?;
            if text.when.get_ref().is_empty() {
                let what = "expected at least one table of what to watch, got an empty list";
                return Err(self.refuse(&text.when, what));
            }
            let when = text.when.get_ref().iter().map(|table| self.clues(table));
            let when = when.collect::<Result<_, _>>()?;
            let because = text.because.get_ref().clone();
            let within_days = self.days(&text.within_days)?;
            rules.push(AlertRule { id, level, because, within_days, when });
        }
        Ok(rules)
    }

    fn clues(&self, table: &Spanned<ConditionsText>) -> Result<Vec<Clue>, RulesetError> {
        let mut clues: Vec<Clue> = Vec::new();
        let watchable = Watched::all();
        for (key, value) in table.get_ref() {
            let (watched, min, max) = self.bounds(key, value, &watchable, "fact or sign")?;
            match clues.iter_mut().find(|known| known.watched == watched) {
                Some(known) => (known.min, known.max) = (known.min.max(min), known.max.min(max)),
                None => clues.push(Clue { watched, min, max }),
            }
        }
        if clues.is_empty() || clues.iter().any(|clue| clue.min > clue.max) {
            let what = "these never hold together, or nothing is watched: a warning needs at \
                        least one fact or sign, each _min at most its _max";
            return Err(self.refuse(table, what));
        }
        Ok(clues)
    }

    fn days(&self, written: &Spanned<i64>) -> Result<i32, RulesetError> {
        self.within(written, 1, DAYS_MAX)
    }

    fn within(&self, written: &Spanned<i64>, least: i64, most: i64) -> Result<i32, RulesetError> {
        let number = Some(*written.get_ref()).filter(|number| (least..=most).contains(number));
        number.and_then(|number| i32::try_from(number).ok()).ok_or_else(|| {
            let what = format!("expected {least} to {most}, got {}", written.get_ref());
            self.refuse(written, what)
        })
    }

    /// Numbers from 1, each above the one before; at least one.
    fn ascending(&self, written: &Spanned<Vec<Spanned<i64>>>) -> Result<Vec<i32>, RulesetError> {
        let mut numbers: Vec<i32> = Vec::new();
        for number in written.get_ref() {
            let read = self.days(number)?;
            if numbers.last().is_some_and(|last| *last >= read) {
                let what = format!("expected a number above the one before, got {read}");
                return Err(self.refuse(number, what));
            }
            numbers.push(read);
        }
        if numbers.is_empty() {
            return Err(self.refuse(written, "expected at least one number, got an empty list"));
        }
        Ok(numbers)
    }
}
