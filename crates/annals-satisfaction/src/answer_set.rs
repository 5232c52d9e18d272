//! Whole answer sets: one survey with every item of an instrument answered on its scale.

use crate::instrument_rules::InstrumentRules;
use crate::item_moments::ItemMoments;
use crate::state::SatisfactionState;

/// The complete answer sets of a customer for one instrument, in the order they came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AnswerSets {
    /// One value for each item, in the order of the items.
    pub(crate) complete: Vec<Vec<i16>>,
    /// Surveys of the instrument with items missing or off its scale.
    pub(crate) incomplete: u64,
}

impl AnswerSets {
    pub(crate) fn of(state: &SatisfactionState, instrument: &InstrumentRules) -> Self {
        let mut places = None;
        let mut sets = Self::default();
        for survey in &state.surveys {
            let named = || instrument.is(state.codes.code(survey.instrument));
            // Most surveys are short ones of other instruments.
            if survey.responses.len() < instrument.items.len() {
                sets.incomplete += u64::from(named());
                continue;
            }
            let places =
                places.get_or_insert_with(|| state.codes.map(|code| instrument.place_of(code)));
            let mut values = vec![None; instrument.items.len()];
            for response in &survey.responses {
                let on_scale =
                    response.rating().filter(|rating| rating.is_on(instrument.min, instrument.max));
                let (Some(place), Some(rating)) = (places.get(response.item), on_scale) else {
                    continue;
                };
                if let Some(value) = values.get_mut(*place) {
                    *value = Some(rating.value);
                }
            }
            match values.into_iter().collect::<Option<Vec<i16>>>() {
                Some(set) => sets.complete.push(set),
                None if named() => sets.incomplete += 1,
                None => {}
            }
        }
        sets
    }
}

/// All complete answer sets of an instrument, summed up.
pub(crate) struct AnswerSetSums<'r> {
    instrument: &'r InstrumentRules,
    pub(crate) moments: ItemMoments,
    pub(crate) incomplete: u64,
}

impl<'r> AnswerSetSums<'r> {
    pub(crate) fn new(instrument: &'r InstrumentRules) -> Self {
        Self { instrument, moments: ItemMoments::new(instrument.items.len()), incomplete: 0 }
    }

    /// Adds a customer's.
    pub(crate) fn add(&mut self, state: &SatisfactionState) {
        let sets = AnswerSets::of(state, self.instrument);
        self.incomplete += sets.incomplete;
        sets.complete.iter().for_each(|set| self.moments.add(set));
    }
}
