//! What a projection shows of each class of customers; of several schemes crossed, of each
//! combination of classes.
//!
//! Which class a customer is in is kept by the satisfaction projection (`party.classified`) and
//! asked as of the question. Only classes can be crossed here: they part whole customers, while a
//! channel or a month parts what one customer said. Deliberately absent: classes made up from other
//! facts; whoever judges records the class, and the ledger keeps who, when and on what basis.

use crate::asking::Shown;
use crate::error::AnnalsError;
use crate::ledger::Annals;
use annals_events::{Code, PartyId};
use annals_projection::{AsOf, Projection, Ruleset};
use annals_satisfaction::{NOT_STATED, Satisfaction};
use std::collections::{BTreeMap, HashMap};

impl Annals {
    /// What a projection shows of the customers of each class of a scheme, or of each combination
    /// of classes of several schemes that has customers: one class per scheme, in their order;
    /// `not_stated` where a customer has none.
    ///
    /// # Errors
    /// When the projection or satisfaction, which keeps the classes, was not registered, or the log
    /// or a ruleset cannot be read.
    pub async fn population_by_class<P: Projection>(
        &self,
        schemes: &[Code],
        as_of: AsOf,
        ruleset: Option<&Ruleset>,
    ) -> Result<Shown<BTreeMap<Vec<String>, P::Population>>, AnnalsError> {
        let ask = self.ask::<Satisfaction, _>(as_of, |satisfaction, customers, context| {
            let classes = |(customer, state): &(PartyId, _)| {
                let class = |scheme| satisfaction.class(state, context, scheme);
                (customer.clone(), schemes.iter().map(class).collect::<Vec<_>>())
            };
            customers.iter().map(classes).collect::<HashMap<_, _>>()
        });
        let classes = ask.await?.value;
        // Of who came between the two questions.
        let none = vec![NOT_STATED.to_owned(); schemes.len()];
        let (projection, mut states) = self.typed_states::<P>(as_of).await?;
        let mut groups = BTreeMap::<&[String], Vec<(PartyId, P::State)>>::new();
        for (customer, state) in states.take() {
            let group = classes.get(&customer).unwrap_or(&none);
            groups.entry(group).or_default().push((customer, state));
        }
        self.shown_under(&*projection, as_of, ruleset, |question| {
            states.ask(question, |projection, _, context| {
                let population = |(group, customers): (&[String], Vec<_>)| {
                    (group.to_vec(), projection.population(&customers, context))
                };
                groups.into_iter().map(population).collect()
            })
        })
        .await
    }
}
