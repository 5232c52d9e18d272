//! The rules on survey instruments: their items and scales, the index and the path model.
//!
//! All sections are optional, so that a ruleset of before them stays readable; a measure whose
//! section is missing is withheld and says so.

use crate::rules::Checker;
use annals_events::Code;
use annals_projection::RulesetError;
use serde::Deserialize;
use std::cmp::Ordering;
use toml::Spanned;

/// A survey instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstrumentRules {
    /// Its code.
    pub code: Code,
    /// Other codes of it.
    pub also: Vec<Code>,
    /// The low end of its scale.
    pub min: i16,
    /// The high end.
    pub max: i16,
    /// Its items, in order; none where any item belongs to it.
    pub items: Vec<Code>,
    /// Names of items in lower case with the item's place, sorted by name.
    names: Vec<(Box<str>, usize)>,
}

impl InstrumentRules {
    /// Whether a code names it.
    pub(crate) fn is(&self, code: &Code) -> bool {
        let same = |own: &Code| own.as_str().eq_ignore_ascii_case(code.as_str());
        same(&self.code) || self.also.iter().any(same)
    }

    /// The place of an item among its items.
    pub(crate) fn place_of(&self, item: &Code) -> Option<usize> {
        let found = self.names.binary_search_by(|(name, _)| in_lower_case(name, item.as_str()));
        found.ok().and_then(|index| self.names.get(index)).map(|(_, place)| *place)
    }
}

/// Compares a name in lower case with another of any case.
fn in_lower_case(name: &str, other: &str) -> Ordering {
    name.bytes().cmp(other.bytes().map(|byte| byte.to_ascii_lowercase()))
}

/// How the index weighs its items.
#[derive(Clone, Debug, PartialEq)]
pub enum Weights {
    /// All alike.
    Equal,
    /// The outer weights of the path model's satisfaction.
    Pls,
    /// As given, one for each item.
    Given(Vec<f64>),
}

/// The index of a few items, 0 to 100.
#[derive(Clone, Debug, PartialEq)]
pub struct AcsiRules {
    /// The instrument asked.
    pub instrument: InstrumentRules,
    /// How its items are weighed.
    pub weights: Weights,
}

/// The path model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcsiRules {
    /// The instrument asked.
    pub instrument: InstrumentRules,
    /// The latents, each with its items as places in the instrument.
    pub latents: Vec<LatentRules>,
    /// Which latent acts on which, as places among the latents.
    pub paths: Vec<(usize, usize)>,
    /// The place of the latent that is satisfaction.
    pub satisfaction: usize,
    /// With fewer complete answer sets there is no model.
    pub rows_min: u32,
}

/// A latent of the path model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatentRules {
    /// Its name.
    pub name: Code,
    /// Its items, as places in the instrument.
    pub items: Vec<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenInstrument {
    code: Spanned<String>,
    #[serde(default)]
    also: Vec<Spanned<String>>,
    min: i16,
    max: Spanned<i16>,
    items: Vec<Spanned<String>>,
    #[serde(default)]
    aliases: std::collections::BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenAcsi {
    instrument: Spanned<String>,
    weights: Spanned<WrittenWeights>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenWeights {
    Named(String),
    Given(Vec<f64>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenEcsi {
    instrument: Spanned<String>,
    satisfaction: Spanned<String>,
    rows_min: Spanned<u32>,
    paths: Vec<Spanned<Vec<Spanned<String>>>>,
    latent: Vec<WrittenLatent>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLatent {
    name: Spanned<String>,
    items: Spanned<Vec<Spanned<String>>>,
}

impl Checker<'_> {
    pub(crate) fn code(&self, written: &Spanned<String>) -> Result<Code, RulesetError> {
        Code::new(written.get_ref()).or_else(|error| self.refuse(written, error.to_string()))
    }

    pub(crate) fn instruments(
        &self,
        written: &[WrittenInstrument],
    ) -> Result<Vec<InstrumentRules>, RulesetError> {
        let mut instruments: Vec<InstrumentRules> = Vec::new();
        for each in written {
            let instrument = self.instrument(each)?;
            for code in std::iter::once(&instrument.code).chain(&instrument.also) {
                if instruments.iter().any(|known| known.is(code)) {
                    return self.refuse(&each.code, format!("instrument {code} is named twice"));
                }
            }
            instruments.push(instrument);
        }
        Ok(instruments)
    }

    fn instrument(&self, written: &WrittenInstrument) -> Result<InstrumentRules, RulesetError> {
        let max = self.scale(written.min, &written.max)?;
        let (mut items, mut names) = (Vec::new(), Vec::<(Box<str>, usize)>::new());
        for (place, item) in written.items.iter().enumerate() {
            let code = self.code(item)?;
            names.push((code.as_str().to_ascii_lowercase().into(), place));
            items.push(code);
        }
        let mut aliases = Vec::new();
        for (alias, item) in &written.aliases {
            let same = |code: &Code| code.as_str().eq_ignore_ascii_case(item.get_ref());
            let Some(place) = items.iter().position(same) else {
                let what = format!("expected an item of the instrument, got {:?}", item.get_ref());
                return self.refuse(item, what);
            };
            aliases.push((alias.to_ascii_lowercase().into(), place));
        }
        names.extend(aliases);
        names.sort();
        if let Some(twice) = names.windows(2).find(|pair| same_name(pair)).and_then(<[_]>::first) {
            return self.refuse(&written.code, format!("item {} is named twice", twice.0));
        }
        Ok(InstrumentRules {
            code: self.code(&written.code)?,
            also: written.also.iter().map(|code| self.code(code)).collect::<Result<_, _>>()?,
            min: written.min,
            max,
            items,
            names,
        })
    }

    pub(crate) fn instrument_named(
        &self,
        instruments: &[InstrumentRules],
        name: &Spanned<String>,
    ) -> Result<InstrumentRules, RulesetError> {
        let code = self.code(name)?;
        match instruments.iter().find(|instrument| instrument.is(&code)) {
            Some(instrument) => Ok(instrument.clone()),
            None => self.refuse(name, format!("expected a declared instrument, got {code}")),
        }
    }

    pub(crate) fn acsi(
        &self,
        written: &WrittenAcsi,
        instruments: &[InstrumentRules],
        ecsi: Option<&EcsiRules>,
    ) -> Result<AcsiRules, RulesetError> {
        let instrument = self.instrument_named(instruments, &written.instrument)?;
        let items = instrument.items.len();
        if items == 0 {
            return self.refuse(&written.instrument, "expected an instrument with items");
        }
        let weights = match written.weights.get_ref() {
            WrittenWeights::Named(name) if name == "equal" => Weights::Equal,
            WrittenWeights::Named(name) if name == "pls" => match ecsi {
                Some(ecsi) if ecsi.satisfaction_items() == items => Weights::Pls,
                _ => {
                    let what = format!("pls needs [ecsi] with {items} items for satisfaction");
                    return self.refuse(&written.weights, what);
                }
            },
            WrittenWeights::Named(name) => {
                let what = format!("expected equal, pls or {items} numbers, got {name:?}");
                return self.refuse(&written.weights, what);
            }
            WrittenWeights::Given(weights) => {
                let fit = weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0);
                if weights.len() != items || !fit || weights.iter().sum::<f64>() <= 0.0 {
                    let what = format!("expected {items} numbers of 0 or more, not all 0");
                    return self.refuse(&written.weights, what);
                }
                Weights::Given(weights.clone())
            }
        };
        Ok(AcsiRules { instrument, weights })
    }

    pub(crate) fn ecsi(
        &self,
        written: &WrittenEcsi,
        instruments: &[InstrumentRules],
    ) -> Result<EcsiRules, RulesetError> {
        let instrument = self.instrument_named(instruments, &written.instrument)?;
        let mut latents = Vec::new();
        let mut used = vec![false; instrument.items.len()];
        for latent in &written.latent {
            let name = self.code(&latent.name)?;
            if latent.items.get_ref().is_empty() {
                return self.refuse(&latent.items, "expected at least one item, got none");
            }
            let mut items = Vec::new();
            for item in latent.items.get_ref() {
                let place = instrument.place_of(&self.code(item)?);
                match place.and_then(|place| used.get_mut(place)) {
                    Some(used) if !*used => *used = true,
                    Some(_) => return self.refuse(item, "the item belongs to two latents"),
                    None => return self.refuse(item, "expected an item of the instrument"),
                }
                items.extend(place);
            }
            latents.push(LatentRules { name, items });
        }
        let place = |name: &Spanned<String>| {
            let same = |latent: &LatentRules| latent.name.as_str() == name.get_ref();
            match latents.iter().position(same) {
                Some(place) => Ok(place),
                None => self.refuse(name, format!("expected a latent, got {:?}", name.get_ref())),
            }
        };
        let mut paths = Vec::new();
        for path in &written.paths {
            let [from, to] = path.get_ref().as_slice() else {
                return self
                    .refuse(path, "expected two latents: the one that acts, the one acted on");
            };
            let (from, to) = (place(from)?, place(to)?);
            // In the order of the latents, so that no circle can arise.
            if from >= to || paths.contains(&(from, to)) {
                let what = "expected each path once, from a latent to one listed after it";
                return self.refuse(path, what);
            }
            paths.push((from, to));
        }
        if let Some(alone) = (0..latents.len())
            .find(|latent| !paths.iter().any(|(from, to)| from == latent || to == latent))
            .and_then(|alone| written.latent.get(alone))
        {
            return self.refuse(&alone.name, "the latent has no path");
        }
        if *written.rows_min.get_ref() < 3 {
            return self.refuse(&written.rows_min, "expected rows_min of at least 3");
        }
        Ok(EcsiRules {
            satisfaction: place(&written.satisfaction)?,
            rows_min: *written.rows_min.get_ref(),
            instrument,
            latents,
            paths,
        })
    }
}

fn same_name(pair: &[(Box<str>, usize)]) -> bool {
    matches!(pair, [(one, _), (other, _)] if one == other)
}

impl EcsiRules {
    fn satisfaction_items(&self) -> usize {
        self.latents.get(self.satisfaction).map_or(0, |latent| latent.items.len())
    }
}
