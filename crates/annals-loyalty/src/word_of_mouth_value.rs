//! What a customer's word is worth: influence x reach x mean purchase of those influenced, and
//! beside it what referrals that can be traced brought.

use crate::ratio::{count, minor_units_per_unit, ratio};
use crate::reporting::{self, Why};
use crate::rules::LoyaltyRules;
use crate::state::LoyaltyState;
use annals_events::{Currency, PartyId};
use annals_projection::ViewContext;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What all customers' words are worth.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WordOfMouthValue {
    /// Customers whose influence and reach were measured.
    pub measured: u64,
    /// Sum over them of influence x reach x mean purchase of the influenced group, in units of the
    /// currency; null with `why`.
    pub estimated: Option<f64>,
    /// The mean purchase (money over purchase occasions) of the influenced group: all who were
    /// referred by somebody and bought.
    pub mean_purchase_of_influenced: Option<f64>,
    /// Referred parties who can be found among the customers.
    pub traced: u64,
    /// Referred parties who cannot: not yet customers, or linked under another id.
    pub untraced: u64,
    /// What the traced ones have bought so far, each counted once.
    pub realised: Option<f64>,
    /// The currency.
    pub currency: Option<Currency>,
    /// Why something is null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

impl WordOfMouthValue {
    pub(crate) fn new(
        customers: &[&(PartyId, LoyaltyState)],
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> Self {
        let conducts = || customers.iter().filter_map(|(_, state)| state.particulars.as_ref());
        let referred: BTreeSet<&PartyId> = conducts()
            .flat_map(|conduct| conduct.referrals.values())
            .filter_map(|referral| referral.referred.as_ref())
            .collect();
        let is_referred = |(customer, _): &&(PartyId, LoyaltyState)| referred.contains(customer);
        let traced = customers.iter().copied().filter(is_referred);
        let traced: BTreeMap<&PartyId, &LoyaltyState> =
            traced.map(|(customer, state)| (customer, state)).collect();
        let mut value = Self {
            measured: count(conducts().filter(|conduct| conduct.network.is_some()).count()),
            traced: count(traced.len()),
            untraced: count(referred.len() - traced.len()),
            ..Self::default()
        };
        // Influence in millionths times people: whole numbers up to the last division.
        let moved: i128 = conducts()
            .filter_map(|conduct| conduct.network)
            .map(|(influence, reach)| i128::from(influence.millionths()) * i128::from(reach.get()))
            .sum();
        if let Err(why) = value.fill(moved, &traced, context) {
            value.why = Some(why);
        }
        value
    }

    fn fill(
        &mut self,
        moved_millionths: i128,
        traced: &BTreeMap<&PartyId, &LoyaltyState>,
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> Result<(), Why> {
        let bought = traced.values().flat_map(|state| &state.purchases);
        let chosen = context.rules.reporting_currency;
        let currency = reporting::currency(chosen, bought.map(|total| total.currency))?
            .ok_or("nobody who was referred has bought, so their mean purchase is not known")?;
        let (mut spent, mut occasions) = (0_i128, 0_i128);
        for (customer, state) in traced {
            let sum = reporting::sum(&state.purchases, currency, context.rates)
                .map_err(|why| format!("customer {customer}: {why}"))?;
            spent += i128::from(sum);
            occasions += i128::from(state.occasions());
        }
        let minor = minor_units_per_unit(currency.digits());
        self.currency = Some(currency);
        self.realised = Some(ratio(spent, minor));
        if occasions == 0 {
            return Err("nobody who was referred has bought".to_owned());
        }
        let mean = ratio(spent, occasions * minor);
        self.mean_purchase_of_influenced = Some(mean);
        if self.measured == 0 {
            return Err("nobody's influence and reach were measured (network.measured)".to_owned());
        }
        self.estimated = Some(ratio(moved_millionths, 1_000_000) * mean);
        Ok(())
    }
}
