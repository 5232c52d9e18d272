//! How each measure of a customer's view is computed, for `annals explain`.
//!
//! Places in braces stand for the values of the view. The twelve metrics of the scorecard are a
//! list, so each has its formula in words under the one measure `scorecard`.

use annals_projection::Formula;

const OWN: &str = "a definition of this ledger: docs/projections/loyalty.md";
const RFM: &str = "recency, frequency and monetary value";
const CLV: &str = "Gupta & Lehmann, Journal of Interactive Marketing 17(1), 2003";
const METRICS: &str = "the twelve metrics of loyalty: docs/projections/loyalty.md";

/// A formula that reads no rules.
const fn without_rules(
    measure: &'static str,
    formula: &'static str,
    source: &'static str,
) -> Formula {
    Formula { measure, formula, source, rules: &[] }
}

/// One formula or more for every measure, in the order of the view.
pub(crate) const FORMULAS: &[Formula] = &[
    without_rules("first_event", "day of the first event of any kind = {first_event}", OWN),
    without_rules(
        "relationship_days",
        "day asked about - {first_event} = {relationship_days}",
        OWN,
    ),
    without_rules("occasions", "distinct days with a purchase = {occasions}", OWN),
    without_rules("orders", "purchases = {orders}", OWN),
    without_rules("first_purchase", "first day with a purchase = {first_purchase}", OWN),
    without_rules("last_purchase", "last day with a purchase = {last_purchase}", OWN),
    without_rules("recency_days", "day asked about - {last_purchase} = {recency_days}", RFM),
    without_rules("frequency", "distinct days with a purchase = {frequency}", RFM),
    without_rules(
        "monetary",
        "sum of the totals of {orders} purchases = {monetary.amount} {monetary.currency}, refunds \
         not taken off; where the ruleset names a reporting_currency, each day's total is \
         converted by the rate recorded for that day",
        RFM,
    ),
    without_rules(
        "average_purchase",
        "{monetary.amount} / {occasions} = {average_purchase.amount} {average_purchase.currency}, \
         rounded half up",
        OWN,
    ),
    without_rules("repeat_purchases", "{occasions} - 1, at least 0 = {repeat_purchases}", OWN),
    without_rules(
        "refunds",
        "refunds issued = {refunds.count}, sums per currency {refunds.amounts}",
        OWN,
    ),
    without_rules(
        "returns",
        "returns requested = {returns.requested}, received = {returns.received}",
        OWN,
    ),
    without_rules("referrals_made", "distinct referrals made = {referrals_made}", OWN),
    without_rules(
        "referrals_converted",
        "distinct referrals converted = {referrals_converted}",
        OWN,
    ),
    without_rules(
        "offers_accepted",
        "offers whose latest answer is accepted = {offers_accepted.total}, by type \
         {offers_accepted.by_type}",
        OWN,
    ),
    without_rules(
        "word_of_mouth",
        "mentions by polarity: {word_of_mouth.positive} for, {word_of_mouth.neutral} neither, \
         {word_of_mouth.negative} against",
        OWN,
    ),
    without_rules(
        "competitor_stances",
        "mentions of competitors by stance = {competitor_stances}",
        OWN,
    ),
    without_rules(
        "selection_seconds_mean",
        "sum of the times taken to choose / times measured = {selection_seconds_mean}",
        OWN,
    ),
    without_rules(
        "defects",
        "defects met = {defects.met}, of these {defects.without_complaint} without complaint, \
         {defects.with_repurchase} followed by a purchase",
        OWN,
    ),
    without_rules("costs", "sum of costs by purpose and currency, not converted", OWN),
    Formula {
        measure: "clv_closed_form.value",
        formula: "m r / (1 + i - r) = {clv_closed_form.margin_per_period} x \
                  {clv_closed_form.retention} / (1 + {clv_closed_form.discount} - \
                  {clv_closed_form.retention}) = {clv_closed_form.value} \
                  {clv_closed_form.currency}",
        source: CLV,
        rules: &["clv.period", "clv.retention", "clv.discount"],
    },
    Formula {
        measure: "clv_closed_form.immediate_margin_value",
        formula: "m (1 + i) / (1 + i - r) = {clv_closed_form.margin_per_period} x (1 + \
                  {clv_closed_form.discount}) / (1 + {clv_closed_form.discount} - \
                  {clv_closed_form.retention}) = {clv_closed_form.immediate_margin_value} \
                  {clv_closed_form.currency}",
        source: CLV,
        rules: &["clv.period", "clv.retention", "clv.discount"],
    },
    Formula {
        measure: "clv_closed_form.margin_per_period",
        formula: "margin of all purchases ({clv_closed_form.margin_basis}) / days from \
                  {first_purchase} to the day asked about, both included, at least one period, x \
                  days of a mean {clv_closed_form.period} = {clv_closed_form.margin_per_period}",
        source: OWN,
        rules: &["clv.period", "clv.margin_share"],
    },
    without_rules(
        "scorecard",
        "1 repeat_purchases = occasions - 1, at least 0 = {repeat_purchases}",
        METRICS,
    ),
    without_rules(
        "scorecard",
        "2 cross_sells_accepted and 3 up_sells_accepted = offers of that type whose latest answer \
         is accepted, of {offers_accepted.by_type}",
        METRICS,
    ),
    without_rules(
        "scorecard",
        "4 selection_time = mean seconds per timed choice = {selection_seconds_mean}",
        METRICS,
    ),
    without_rules(
        "scorecard",
        "5 competitor_attitude = mean over mentions of 1 (rejects), 0 (compares), -1 (considering, \
         uses, prefers), of {competitor_stances}",
        METRICS,
    ),
    without_rules(
        "scorecard",
        "6 price_elasticity = mean arc elasticity = {price_responses.arc_elasticity_mean}",
        "Allen, Review of Economic Studies 1(3), 1934",
    ),
    without_rules(
        "scorecard",
        "7 defect_tolerance = {defects.without_complaint} / {defects.met}",
        METRICS,
    ),
    without_rules(
        "scorecard",
        "8 relationship_length = days since the first event = {relationship_days}",
        METRICS,
    ),
    Formula {
        measure: "scorecard",
        formula: "9 satisfaction = latest answer to a satisfaction item on its scale",
        source: METRICS,
        rules: &["attitude.satisfaction"],
    },
    without_rules(
        "scorecard",
        "10 recommendations = {referrals_made} referrals made + {word_of_mouth.positive} \
         favourable words",
        METRICS,
    ),
    Formula {
        measure: "scorecard",
        formula: "11 retention_rate and 12 churn_rate = for who bought in the period before the \
                  current one: 1 and 0 with a purchase in the current period, 0 and 1 without",
        source: METRICS,
        rules: &["current.window_days"],
    },
    Formula {
        measure: "ladder",
        formula: "highest rung reached with {occasions} occasions and {referrals_made} referrals \
                  made + {word_of_mouth.positive} favourable words; without an occasion prospect \
                  where interest was shown, else suspect = {ladder}",
        source: OWN,
        rules: &[
            "ladder.client_occasions",
            "ladder.follower_occasions",
            "ladder.advocate_recommendations",
        ],
    },
    Formula {
        measure: "loyalty_type",
        formula: "behaviour high = {loyalty_type.occasions} occasions in the last \
                  {loyalty_type.window_days} days reach the minimum = \
                  {loyalty_type.behaviour_high}; attitude high by the latest recommendation \
                  answer, else by the latest satisfaction answer = {loyalty_type.attitude_high}; \
                  both true, attitude alone latent, behaviour alone spurious, neither none = \
                  {loyalty_type.type}",
        source: "Dick & Basu, Journal of the Academy of Marketing Science 22(2), 1994",
        rules: &[
            "current.window_days",
            "attitude.occasions_min",
            "attitude.recommendation",
            "attitude.satisfaction",
        ],
    },
    Formula {
        measure: "customer_value",
        formula: "margin before the last {customer_value.current_window_days} days \
                  {customer_value.historical} + margin in them {customer_value.current} + \
                  lifetime value to come {customer_value.potential} = {customer_value.total} \
                  {customer_value.currency}",
        source: OWN,
        rules: &[
            "current.window_days",
            "clv.period",
            "clv.retention",
            "clv.discount",
            "clv.margin_share",
        ],
    },
    without_rules(
        "profitability.net_revenue",
        "{profitability.revenue} revenue - {profitability.refunds} refunds = \
         {profitability.net_revenue} {profitability.currency}",
        OWN,
    ),
    Formula {
        measure: "profitability.margin",
        formula: "margins recorded + the ruleset's share of the revenue that records none = \
                  {profitability.margin} {profitability.currency}",
        source: OWN,
        rules: &["clv.margin_share"],
    },
    without_rules(
        "profitability.cost_to_serve",
        "costs of service, care and remedies = {profitability.cost_to_serve} of \
         {profitability.costs} {profitability.currency}",
        OWN,
    ),
    Formula {
        measure: "profitability.profit",
        formula: "{profitability.margin} margin - {profitability.refunds} refunds - \
                  {profitability.costs} costs = {profitability.profit} {profitability.currency}",
        source: OWN,
        rules: &["clv.margin_share"],
    },
    Formula {
        measure: "profitability.discounted_profit",
        formula: "sum over days of (margin - refunds - costs) / (1 + i)^(periods since \
                  {first_purchase}) = {profitability.discounted_profit} {profitability.currency}",
        source: OWN,
        rules: &["clv.period", "clv.discount", "clv.margin_share"],
    },
    Formula {
        measure: "relationship",
        formula: "latest level asserted = {relationship.level}, since {relationship.since}; the \
                  checklist holds {occasions} occasions, days since {first_purchase} and the \
                  relations on record against what each level needs",
        source: OWN,
        rules: &[
            "ladder.follower_occasions",
            "relationship.partner_days_min",
            "relationship.partner_contacts_min",
        ],
    },
    Formula {
        measure: "relationship_value.profitability",
        formula: "discounted profit = {profitability.discounted_profit}",
        source: OWN,
        rules: &["clv.period", "clv.discount", "clv.margin_share"],
    },
    Formula {
        measure: "relationship_value.expected_remaining_periods",
        formula: "r / (1 - r), r = {clv_closed_form.retention} = \
                  {relationship_value.expected_remaining_periods}",
        source: "mean of the geometric distribution of periods survived",
        rules: &["clv.period", "clv.retention"],
    },
    without_rules(
        "relationship_value.competence_ideas",
        "ideas and suggestions given = {relationship_value.competence_ideas}",
        OWN,
    ),
    without_rules(
        "relationship_value.competence_reviews",
        "public reviews = {relationship_value.competence_reviews}",
        OWN,
    ),
    without_rules(
        "relationship_value.referrals_converted",
        "distinct referrals converted = {relationship_value.referrals_converted}",
        OWN,
    ),
    without_rules(
        "price_responses",
        "mean over {price_responses.n} observations of ((q2 - q1) / mid q) / ((p2 - p1) / mid p) = \
         {price_responses.arc_elasticity_mean}; all observations by what was done \
         {price_responses.responses}",
        "Allen, Review of Economic Studies 1(3), 1934",
    ),
];
