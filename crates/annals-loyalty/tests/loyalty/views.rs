//! What is shown of one customer, by example; and what is withheld, with its reason.

use crate::events::{
    built_in, currency, customer, day, event, loyalty, money, population, purchase, view,
};
use annals_events::{
    Code, FxRateRecorded, OfferMade, OfferResponded, OfferResponse, OfferType, Payload,
    PurchaseCompleted, ReferralConverted, ReferralMade, RefundIssued, Zone,
};
use annals_loyalty::{ClvRules, Loyalty, LoyaltyRules, LoyaltyState, MarginBasis};
use annals_projection::{Rates, fold};
use serde_json::{Value, json};

fn state(events: Vec<(&str, Payload)>) -> LoyaltyState {
    let events: Vec<_> = (0..)
        .zip(events)
        .map(|(number, (at, payload))| event(number, "c1", day(at), 0, payload))
        .collect();
    fold(&loyalty(), &events)
}

fn bought(amount: &str, code: &str) -> Payload {
    purchase(money(amount, code)).into()
}

fn code(text: &str) -> Code {
    Code::new(text).expect("a code")
}

fn json(value: impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("JSON")
}

#[test]
fn all_orders_of_a_local_day_are_one_occasion() {
    let shanghai = Loyalty::new(Zone::named("Asia/Shanghai").expect("a zone"));
    let at =
        |number, seconds| event(number, "c1", day("2026-03-01"), seconds, bought("1.00", "EUR"));
    // 15:59 and 16:00 in UTC lie on two days in Shanghai.
    let events = [at(0, 3600), at(1, 57_540), at(2, 57_600)];
    let zone_of_the_ledger =
        view(&fold(&shanghai, &events), "2026-03-02", &built_in(), &Rates::default());
    assert_eq!((zone_of_the_ledger.occasions, zone_of_the_ledger.orders), (2, 3));
    let in_utc = view(&fold(&loyalty(), &events), "2026-03-02", &built_in(), &Rates::default());
    assert_eq!((in_utc.occasions, in_utc.orders, in_utc.repeat_purchases), (1, 3, 0));
}

#[test]
fn purchases_are_shown_with_their_days_totals_and_mean() {
    let state = state(vec![
        ("2026-01-10", bought("10.00", "EUR")),
        ("2026-01-10", bought("5.00", "EUR")),
        ("2026-02-01", bought("0.00", "EUR")),
        ("2026-02-20", bought("5.01", "EUR")),
        (
            "2026-02-21",
            RefundIssued { order: None, amount: money("4.00", "EUR"), reason: None }.into(),
        ),
    ]);
    let view = view(&state, "2026-03-01", &built_in(), &Rates::default());
    assert_eq!((view.occasions, view.orders, view.frequency, view.repeat_purchases), (3, 4, 3, 2));
    assert_eq!(view.recency_days, Some(9));
    assert_eq!(view.monetary, Some(money("20.01", "EUR")), "refunds are not taken off");
    assert_eq!(view.average_purchase, Some(money("6.67", "EUR")));
    assert_eq!(json(view.refunds), json!({"count": 1, "amounts": {"EUR": "4.00"}}));
    assert_eq!(view.why, None);
}

#[test]
fn a_customer_without_purchases_has_nulls_and_a_reason() {
    let referral =
        ReferralMade { referral: code("r1"), referred: None, contact: None, offer: None };
    let state = state(vec![("2026-01-10", referral.into())]);
    let view = json(view(&state, "2026-03-01", &built_in(), &Rates::default()));
    for field in ["first_purchase", "last_purchase", "recency_days", "monetary", "average_purchase"]
    {
        assert_eq!(view[field], Value::Null, "{field}");
    }
    assert_eq!(view["why"], "no purchase up to 2026-03-01");
    assert_eq!(view["clv_closed_form"]["value"], Value::Null);
    assert_eq!(view["clv_closed_form"]["why"], "no purchase up to 2026-03-01");
    assert_eq!((&view["repeat_purchases"], &view["relationship_days"]), (&json!(0), &json!(50)));
}

#[test]
fn referrals_and_offers_are_counted_by_their_numbers() {
    let made = |number: &str| -> Payload {
        ReferralMade { referral: code(number), referred: None, contact: None, offer: None }.into()
    };
    let converted =
        ReferralConverted { referral: code("r1"), referred: customer("c2"), order: None };
    let offer = |number: &str, offer_type| -> Payload {
        let (skus, value, until) = (Vec::new(), None, None);
        OfferMade { offer: code(number), offer_type, skus, value, until }.into()
    };
    let answer = |number: &str, response| -> Payload {
        OfferResponded { offer: code(number), response }.into()
    };
    let state = state(vec![
        ("2026-01-01", made("r1")),
        ("2026-01-02", made("r1")),
        ("2026-01-03", made("r2")),
        ("2026-01-04", converted.into()),
        ("2026-01-05", offer("o1", OfferType::CrossSell)),
        ("2026-01-06", answer("o1", OfferResponse::Declined)),
        ("2026-01-07", answer("o1", OfferResponse::Accepted)),
        ("2026-01-08", offer("o2", OfferType::UpSell)),
        ("2026-01-09", answer("o2", OfferResponse::Ignored)),
        ("2026-01-10", answer("o3", OfferResponse::Accepted)),
    ]);
    let view = view(&state, "2026-03-01", &built_in(), &Rates::default());
    assert_eq!((view.referrals_made, view.referrals_converted), (2, 1));
    assert_eq!(
        json(view.offers_accepted),
        json!({"total": 2, "by_type": {"cross_sell": 1, "unknown": 1}})
    );
}

#[test]
fn several_currencies_without_a_rate_withhold_money_and_nothing_else() {
    let state = state(vec![
        ("2026-01-10", bought("10.00", "EUR")),
        ("2026-01-10", bought("1000", "JPY")),
        ("2026-02-01", bought("5.00", "EUR")),
    ]);
    let mut rules = built_in();
    let mut rates = Rates::default();
    let customers = [(customer("c1"), state.clone())];
    let shown = view(&state, "2026-03-01", &rules, &rates);
    assert_eq!((shown.occasions, shown.monetary), (2, None));
    assert!(shown.why.is_some_and(|why| why.contains("EUR, JPY")));
    let all = json(population(&customers, "2026-03-01", &rules, &rates));
    assert_eq!(
        (&all["rfm"], &all["customers"], &all["currency"]),
        (&json!(null), &json!(1), &json!(null))
    );
    assert_eq!(all["behaviour_matrix"]["best"], Value::Null);
    assert_eq!(all["behaviour_matrix"]["mean_frequency"], json!(2.0));
    assert_eq!(all["concentration"]["revenue"], Value::Null);
    for place in [&all, &all["behaviour_matrix"], &all["concentration"]] {
        assert!(place["why"].as_str().is_some_and(|why| why.contains("reporting_currency")));
    }

    rules.reporting_currency = Some(currency("EUR"));
    let shown = view(&state, "2026-03-01", &rules, &rates);
    assert!(
        shown
            .why
            .is_some_and(|why| why.contains("no usable rate from JPY to EUR holds on 2026-01-10"))
    );

    rates.learn(&FxRateRecorded {
        from: currency("JPY"),
        to: currency("EUR"),
        rate: "0.00615".parse().expect("a rate"),
        valid_from: day("2026-01-01"),
    });
    let shown = view(&state, "2026-03-01", &rules, &rates);
    assert_eq!(shown.monetary, Some(money("21.15", "EUR")));
    let all = json(population(&customers, "2026-03-01", &rules, &rates));
    assert_eq!(all["concentration"]["revenue"], "21.15");
    assert_eq!(all["rfm"], json!({"111": 1}));
}

#[test]
fn lifetime_value_uses_recorded_margins_first_and_says_so() {
    let with_margin = PurchaseCompleted {
        order: None,
        lines: Vec::new(),
        total: money("60.00", "EUR"),
        margin: Some(money("40.00", "EUR")),
    };
    let rules = built_in();
    let value = |events| {
        let clv = view(&state(events), "2026-03-01", &rules, &Rates::default()).clv_closed_form;
        (clv.margin_basis, clv.margin_per_period, clv.value, clv.immediate_margin_value)
    };
    let close = |one: Option<f64>, other: f64| one.is_some_and(|one| (one - other).abs() < 1e-9);
    let (basis, margin, end, immediate) = value(vec![("2026-02-01", with_margin.clone().into())]);
    assert_eq!((basis, margin), (Some(MarginBasis::Recorded), Some(40.0)));
    assert!(close(end, 40.0 * 0.8 / 0.3), "m r / (1 + i - r)");
    assert!(close(immediate, 40.0 * 1.1 / 0.3), "m (1 + i) / (1 + i - r)");
    let (basis, margin, ..) =
        value(vec![("2026-02-01", with_margin.into()), ("2026-02-01", bought("100.00", "EUR"))]);
    assert_eq!((basis, margin), (Some(MarginBasis::Mixed), Some(70.0)), "40 and 30 % of 100");
    let (basis, margin, ..) = value(vec![("2024-03-01", bought("100.00", "EUR"))]);
    assert_eq!(basis, Some(MarginBasis::AssumedShare));
    assert!(close(margin, 30.0 * 365.2425 / 731.0), "2024-03-01 to 2026-03-01 is 731 days");
}

#[test]
fn lifetime_value_without_its_assumptions_is_withheld() {
    let state = state(vec![("2026-02-01", bought("100.00", "EUR"))]);
    let mut rules = built_in();
    let why = |rules: &LoyaltyRules| {
        let clv = view(&state, "2026-03-01", rules, &Rates::default()).clv_closed_form;
        assert_eq!((clv.value, clv.immediate_margin_value), (None, None));
        clv.why.expect("a reason")
    };
    let assumed = rules.clv.expect("the built-in rules have the section");
    rules.clv = Some(ClvRules { margin_share: None, ..assumed });
    assert!(why(&rules).contains("margin_share"));
    rules.clv = Some(ClvRules {
        retention: "1".parse().expect("a share"),
        discount: "0".parse().expect("a rate"),
        ..assumed
    });
    assert!(why(&rules).contains("undefined"));
    rules.clv = None;
    assert!(why(&rules).contains("[clv]"));
}

#[test]
fn nobody_and_nothing_paid_have_defined_outcomes() {
    let rules = built_in();
    let nobody = json(population(&[], "2026-03-01", &rules, &Rates::default()));
    assert_eq!(nobody["rfm"], json!({}));
    assert_eq!(nobody["concentration"]["gini"], Value::Null);
    assert_eq!(nobody["concentration"]["why"], "nobody has bought anything");
    assert_eq!(nobody["behaviour_matrix"]["mean_frequency"], Value::Null);

    let customers = [(customer("c1"), state(vec![("2026-02-01", bought("0.00", "EUR"))]))];
    let free = json(population(&customers, "2026-03-01", &rules, &Rates::default()));
    assert_eq!(free["concentration"]["revenue"], "0.00");
    assert_eq!(free["concentration"]["gini"], Value::Null);
    assert_eq!(free["concentration"]["why"], "nothing was paid, so it cannot be shared out");
    assert_eq!(free["behaviour_matrix"]["best"], 1);
}

#[test]
fn the_percentages_of_the_ruleset_are_part_of_the_names() {
    let mut rules = built_in();
    rules.concentration.top_customers_percent = 10;
    let all = json(population(&[], "2026-03-01", &rules, &Rates::default()));
    let keys: Vec<_> = all["concentration"].as_object().expect("an object").keys().collect();
    assert_eq!(
        keys,
        ["gini", "top_10_percent_share", "customers_for_80_percent", "revenue", "why"]
    );
}

#[test]
fn customers_who_bring_exactly_80_percent_are_enough() {
    let customers: Vec<_> = (0..5)
        .map(|index| {
            (customer(&format!("c{index}")), state(vec![("2026-02-01", bought("7.00", "EUR"))]))
        })
        .collect();
    let all = json(population(&customers, "2026-03-01", &built_in(), &Rates::default()));
    assert_eq!(all["concentration"]["customers_for_80_percent"], 4);
    assert_eq!(all["concentration"]["top_20_percent_share"], json!(0.2));
    assert_eq!(all["concentration"]["gini"], json!(0.0));
    assert_eq!(all["rfm"], json!({"111": 1, "222": 1, "333": 1, "444": 1, "555": 1}));
    assert_eq!(all["behaviour_matrix"]["best"], 5, "all are at the mean");
}
