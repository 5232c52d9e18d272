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
use annals_projection::{AsOf, Groups, Projection as _, in_parallel, threads_at_once};
use annals_satisfaction::{KeptClasses, NOT_STATED, Satisfaction};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The classes of all customers, of one scheme or of several crossed.
#[derive(Clone, Debug)]
pub struct Classes {
    /// One class per scheme, each combination that a customer is in, in their order.
    combinations: Vec<Vec<String>>,
    /// The place of each customer's, in the order of customer ids.
    of: Vec<Vec<(PartyId, usize)>>,
    /// The place of the combination of those who have none.
    none: usize,
}

impl Annals {
    /// Which classes customers are in: of each scheme the one that holds on the day of a question;
    /// `not_stated` where a customer has none. Of the states that tell it nothing else is read; who
    /// asks satisfaction something else too has them at hand ([`CustomerStates::classes`]).
    ///
    /// # Errors
    /// When satisfaction, which keeps the classes, was not registered, or the log cannot be read.
    pub async fn classes(&self, schemes: &[Code], as_of: AsOf) -> Result<Classes, AnnalsError> {
        let today = as_of.day(self.zone());
        let read = |customer, state: &[u8]| Ok((customer, KeptClasses::from_state_bytes(state)?));
        let parts = self.each_state(Satisfaction::ID, as_of, read).await?;
        Ok(Classes::new(parts, schemes, |(customer, classes)| {
            let class = |scheme| classes.class(scheme, today).cloned();
            (customer, schemes.iter().map(class).collect())
        }))
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
            let parts = customers.chunks(CUSTOMERS_PER_PART).map(<[_]>::to_vec).collect();
            Classes::new(parts, schemes, |(customer, state)| {
                let class = |scheme| satisfaction.class(state, scheme, context.today);
                (customer.clone(), schemes.iter().map(class).collect())
            })
        });
        Ok(ask.await?.value)
    }
}

/// Classes are gathered in parts of so many customers.
const CUSTOMERS_PER_PART: usize = 16_384;

impl Classes {
    /// What `classes` says of each customer, whose parts come in the order of ids.
    fn new<T: Send>(
        parts: Vec<Vec<T>>,
        schemes: &[Code],
        classes: impl Fn(T) -> (PartyId, Vec<Option<Code>>) + Sync,
    ) -> Self {
        let not_stated = |class: Option<Code>| {
            class.map_or_else(|| NOT_STATED.to_owned(), |class| class.to_string())
        };
        let gathered = in_parallel(parts, threads_at_once(), |part| {
            let mut places = HashMap::new();
            let of: Vec<_> = part
                .into_iter()
                .map(|customer| {
                    let (customer, classes) = classes(customer);
                    let next = places.len();
                    (customer, *places.entry(classes).or_insert(next))
                })
                .collect();
            let named = places.into_iter().map(|(classes, place)| {
                (place, classes.into_iter().map(not_stated).collect::<Vec<_>>())
            });
            (of, named.collect::<BTreeMap<_, _>>())
        });
        let none = vec![NOT_STATED.to_owned(); schemes.len()];
        let named = gathered.iter().flat_map(|(_, named)| named.values());
        let combinations: BTreeSet<_> = named.chain([&none]).cloned().collect();
        let combinations: Vec<_> = combinations.into_iter().collect();
        let place = |names: &Vec<String>| combinations.binary_search(names).unwrap_or_default();
        let of = gathered.into_iter().map(|(mut of, named)| {
            let places: Vec<_> = named.values().map(place).collect();
            for (_, of) in &mut of {
                *of = places.get(*of).copied().unwrap_or_default();
            }
            of
        });
        let of = of.collect();
        Self { none: place(&none), combinations, of }
    }

    /// The groups that customers, who come in the order of their ids, are in by class, and the
    /// names of these: only groups that somebody is in.
    pub(crate) fn groups<S>(&self, customers: &[&(PartyId, S)]) -> (Vec<Vec<String>>, Groups) {
        let mut known = self.of.iter().flatten().peekable();
        let mut taken: Vec<Option<usize>> = vec![None; self.combinations.len()];
        let mut names = Vec::new();
        let place = |(customer, _): &&(PartyId, S)| {
            while known.next_if(|(known, _)| known < customer).is_some() {}
            // Who came after the classes were read has none.
            let known = known.next_if(|(known, _)| known == customer);
            let combination = known.map_or(self.none, |(_, combination)| *combination);
            let slot = taken.get_mut(combination)?;
            if slot.is_none() {
                *slot = Some(names.len());
                names.push(self.combinations.get(combination)?.clone());
            }
            *slot
        };
        let places: Option<Vec<usize>> = customers.iter().map(place).collect();
        let groups = places.and_then(|places| Groups::new(places, names.len()));
        let groups = groups.expect("every customer is in one of the combinations gathered");
        (names, groups)
    }
}
