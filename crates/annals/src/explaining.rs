//! Where a number comes from: the events behind it, what each changed, the rules it was read under,
//! and the formula with the values put in.

use crate::asking::Citation;
use crate::customer_history::recorded_events;
use crate::error::AnnalsError;
use crate::ledger::Annals;
use crate::people::Customer;
use annals_events::RecordedEvent;
use annals_projection::{AsOf, Change, Formula, History, changes, rule_lines, value_at};
use serde::Serialize;
use serde_json::Value;

/// Where a number comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The measure, or the whole view.
    pub value: Value,
    /// Formulas, with what they read.
    pub formulas: Vec<ExplainedFormula>,
    /// The events behind it, in the order they count, each with what it changed. Folding these
    /// alone gives the same value.
    pub events: Vec<(RecordedEvent, Vec<Change>)>,
    /// What the value rests on.
    pub cites: Citation,
}

/// A formula with its values and rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedFormula {
    /// The measure it gives.
    pub measure: String,
    /// The formula.
    pub formula: String,
    /// The same with the values put in.
    pub with_values: String,
    /// Where the definition comes from.
    pub source: String,
    /// The lines of the ruleset it reads.
    pub rules: Vec<RuleLine>,
}

/// A line of a ruleset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleLine {
    /// Its number in the ruleset's text, from 1.
    pub line: usize,
    /// Its text.
    pub text: String,
}

/// Whether one place lies within the other, or is it.
fn touches(place: &str, measure: &str) -> bool {
    let within = |outer: &str, inner: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    within(place, measure) || within(measure, place)
}

impl Annals {
    /// Explains a measure of a customer's view, such as `complaints.open`, or the whole view.
    ///
    /// # Errors
    /// When there is no such projection or measure, or the log or a ruleset cannot be read.
    pub async fn explain(
        &self,
        projection: &str,
        customer: &Customer,
        measure: Option<&str>,
        as_of: AsOf,
    ) -> Result<Explanation, AnnalsError> {
        let projection = self.projection(projection)?;
        let recorded = recorded_events(self.log(), customer, None).await?;
        let history = History::new(recorded, as_of.recorded_before);
        let first_key = measure.map(|measure| measure.split(['.', '[']).next().unwrap_or(measure));
        let concerned =
            |event: &&RecordedEvent| match (projection.concerns(&event.event), first_key) {
                (Some(measures), Some(key)) => measures.contains(&key),
                (Some(measures), None) => !measures.is_empty(),
                (None, _) => true,
            };
        let mut events = Vec::new();
        let shown = self
            .shown(&*projection, as_of, |question| {
                let mut state = Self::fold(&projection, customer, None, &[])?;
                let mut view = projection.view(&state, question)?;
                for event in history.before(as_of.occurred_before).iter().filter(concerned) {
                    state = Self::fold(
                        &projection,
                        customer,
                        Some(&state),
                        std::slice::from_ref(event),
                    )?;
                    let after = projection.view(&state, question)?;
                    let mut changed = changes(&view, &after);
                    changed.retain(|change| {
                        measure.is_none_or(|measure| touches(&change.path, measure))
                    });
                    events.push((event.clone(), changed));
                    view = after;
                }
                Ok((view, question.ruleset.text.clone()))
            })
            .await?;
        let (view, rules_text) = shown.value;
        let value = match measure {
            None => view.clone(),
            Some(measure) => {
                value_at(&view, measure).cloned().ok_or_else(|| AnnalsError::NoMeasure {
                    wanted: measure.to_owned(),
                    known: view
                        .as_object()
                        .map(|view| view.keys().cloned().collect::<Vec<_>>().join(", "))
                        .unwrap_or_default(),
                })?
            }
        };
        let of_view = |formula: &Formula| {
            let source = formula.source;
            formula.of_view(&view).into_iter().map(move |formula| (formula, source))
        };
        let formulas = projection.formulas().iter().flat_map(of_view);
        let formulas = formulas
            .filter(|(formula, _)| measure.is_none_or(|measure| touches(&formula.measure, measure)))
            .map(|(formula, source)| ExplainedFormula {
                with_values: formula.with_values(&view),
                source: source.to_owned(),
                rules: formula
                    .rules
                    .iter()
                    .flat_map(|key| rule_lines(&rules_text, key))
                    .map(|(line, text)| RuleLine { line, text: text.to_owned() })
                    .collect(),
                measure: formula.measure,
                formula: formula.formula,
            })
            .collect();
        Ok(Explanation { value, formulas, events, cites: shown.cites })
    }
}
