//! Reading a ruleset from TOML. What is refused is refused with its line and column.

use crate::activity::Activity;
use crate::alert_rules::Watched;
use crate::condition::Condition;
use crate::fact::Fact;
use crate::figures_text::{ActionEffectText, AlertText, LapseText, MarkovText};
use crate::region::Region;
use crate::rules::{LifecycleRules, Scheme, SchemeKind, Stage};
use annals_events::Decimal;
use annals_projection::RulesetError;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Spanned, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesText {
    name: Spanned<String>,
    version: Spanned<i64>,
    #[serde(default)]
    scheme: Vec<Spanned<SchemeText>>,
    lapse: Option<LapseText>,
    markov: Option<MarkovText>,
    action_effect: Option<ActionEffectText>,
    #[serde(default)]
    alert: Vec<AlertText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemeText {
    id: Spanned<String>,
    kind: Spanned<String>,
    none: Option<Spanned<String>>,
    #[serde(default)]
    life_order: Vec<Spanned<String>>,
    #[serde(default)]
    stage: Vec<Spanned<StageText>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StageText {
    id: Spanned<String>,
    lever: Option<String>,
    when: Option<Spanned<Vec<Spanned<ConditionsText>>>>,
}

pub(crate) type ConditionsText = BTreeMap<Spanned<String>, Spanned<Value>>;

/// Reads a ruleset.
pub(crate) fn parse(text: &str) -> Result<LifecycleRules, RulesetError> {
    let read: RulesText = toml::from_str(text).map_err(|error| match error.span() {
        Some(span) => RulesetError::at(text, span.start, error.message()),
        None => RulesetError::whole(error.message()),
    })?;
    let reader = Reader { text };
    if read.name.get_ref() != "lifecycle" {
        let what = format!("expected name = \"lifecycle\", got {:?}", read.name.get_ref());
        return Err(reader.refuse(&read.name, what));
    }
    let version = u32::try_from(*read.version.get_ref()).ok().filter(|version| *version >= 1);
    let version = version.ok_or_else(|| {
        let what = format!("expected a version of 1 or more, got {}", read.version.get_ref());
        reader.refuse(&read.version, what)
    })?;
    if read.scheme.is_empty() {
        return Err(RulesetError::whole("expected at least one [[scheme]], got none"));
    }
    let mut schemes: Vec<Scheme> = Vec::new();
    for scheme in &read.scheme {
        let scheme = scheme.get_ref();
        let id = reader.name(&scheme.id, "scheme")?;
        if schemes.iter().any(|known| known.id == id) {
            let what = format!("scheme {id:?} is written twice: give one another id");
            return Err(reader.refuse(&scheme.id, what));
        }
        let mut read = Scheme { id, kind: reader.kind(scheme)?, life_order: Vec::new() };
        read.life_order = reader.life_order(scheme, &read)?;
        schemes.push(read);
    }
    Ok(LifecycleRules {
        version,
        schemes,
        lapse_days: read.lapse.map_or_else(|| Ok(Vec::new()), |lapse| reader.lapse(&lapse))?,
        markov: read.markov.map(|markov| reader.markov(&markov)).transpose()?,
        action_effect: read.action_effect.map(|text| reader.action_effect(&text)).transpose()?,
        alerts: reader.alerts(&read.alert)?,
    })
}

pub(crate) struct Reader<'t> {
    pub(crate) text: &'t str,
}

impl Reader<'_> {
    pub(crate) fn refuse<T>(&self, at: &Spanned<T>, what: impl Into<String>) -> RulesetError {
        RulesetError::at(self.text, at.span().start, what)
    }

    pub(crate) fn name(&self, id: &Spanned<String>, what: &str) -> Result<String, RulesetError> {
        let name = id.get_ref();
        if annals_events::Code::new(name).is_err() {
            let what = format!("expected the id of a {what}, 1 to 128 bytes, got {name:?}");
            return Err(self.refuse(id, what));
        }
        Ok(name.clone())
    }

    /// The stages in the order of a life: each is one of the scheme's, none twice.
    fn life_order(&self, text: &SchemeText, read: &Scheme) -> Result<Vec<String>, RulesetError> {
        let mut order: Vec<String> = Vec::new();
        for stage in &text.life_order {
            let name = stage.get_ref();
            if !read.stage_ids().contains(&name.as_str()) || order.contains(name) {
                let what = format!("expected stages of the scheme, each once, got {name:?}");
                return Err(self.refuse(stage, what));
            }
            order.push(name.clone());
        }
        Ok(order)
    }

    fn kind(&self, scheme: &SchemeText) -> Result<SchemeKind, RulesetError> {
        match scheme.kind.get_ref().as_str() {
            "stages" => self.stages(scheme).map(SchemeKind::Stages),
            "calendar_month_activity" => self.activity(scheme),
            other => {
                let expected = "expected kind = \"stages\" or \"calendar_month_activity\"";
                Err(self.refuse(&scheme.kind, format!("{expected}, got {other:?}")))
            }
        }
    }

    fn activity(&self, scheme: &SchemeText) -> Result<SchemeKind, RulesetError> {
        if let Some(stage) = scheme.stage.first() {
            let what = "a calendar_month_activity scheme has no stages of its own: \
                        its definition is fixed, leave them out";
            return Err(self.refuse(&stage.get_ref().id, what));
        }
        let Some(none) = &scheme.none else {
            let what = "expected none = \"...\": the name of customers who are neither new, \
                        returning, resurrecting nor dormant";
            return Err(self.refuse(&scheme.kind, what));
        };
        let name = self.name(none, "stage")?;
        if Activity::TOLD.iter().any(|told| told.name() == name) {
            let what = format!("{name:?} is one of the four activities: choose another name");
            return Err(self.refuse(none, what));
        }
        Ok(SchemeKind::CalendarMonthActivity { none: name })
    }

    fn stages(&self, scheme: &SchemeText) -> Result<Vec<Stage>, RulesetError> {
        let mut stages: Vec<Stage> = Vec::new();
        let mut regions: Vec<Region> = Vec::new();
        for stage in &scheme.stage {
            let stage = stage.get_ref();
            let when = match &stage.when {
                None => vec![Vec::new()],
                Some(when) => self.when(when)?,
            };
            self.add(&mut stages, &mut regions, stage, when)?;
        }
        let is_complete = Region::of(&[]).is_some_and(|all| !all.reaches_beyond(&regions));
        match (&scheme.none, is_complete) {
            (Some(none), _) => {
                let rest = StageText { id: none.clone(), lever: None, when: None };
                self.add(&mut stages, &mut regions, &rest, vec![Vec::new()])?;
            }
            (None, true) => {}
            (None, false) => {
                let what = format!(
                    "scheme {:?} leaves some customers without a stage: end it with a stage \
                     without `when`, or name what they are with none = \"...\"",
                    scheme.id.get_ref()
                );
                return Err(self.refuse(&scheme.id, what));
            }
        }
        Ok(stages)
    }

    /// Adds a stage behind the others, if it has a name of its own and can be entered.
    fn add(
        &self,
        stages: &mut Vec<Stage>,
        regions: &mut Vec<Region>,
        stage: &StageText,
        when: Vec<Vec<Condition>>,
    ) -> Result<(), RulesetError> {
        let id = &stage.id;
        let name = self.name(id, "stage")?;
        if stages.iter().any(|known| known.id == name) {
            let what = format!(
                "stage {name:?} is written twice: put both rules into one stage, as two tables \
                 of its `when`"
            );
            return Err(self.refuse(id, what));
        }
        let own: Vec<_> = when.iter().filter_map(|all| Region::of(all)).collect();
        if !own.iter().any(|region| region.reaches_beyond(regions)) {
            let what = format!(
                "stage {name:?} can never be entered: the stages before it take every customer \
                 its rule speaks of; move it up or narrow those"
            );
            return Err(self.refuse(id, what));
        }
        regions.extend(own);
        stages.push(Stage { id: name, lever: stage.lever.clone(), when });
        Ok(())
    }

    fn when(
        &self,
        when: &Spanned<Vec<Spanned<ConditionsText>>>,
    ) -> Result<Vec<Vec<Condition>>, RulesetError> {
        if when.get_ref().is_empty() {
            let what = "expected at least one table of conditions, got an empty list: leave \
                        `when` out for a stage that takes everybody who is left";
            return Err(self.refuse(when, what));
        }
        when.get_ref().iter().map(|conditions| self.conditions(conditions)).collect()
    }

    fn conditions(&self, table: &Spanned<ConditionsText>) -> Result<Vec<Condition>, RulesetError> {
        let mut conditions: Vec<Condition> = Vec::new();
        for (key, value) in table.get_ref() {
            let watchable = Fact::ALL.into_iter().map(Watched::Fact).collect::<Vec<_>>();
            let (watched, min, max) = self.bounds(key, value, &watchable, "fact")?;
            let Watched::Fact(fact) = watched else { continue };
            match conditions.iter_mut().find(|known| known.fact == fact) {
                Some(known) => {
                    known.min = known.min.max(min);
                    known.max = known.max.min(max);
                }
                None => conditions.push(Condition { fact, min, max }),
            }
        }
        if Region::of(&conditions).is_none() {
            let what = "these conditions can never hold together: compare each _min with its \
                        _max, and mind that silence, tenure and rhythm need purchases";
            return Err(self.refuse(table, what));
        }
        Ok(conditions)
    }

    /// What a key of a condition is about, and the bounds it sets.
    pub(crate) fn bounds(
        &self,
        key: &Spanned<String>,
        value: &Spanned<Value>,
        watchable: &[Watched],
        what: &str,
    ) -> Result<(Watched, i64, i64), RulesetError> {
        let written = key.get_ref().as_str();
        let (name, bound) = match written.rsplit_once('_') {
            Some((name, "min")) => (name, Some(true)),
            Some((name, "max")) => (name, Some(false)),
            _ => (written, None),
        };
        let watched = watchable.iter().copied().find(|watched| watched.name() == name);
        let watched = watched.filter(|watched| watched.is_yes_or_no() == bound.is_none());
        let Some(watched) = watched else {
            let known = known_keys(watchable);
            return Err(self.refuse(key, format!("{written:?} is no {what}; known here: {known}")));
        };
        let (min, max) = match bound {
            None => {
                let is = value.get_ref().as_bool().ok_or_else(|| {
                    let what = format!("expected {written} = true or false");
                    self.refuse(value, what)
                })?;
                (i64::from(is), i64::from(is))
            }
            Some(true) => (self.number(watched, written, value)?, i64::MAX),
            Some(false) => (0, self.number(watched, written, value)?),
        };
        Ok((watched, min, max))
    }

    /// A bound: a whole number, or a decimal of up to six places, in millionths.
    fn number(
        &self,
        watched: Watched,
        written: &str,
        value: &Spanned<Value>,
    ) -> Result<i64, RulesetError> {
        let (number, expected) = if watched.is_decimal() {
            (self.decimal(value).map(Decimal::millionths), "a number of 0 or more such as 2.5")
        } else {
            (value.get_ref().as_integer(), "a whole number of 0 or more")
        };
        number.filter(|number| *number >= 0).ok_or_else(|| {
            let source = self.text.get(value.span()).unwrap_or_default();
            self.refuse(value, format!("expected {expected} for {written}, got {source}"))
        })
    }

    /// A number as it is written, exactly.
    pub(crate) fn decimal(&self, value: &Spanned<Value>) -> Option<Decimal> {
        let is_number = value.get_ref().is_float() || value.get_ref().is_integer();
        let source = self.text.get(value.span()).unwrap_or_default();
        source.parse::<Decimal>().ok().filter(|_| is_number)
    }
}

/// All keys a table of conditions may have.
fn known_keys(watchable: &[Watched]) -> String {
    let keys = watchable.iter().flat_map(|watched| {
        let name = watched.name();
        if watched.is_yes_or_no() {
            vec![name.to_owned()]
        } else {
            vec![format!("{name}_min"), format!("{name}_max")]
        }
    });
    keys.collect::<Vec<_>>().join(", ")
}
