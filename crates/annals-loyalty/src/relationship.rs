//! How close the relationship is, with the evidence; and what it is worth in four columns.
//!
//! A level is asserted by somebody and never computed: the checklist shows what the ledger knows
//! for and against it.

use crate::particulars::Particulars;
use crate::profitability::Profitability;
use crate::rules::LoyaltyRules;
use crate::state::LoyaltyState;
use annals_events::{Code, Date, EventId, Relation, RelationshipLevel};
use annals_projection::ViewContext;
use serde::Serialize;

/// How close somebody said the relationship is, and what the ledger knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Relationship {
    /// The latest level asserted; null where nobody did.
    pub level: Option<RelationshipLevel>,
    /// The day it was asserted for.
    pub since: Option<Date>,
    /// The agreement behind it.
    pub agreement: Option<Code>,
    /// The events named as evidence.
    pub evidence: Vec<EventId>,
    /// What speaks for each level.
    pub checklist: Vec<Criterion>,
}

/// One line of the checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Criterion {
    /// The level it speaks for.
    pub level: RelationshipLevel,
    /// What is looked at.
    pub criterion: &'static str,
    /// How much was found.
    pub found: u64,
    /// From how much it is met.
    pub needed: u32,
    /// Whether it is.
    pub met: bool,
}

/// What the relationship is worth over its life.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RelationshipValue {
    /// Discounted margin less refunds and costs, in units of the currency; null where profitability
    /// is (see its `why`).
    pub profitability: Option<f64>,
    /// r / (1 - r): how many more periods of the ruleset the customer is expected to stay; null at
    /// r = 1 and without a `[clv]` section.
    pub expected_remaining_periods: Option<f64>,
    /// Ideas and suggestions given, the knowledge the customer contributes.
    pub competence_ideas: u32,
    /// Public reviews written.
    pub competence_reviews: u32,
    /// Referrals that became a purchase.
    pub referrals_converted: u32,
}

impl Relationship {
    pub(crate) fn new(state: &LoyaltyState, context: &ViewContext<'_, LoyaltyRules>) -> Self {
        use RelationshipLevel::{Partner, PreferredSupplier, StrategicAlliance, Transactional};
        let none = Particulars::default();
        let conduct = state.particulars.as_deref().unwrap_or(&none);
        let level = conduct.level.as_ref();
        let related = |relations: &[Relation]| {
            let known = relations.iter().filter_map(|relation| conduct.relations.get(relation));
            known.map(|others| crate::ratio::count(others.len())).sum()
        };
        let traded = state.first_purchase().map_or(0, |first| context.today.days_since(first));
        let rules = context.rules.relationship;
        let line = |level, criterion, found: u64, needed: u32| Criterion {
            level,
            criterion,
            found,
            needed,
            met: found >= u64::from(needed),
        };
        let contacts = related(&[Relation::KeyContact, Relation::Buyer, Relation::Owner]);
        let ladder = context.rules.ladder;
        Self {
            level: level.map(|level| level.level),
            since: level.map(|level| level.day),
            agreement: level.and_then(|level| level.agreement.clone()),
            evidence: level.map(|level| level.evidence.clone()).unwrap_or_default(),
            checklist: vec![
                line(Transactional, "purchase occasions", state.occasions().into(), 1),
                line(
                    PreferredSupplier,
                    "purchase occasions",
                    state.occasions().into(),
                    ladder.follower_occasions,
                ),
                line(
                    Partner,
                    "days since the first purchase",
                    u64::try_from(traded).unwrap_or_default(),
                    rules.partner_days_min,
                ),
                line(
                    Partner,
                    "key contacts, buyers and owners known",
                    contacts,
                    rules.partner_contacts_min,
                ),
                line(
                    StrategicAlliance,
                    "agreements behind the asserted level",
                    u64::from(level.is_some_and(|level| level.agreement.is_some())),
                    1,
                ),
                line(
                    StrategicAlliance,
                    "shareholdings and joint ventures",
                    related(&[Relation::Shareholder, Relation::JvWith]),
                    1,
                ),
            ],
        }
    }
}

impl RelationshipValue {
    pub(crate) fn new(
        state: &LoyaltyState,
        profitability: &Profitability,
        rules: &LoyaltyRules,
    ) -> Self {
        let none = Particulars::default();
        let conduct = state.particulars.as_deref().unwrap_or(&none);
        let retention = rules.clv.as_ref().map(|clv| clv.retention.get().to_f64());
        Self {
            profitability: profitability.discounted_profit,
            expected_remaining_periods: retention
                .filter(|retention| *retention < 1.0)
                .map(|retention| retention / (1.0 - retention)),
            competence_ideas: conduct.ideas,
            competence_reviews: conduct.public_reviews,
            referrals_converted: state.referrals_converted(),
        }
    }
}
