//! Conduct by example: scorecard, ladder, types, value, relationship, word of mouth, economics;
//! every figure worked out by hand.

use crate::events::{built_in, customer, day, event, loyalty, money, population, purchase, view};
use annals_events::{
    AcquiredVia, Answer, Code, ContactOccurred, CostRecorded, CostType, Count, DefectTolerated,
    Direction, NetworkMeasured, OfferMade, OfferResponded, OfferResponse, OfferType, PartyId,
    PartyRegistered, PartyRelated, PartyType, Payload, PriceResponse, PriceResponseObserved,
    ReferralMade, RefundIssued, Relation, RelationshipLevel, RelationshipLevelChanged, Scale,
    Seconds, SelectionTimed, SurveyAnswered, VersionNumber,
};
use annals_loyalty::{LoyaltyState, ValueCell, customer_values};
use annals_projection::{AsOf, Rates, ViewContext, fold};
use serde_json::{Value, json};

const TODAY: &str = "2026-03-01";

fn state(id: &str, events: Vec<(&str, Payload)>) -> (PartyId, LoyaltyState) {
    let events: Vec<_> = (0..)
        .zip(events)
        .map(|(number, (at, payload))| event(number, id, day(at), 0, payload))
        .collect();
    (customer(id), fold(&loyalty(), &events))
}

fn shown(events: Vec<(&str, Payload)>) -> Value {
    let (_, state) = state("c1", events);
    serde_json::to_value(view(&state, TODAY, &built_in(), &Rates::default())).expect("JSON")
}

fn all(customers: &[(PartyId, LoyaltyState)]) -> Value {
    serde_json::to_value(population(customers, TODAY, &built_in(), &Rates::default()))
        .expect("JSON")
}

fn code(text: &str) -> Code {
    Code::new(text).expect("a code")
}

fn bought(amount: &str) -> Payload {
    purchase(money(amount, "EUR")).into()
}

fn cost(cost_type: CostType, amount: &str) -> Payload {
    CostRecorded { cost_type, amount: money(amount, "EUR"), allocation: None }.into()
}

fn answered(item: &str, min: i16, max: i16, value: i16) -> Payload {
    let scale = Some(Scale::new(min, max, value).expect("on the scale"));
    let answer =
        Answer { item: code(item), scale, choice: None, aspect: None, level: None, text: None };
    SurveyAnswered {
        survey: None,
        instrument: code(item),
        instrument_version: VersionNumber::new(1).expect("a version"),
        answers: vec![answer],
        response_time: None,
    }
    .into()
}

fn price(old: &str, new: &str, before: &str, after: &str) -> Payload {
    PriceResponseObserved {
        sku: code("p"),
        price_old: money(old, "EUR"),
        price_new: money(new, "EUR"),
        response: PriceResponse::Bought,
        quantity_before: Some(before.parse().expect("a quantity")),
        quantity_after: Some(after.parse().expect("a quantity")),
    }
    .into()
}

fn offer(number: &str, offer_type: OfferType) -> Payload {
    let (skus, value, until) = (Vec::new(), None, None);
    OfferMade { offer: code(number), offer_type, skus, value, until }.into()
}

fn answer_offer(number: &str, response: OfferResponse) -> Payload {
    OfferResponded { offer: code(number), response }.into()
}

fn referred(number: &str, who: &str) -> Payload {
    ReferralMade {
        referral: code(number),
        referred: Some(customer(who)),
        contact: None,
        offer: None,
    }
    .into()
}

fn assert_close(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap_or_else(|| panic!("a number, not {found}"));
    assert!((found - expected).abs() < 1e-9 * expected.abs().max(1.0), "{found} is not {expected}");
}

#[test]
fn the_twelve_metrics_have_number_unit_window_n_and_interval() {
    let select = |seconds| -> Payload {
        SelectionTimed { session: code("s"), duration: Seconds::new(seconds).expect("seconds") }
            .into()
    };
    let defect = |complained| -> Payload {
        let (product, defect) = (code("p"), code("d"));
        DefectTolerated { product, defect, complained, repurchase: None }.into()
    };
    let view = shown(vec![
        ("2024-06-01", bought("10.00")),
        ("2024-06-02", offer("o1", OfferType::CrossSell)),
        ("2024-06-03", answer_offer("o1", OfferResponse::Accepted)),
        ("2024-07-01", select(60)),
        ("2024-07-02", select(120)),
        ("2024-07-03", defect(false)),
        ("2024-07-04", defect(true)),
        // Dearer by 50 % of the middle, a third less bought: -0.4 / 0.4 = -1.
        ("2024-08-01", price("8.00", "12.00", "12", "8")),
        ("2025-03-01", bought("10.00")),
        ("2026-02-01", bought("10.00")),
        ("2026-02-02", answered("csat", 1, 5, 4)),
        ("2026-02-03", answered("csat", 1, 10, 9)),
    ]);
    let card = view["scorecard"].as_array().expect("metrics");
    let numbers: Vec<_> = card.iter().map(|metric| metric["number"].clone()).collect();
    assert_eq!(json!(numbers), json!((1..=12).collect::<Vec<u8>>()));
    let value = |number: usize| &card[number - 1]["value"];
    assert_eq!((value(1), value(2), value(3)), (&json!(2.0), &json!(1.0), &json!(0.0)));
    assert_eq!((value(4), &card[3]["n"]), (&json!(90.0), &json!(2)));
    // s = 42.4264, 1.96 s / sqrt(2) = 58.799.
    assert_close(&card[3]["interval"][0], 90.0 - 1.959_963_984_540_054 * 30.0);
    assert_eq!(value(5), &Value::Null, "no competitor");
    assert_close(value(6), -1.0);
    assert_close(&view["price_responses"]["arc_elasticity_mean"], -1.0);
    assert_eq!((value(7), &card[6]["n"]), (&json!(0.5), &json!(2)));
    assert!(card[6]["interval"][0].as_f64().is_some_and(|low| low > 0.09 && low < 0.1));
    assert_eq!(value(8), &json!(638.0));
    assert_eq!(value(9), &Value::Null, "the later answer is on another scale than the ruleset's");
    assert_eq!((value(11), value(12)), (&json!(1.0), &json!(0.0)));
    assert_eq!((&card[10]["window_days"], &card[10]["n"]), (&json!(365), &json!(1)));
    assert_eq!(card[4]["why"], "no competitor was mentioned");
}

#[test]
fn retention_and_churn_are_parts_of_the_customers_of_the_period_before() {
    let customers = [
        state("stays", vec![("2024-06-01", bought("1.00")), ("2025-06-01", bought("1.00"))]),
        state("goes", vec![("2024-06-01", bought("1.00"))]),
        state("went long ago", vec![("2020-06-01", bought("1.00"))]),
        state("new", vec![("2025-06-01", bought("1.00"))]),
        // The last day of the period before, and the first of the current one.
        state("edge", vec![("2025-03-01", bought("1.00")), ("2025-03-02", bought("1.00"))]),
    ];
    let all = all(&customers);
    let (kept, lost) = (&all["scorecard"][10], &all["scorecard"][11]);
    assert_close(&kept["value"], 2.0 / 3.0);
    assert_close(&lost["value"], 1.0 / 3.0);
    assert_eq!((&kept["n"], &lost["n"]), (&json!(3), &json!(3)));
}

#[test]
fn the_ladder_has_six_rungs() {
    let contact = |direction| -> Payload {
        ContactOccurred {
            direction,
            reason: code("question"),
            duration: None,
            agent: None,
            queue: None,
            phase: None,
            outcome: None,
            summary: None,
            sentiment: None,
            first_contact_resolution: None,
        }
        .into()
    };
    let days = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"];
    let times = |n: usize| days[..n].iter().map(|day| (*day, bought("1.00"))).collect::<Vec<_>>();
    let recommends = || ("2026-02-01", referred("r1", "c9"));
    for (events, rung) in [
        (vec![("2026-01-01", contact(Direction::Out))], "suspect"),
        (vec![("2026-01-01", contact(Direction::In))], "prospect"),
        (times(1), "customer"),
        (times(2), "client"),
        (times(4), "follower"),
        (times(1).into_iter().chain([recommends()]).collect(), "advocate"),
        (vec![recommends()], "suspect"),
    ] {
        assert_eq!(shown(events)["ladder"], rung);
    }
}

#[test]
fn behaviour_and_attitude_make_four_types_and_unknown_attitude_none() {
    let often = || vec![("2026-01-01", bought("1.00")), ("2026-01-02", bought("1.00"))];
    let with = |mut events: Vec<_>, payload| {
        events.push(("2026-02-01", payload));
        shown(events)["loyalty_type"]["type"].clone()
    };
    assert_eq!(with(often(), answered("nps", 0, 10, 9)), "true");
    assert_eq!(with(often(), answered("nps", 0, 10, 8)), "spurious");
    assert_eq!(with(Vec::new(), answered("csat", 1, 5, 4)), "latent");
    assert_eq!(with(Vec::new(), answered("csat", 1, 5, 3)), "none");
    let unknown = shown(often());
    assert_eq!(unknown["loyalty_type"]["type"], Value::Null);
    assert!(unknown["loyalty_type"]["why"].is_string());
}

#[test]
fn value_is_historical_current_and_potential_and_the_matrix_compares_with_the_means() {
    let customers = [
        state("a", vec![("2024-03-02", bought("1000.00")), ("2026-02-01", bought("200.00"))]),
        state("b", vec![("2024-03-02", bought("10.00"))]),
    ];
    let rules = built_in();
    let (zone, rates) = (annals_events::Zone::utc(), Rates::default());
    let context = ViewContext::new(AsOf::date(day(TODAY), &zone), &zone, &rules, &rates);
    let rows = customer_values(&Vec::from_iter(&customers), &context);
    let value = &rows[0].value;
    // 30 % margin; 730 days are 1.9986 years.
    assert_eq!((value.historical, value.current), (Some(300.0), Some(60.0)));
    let yearly = 360.0 * 365.2425 / 730.0;
    assert_close(&json!(value.potential), yearly * 0.8 / 0.3);
    assert_close(&json!(value.total), 360.0 + yearly * 0.8 / 0.3);
    assert_eq!(rows[0].cell, Some(ValueCell::Valuable));
    assert_eq!(rows[1].cell, Some(ValueCell::LowValue));
    let matrix = &all(&customers)["value_matrix"];
    assert_eq!((&matrix["valuable"], &matrix["low_value"]), (&json!(1), &json!(1)));
    assert_eq!((&matrix["growing"], &matrix["fading"]), (&json!(0), &json!(0)));
    assert_close(&matrix["mean_current"], 30.0);
}

#[test]
fn profit_is_margin_less_refunds_less_costs_and_more_refunded_than_bought_is_said() {
    let refund = |amount| -> Payload {
        RefundIssued { order: None, amount: money(amount, "EUR"), reason: None }.into()
    };
    let view = shown(vec![
        ("2025-03-01", bought("100.00")),
        ("2025-03-01", cost(CostType::Acquisition, "5.00")),
        ("2025-03-01", cost(CostType::Service, "2.00")),
        ("2025-03-01", refund("10.00")),
    ]);
    let profit = &view["profitability"];
    for (key, expected) in [
        ("revenue", 100.0),
        ("refunds", 10.0),
        ("net_revenue", 90.0),
        ("margin", 30.0),
        ("costs", 7.0),
        ("cost_to_serve", 2.0),
        ("profit", 13.0),
        ("discounted_profit", 13.0),
    ] {
        assert_close(&profit[key], expected);
    }
    assert_close(&view["relationship_value"]["profitability"], 13.0);
    assert_close(&view["relationship_value"]["expected_remaining_periods"], 4.0);

    let later = shown(vec![("2025-03-01", bought("100.00")), ("2026-03-01", refund("110.00"))]);
    let profit = &later["profitability"];
    assert_close(&profit["net_revenue"], -10.0);
    assert_close(&profit["discounted_profit"], 30.0 - 110.0 / 1.1_f64.powf(365.0 / 365.2425));
    assert_eq!(profit["note"], "more was refunded than was bought");
    let nothing = shown(vec![("2025-03-01", referred("r1", "c2"))]);
    assert_eq!(nothing["profitability"]["profit"], Value::Null);
    assert_eq!(nothing["profitability"]["why"], "no purchase, refund or cost up to 2026-03-01");
}

#[test]
fn a_relationship_level_is_shown_with_its_evidence_and_what_the_ledger_knows() {
    let evidence = annals_events::EventId::from_foreign("test", "contract");
    let view = shown(vec![
        ("2022-01-01", bought("1.00")),
        ("2024-01-01", PartyRelated { to: customer("boss"), relation: Relation::Owner }.into()),
        (
            "2025-01-01",
            RelationshipLevelChanged {
                from: RelationshipLevel::Transactional,
                to: RelationshipLevel::Partner,
                evidence: vec![evidence],
                agreement: Some(code("frame-7")),
            }
            .into(),
        ),
    ]);
    let relationship = &view["relationship"];
    assert_eq!(
        (&relationship["level"], &relationship["since"], &relationship["agreement"]),
        (&json!("partner"), &json!("2025-01-01"), &json!("frame-7"))
    );
    assert_eq!(relationship["evidence"], json!([evidence.to_string()]));
    let met: Vec<_> = relationship["checklist"]
        .as_array()
        .expect("lines")
        .iter()
        .map(|line| (line["found"].as_u64(), line["met"].as_bool()))
        .collect();
    let expected = [(1, true), (1, false), (1520, true), (1, false), (1, true), (0, false)];
    assert_eq!(met, expected.map(|(found, met)| (Some(found), Some(met))));
}

#[test]
fn word_of_mouth_is_worth_influence_times_reach_times_the_purchase_of_those_influenced() {
    let network = NetworkMeasured {
        influence: "0.05".parse().expect("a share"),
        reach_people: Count::new(200).expect("a count"),
        method: code("survey"),
    };
    let customers = [
        state(
            "c1",
            vec![
                ("2026-01-01", network.into()),
                ("2026-01-02", referred("r1", "c2")),
                ("2026-01-02", referred("r2", "stranger")),
            ],
        ),
        state("c2", vec![("2026-02-01", bought("30.00")), ("2026-02-02", bought("50.00"))]),
        state("c3", vec![("2026-02-01", bought("1000.00"))]),
    ];
    let value = all(&customers)["word_of_mouth_value"].clone();
    assert_close(&value["mean_purchase_of_influenced"], 40.0);
    assert_close(&value["estimated"], 0.05 * 200.0 * 40.0);
    assert_close(&value["realised"], 80.0);
    assert_eq!((&value["traced"], &value["untraced"]), (&json!(1), &json!(1)));
    let nobody = all(&customers[2..])["word_of_mouth_value"].clone();
    assert!(nobody["why"].as_str().is_some_and(|why| why.contains("nobody who was referred")));
}

#[test]
fn the_four_numbers_of_retention_economics_are_the_firms_own() {
    let registered = PartyRegistered {
        party_type: PartyType::Person,
        roles: Vec::new(),
        acquired_via: Some(AcquiredVia::Referral),
    };
    let customers = [
        state(
            "kept",
            vec![
                ("2024-06-01", bought("1.00")),
                ("2025-06-01", bought("1.00")),
                ("2025-06-02", cost(CostType::Retention, "6.00")),
                ("2025-06-03", cost(CostType::Care, "4.00")),
                ("2025-06-04", offer("o1", OfferType::Renewal)),
                ("2025-06-05", answer_offer("o1", OfferResponse::Accepted)),
                ("2020-06-05", cost(CostType::Acquisition, "99.00")),
            ],
        ),
        state("lost", vec![("2024-06-01", bought("1.00"))]),
        state(
            "new",
            vec![
                ("2025-07-01", registered.into()),
                ("2025-07-01", cost(CostType::Acquisition, "50.00")),
                ("2025-07-02", answer_offer("o2", OfferResponse::Declined)),
                ("2025-07-03", bought("1.00")),
            ],
        ),
        state("also new", vec![("2025-07-03", bought("1.00"))]),
    ];
    let economics = all(&customers)["retention_economics"].clone();
    assert_eq!((&economics["new_customers"], &economics["kept_customers"]), (&json!(2), &json!(1)));
    assert_close(&economics["cost_of_a_new_customer"], 25.0);
    assert_close(&economics["cost_of_keeping_one"], 10.0);
    assert_close(&economics["cost_ratio"], 2.5);
    assert_eq!(
        (&economics["success_new"]["share"], &economics["success_old"]["share"]),
        (&json!(0.0), &json!(1.0))
    );
    assert_eq!(economics["new_by_referral"], json!(0.5));
    let discount = 1.1_f64.powf(365.0 / 365.2425) - 1.0;
    let worth = |r: f64| r / (1.0 + discount - r);
    assert_close(&economics["value_gain_of_less_churn"], worth(0.55) / worth(0.5) - 1.0);
    let nobody = all(&[])["retention_economics"].clone();
    assert_eq!(nobody["why"].as_array().map(Vec::len), Some(3), "{nobody}");
    assert_eq!(nobody["cost_ratio"], Value::Null);
}
