//! Which classes customers are in; of several schemes crossed, which combination of classes.
//!
//! Which class a customer is in is kept by the satisfaction projection (`party.classified`) and
//! asked as of the question. Only classes can be crossed here: they part whole customers, while a
//! channel or a month parts what one customer said. Deliberately absent: classes made up from other
//! facts; whoever judges records the class, and the ledger keeps who, when and on what basis.

use crate::customer_states::CustomerStates;
use crate::error::AnnalsError;
use crate::ledger::Annals;
use annals_events::{Code, PartyId};
use annals_projection::AsOf;
use annals_satisfaction::{NOT_STATED, Satisfaction, SatisfactionState};
use std::collections::HashMap;

/// The classes of all customers, of one scheme or of several crossed.
#[derive(Clone, Debug)]
pub struct Classes {
    /// One class per scheme; first the combination of those who have none.
    combinations: Vec<Vec<Code>>,
    /// The place of each customer's, in the order of customer ids.
    of: Vec<(PartyId, usize)>,
}

impl Annals {
    /// Which classes customers are in: of each scheme the one that holds on the day of a question;
    /// `not_stated` where a customer has none. The states that tell it are let go of as they are
    /// read; who asks satisfaction something else too has them at hand
    /// ([`CustomerStates::classes`]).
    ///
    /// # Errors
    /// When satisfaction, which keeps the classes, was not registered, or the log cannot be read.
    pub async fn classes(&self, schemes: &[Code], as_of: AsOf) -> Result<Classes, AnnalsError> {
        let today = as_of.day(self.zone());
        let parts = self
            .each_state::<Satisfaction, _>(as_of, |satisfaction, customer, state| {
                let class = |scheme| satisfaction.class(&state, scheme, today);
                (customer, schemes.iter().map(class).collect())
            })
            .await?;
        Ok(Classes::new(schemes, parts.into_iter().flatten()))
    }
}

impl CustomerStates<'_, Satisfaction> {
    /// Which classes customers are in: of each scheme the one that holds on the day of the
    /// question; `not_stated` where a customer has none.
    ///
    /// # Errors
    /// As of [`ask`](Self::ask).
    pub async fn classes(&self, schemes: &[Code]) -> Result<Classes, AnnalsError> {
        let ask = self.ask(None, |satisfaction, customers, context| {
            let classes = |(customer, state): &&(PartyId, SatisfactionState)| {
                let class = |scheme| satisfaction.class(state, scheme, context.today);
                (customer.clone(), schemes.iter().map(class).collect())
            };
            Classes::new(schemes, customers.iter().map(classes))
        });
        Ok(ask.await?.value)
    }
}

/// Customers with their states.
type Group<'c, S> = Vec<&'c (PartyId, S)>;

impl Classes {
    fn new(
        schemes: &[Code],
        customers: impl Iterator<Item = (PartyId, Vec<Option<Code>>)>,
    ) -> Self {
        let none = vec![Code::new(NOT_STATED).expect("it is one"); schemes.len()];
        let mut places = HashMap::from([(none.clone(), 0)]);
        let mut combinations = vec![none.clone()];
        let of = customers.map(|(customer, classes)| {
            let classes = classes.into_iter().zip(&none);
            let classes: Vec<_> =
                classes.map(|(class, none)| class.unwrap_or_else(|| none.clone())).collect();
            let place = places.get(&classes).copied().unwrap_or_else(|| {
                combinations.push(classes.clone());
                places.insert(classes, combinations.len() - 1);
                combinations.len() - 1
            });
            (customer, place)
        });
        let of = of.collect();
        Self { combinations, of }
    }

    /// The customers, who come in the order of their ids, by class: the names of each group, and
    /// who is in it.
    pub(crate) fn part<'c, S>(
        &self,
        customers: &[&'c (PartyId, S)],
    ) -> (Vec<Vec<String>>, Vec<Group<'c, S>>) {
        let mut groups: Vec<_> = self.combinations.iter().map(|_| Vec::new()).collect();
        let mut known = self.of.iter().peekable();
        for customer in customers {
            while known.next_if(|(known, _)| *known < customer.0).is_some() {}
            // Who came after the classes were read has none.
            let place = known.next_if(|(known, _)| *known == customer.0).map_or(0, |known| known.1);
            if let Some(group) = groups.get_mut(place) {
                group.push(*customer);
            }
        }
        let names = self
            .combinations
            .iter()
            .map(|classes| classes.iter().map(ToString::to_string).collect::<Vec<_>>());
        names.zip(groups).filter(|(_, group)| !group.is_empty()).unzip()
    }
}
