//! Properties that hold for any events.

use crate::events::{built_in, currency, customer, event, loyalty, population, purchase, view};
use annals_events::{
    Answer, Code, CompetitorMentioned, CompetitorStance, CostRecorded, CostType, Count, Date,
    Decimal, DefectTolerated, FeedbackReceived, FeedbackType, FxRateRecorded, Money,
    NetworkMeasured, OfferMade, OfferResponded, OfferResponse, OfferType, PartyId, PartyRelated,
    PartyUnrelated, Payload, Polarity, PriceResponse, PriceResponseObserved, PurchaseCompleted,
    RecordedEvent, ReferralConverted, ReferralMade, RefundIssued, Relation, RelationshipLevel,
    RelationshipLevelChanged, ReturnReceived, Scale, Seconds, SelectionTimed, Share,
    SurveyAnswered, VersionNumber, WordOfMouthObserved, Zone,
};
use annals_loyalty::{LoyaltyState, MEASURES, is_relevant, ntile_scores};
use annals_projection::{AsOf, Groups, Projection as _, Rates, ViewContext, fold};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::FileFailurePersistence;
use std::collections::BTreeMap;

fn codes() -> impl Strategy<Value = Code> {
    select(vec!["a", "b", "c"]).prop_map(|text| Code::new(text).expect("a code"))
}

fn parties() -> impl Strategy<Value = PartyId> {
    select(vec!["c1", "c2", "c3"]).prop_map(customer)
}

fn amounts() -> impl Strategy<Value = Money> {
    let units = prop_oneof![
        8 => 0..100_000_i64,
        1 => Just(0),
        1 => Just(i64::MAX),
        1 => 0..=i64::MAX,
    ];
    (units, select(vec!["EUR", "JPY", "KWD"]))
        .prop_map(|(units, code)| Money::new(units, currency(code)))
}

fn payloads() -> impl Strategy<Value = Payload> {
    prop_oneof![
        4 => (amounts(), proptest::option::of(any::<i64>())).prop_map(|(total, margin)| {
            let margin = margin.map(|units| Money::new(units, total.currency()));
            PurchaseCompleted { margin, ..purchase(total) }.into()
        }),
        1 => amounts().prop_map(|amount| RefundIssued { order: None, amount, reason: None }.into()),
        1 => codes().prop_map(|reason| {
            ReturnReceived { order: None, lines: Vec::new(), reason }.into()
        }),
        1 => (codes(), proptest::option::of(parties())).prop_map(|(referral, referred)| {
            ReferralMade { referral, referred, contact: None, offer: None }.into()
        }),
        1 => (codes(), parties()).prop_map(|(referral, referred)| {
            ReferralConverted { referral, referred, order: None }.into()
        }),
        1 => (codes(), select(OfferType::ALL)).prop_map(|(offer, offer_type)| {
            OfferMade { offer, offer_type, skus: Vec::new(), value: None, until: None }.into()
        }),
        1 => (codes(), select(OfferResponse::ALL))
            .prop_map(|(offer, response)| OfferResponded { offer, response }.into()),
        1 => (codes(), select(Polarity::ALL)).prop_map(|(medium, polarity)| {
            WordOfMouthObserved { polarity, medium, reach_people: None }.into()
        }),
        1 => (codes(), select(CompetitorStance::ALL)).prop_map(|(competitor, stance)| {
            CompetitorMentioned { competitor, stance, aspect: None }.into()
        }),
        1 => (codes(), Seconds::MIN..=Seconds::MAX).prop_map(|(session, seconds)| {
            let duration = Seconds::new(seconds).expect("in its range");
            SelectionTimed { session, duration }.into()
        }),
        1 => (codes(), any::<bool>()).prop_map(|(product, complained)| {
            let defect = product.clone();
            DefectTolerated { product, defect, complained, repurchase: None }.into()
        }),
        2 => conduct(),
        1 => (select(CostType::ALL), amounts()).prop_map(|(cost_type, amount)| {
            CostRecorded { cost_type, amount, allocation: None }.into()
        }),
    ]
}

/// What is known of a customer beside purchases, offers and referrals.
fn conduct() -> impl Strategy<Value = Payload> {
    let scale = select(vec![(0_i16, 10_i16), (1, 5)]).prop_flat_map(|(min, max)| {
        (min..=max).prop_map(move |value| Scale::new(min, max, value).expect("on its scale"))
    });
    let quantities = || proptest::option::of((0..5_000_000_i64).prop_map(Decimal::from_millionths));
    prop_oneof![
        (select(vec!["nps", "csat", "other"]), scale).prop_map(|(item, scale)| {
            let item = Code::new(item).expect("a code");
            let answer = Answer {
                item,
                scale: Some(scale),
                choice: None,
                aspect: None,
                level: None,
                text: None,
            };
            SurveyAnswered {
                survey: None,
                instrument: Code::new("nps").expect("a code"),
                instrument_version: VersionNumber::new(1).expect("a version"),
                answers: vec![answer],
                response_time: None,
            }
            .into()
        }),
        (amounts(), amounts(), select(PriceResponse::ALL), quantities(), quantities()).prop_map(
            |(old, new, response, quantity_before, quantity_after)| {
                PriceResponseObserved {
                    sku: Code::new("p").expect("a code"),
                    price_old: old,
                    price_new: Money::new(new.minor_units(), old.currency()),
                    response,
                    quantity_before,
                    quantity_after,
                }
                .into()
            }
        ),
        (0..=1_000_000_i64, 0..1_000_000_i64).prop_map(|(influence, reach)| {
            NetworkMeasured {
                influence: Share::new(Decimal::from_millionths(influence)).expect("a share"),
                reach_people: Count::new(reach).expect("a count"),
                method: Code::new("survey").expect("a code"),
            }
            .into()
        }),
        (parties(), select(Relation::ALL))
            .prop_map(|(to, relation)| { PartyRelated { to, relation }.into() }),
        (parties(), select(Relation::ALL))
            .prop_map(|(to, relation)| { PartyUnrelated { to, relation }.into() }),
        (select(RelationshipLevel::ALL), proptest::option::of(codes())).prop_map(
            |(to, agreement)| {
                let from = RelationshipLevel::None;
                RelationshipLevelChanged { from, to, evidence: Vec::new(), agreement }.into()
            }
        ),
        (select(FeedbackType::ALL), any::<bool>()).prop_map(|(feedback_type, solicited)| {
            FeedbackReceived { feedback_type, product: None, text: None, solicited }.into()
        }),
    ]
}

/// A customer's events, in the order they occurred.
fn histories() -> impl Strategy<Value = Vec<RecordedEvent>> {
    let event_at = (0..900_i32, 0..86_400_i64, payloads());
    proptest::collection::vec(event_at, 0..25).prop_map(|mut events| {
        events.sort_by_key(|(days, seconds, _)| (*days, *seconds));
        (0..)
            .zip(events)
            .map(|(number, (days, seconds, payload))| {
                let day = Date::from_days(10_000 + days).expect("a day of 1997 to 1999");
                event(number, "c1", day, seconds, payload)
            })
            .collect()
    })
}

fn rates() -> impl Strategy<Value = FxRateRecorded> {
    let currencies = || select(vec!["EUR", "JPY", "KWD", "USD"]).prop_map(currency);
    (currencies(), currencies(), prop_oneof![1..2_000_000_i64, Just(i64::MAX)]).prop_map(
        |(from, to, millionths)| FxRateRecorded {
            from,
            to,
            rate: Decimal::from_millionths(millionths),
            valid_from: Date::from_days(9_000).expect("a day before all events"),
        },
    )
}

/// Customers as (day, cents) purchases in one currency.
fn purchases() -> impl Strategy<Value = Vec<Vec<(i32, i64)>>> {
    let one = (0..40_i32, prop_oneof![0..500_i64, Just(0), Just(100)]);
    proptest::collection::vec(proptest::collection::vec(one, 1..8), 1..40)
}

fn states(customers: &[Vec<(i32, i64)>]) -> Vec<(PartyId, LoyaltyState)> {
    let state = |(index, orders): (usize, &Vec<(i32, i64)>)| {
        let id = format!("c{index:03}");
        let mut orders = orders.clone();
        orders.sort_unstable();
        let events: Vec<_> = (0..)
            .zip(orders)
            .map(|(number, (days, units))| {
                let day = Date::from_days(10_000 + days).expect("a day");
                let total = Money::new(units, currency("EUR"));
                event(number, &id, day, 0, purchase(total))
            })
            .collect();
        (customer(&id), fold(&loyalty(), &events))
    };
    customers.iter().enumerate().map(state).collect()
}

const TODAY: &str = "1999-12-31";

pub(crate) fn beside_the_source() -> ProptestConfig {
    let persistence = FileFailurePersistence::WithSource("regressions");
    ProptestConfig { failure_persistence: Some(Box::new(persistence)), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(beside_the_source())]

    #[test]
    fn tiles_differ_by_at_most_one_the_larger_first_and_follow_the_ranking(
        keys in proptest::collection::vec(0..20_u8, 0..60),
        tiles in 2..=9_u8,
    ) {
        let scores = ntile_scores(&keys, tiles);
        let mut sizes = vec![0_usize; usize::from(tiles)];
        for score in &scores {
            sizes[usize::from(*score) - 1] += 1;
        }
        prop_assert_eq!(sizes.iter().sum::<usize>(), keys.len(), "every row has a tile");
        prop_assert!(sizes.windows(2).all(|pair| pair[0] >= pair[1]), "larger first: {:?}", sizes);
        prop_assert!(sizes[0] - sizes[sizes.len() - 1] <= 1, "{:?}", sizes);
        for one in 0..keys.len() {
            for other in 0..keys.len() {
                if (keys[one], one) < (keys[other], other) {
                    prop_assert!(scores[one] <= scores[other]);
                }
            }
        }
    }

    #[test]
    fn gini_is_half_the_relative_mean_difference_and_below_one(customers in purchases()) {
        let figures = population(&states(&customers), TODAY, &built_in(), &Rates::default());
        let spent: Vec<i64> =
            customers.iter().map(|orders| orders.iter().map(|order| order.1).sum()).collect();
        let total: i64 = spent.iter().sum();
        let Some(gini) = figures.concentration.gini else {
            prop_assert_eq!(total, 0);
            return Ok(());
        };
        prop_assert!((0.0..1.0).contains(&gini), "{}", gini);
        let differences: i64 = spent
            .iter()
            .flat_map(|one| spent.iter().map(move |other| (one - other).abs()))
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let expected = differences as f64 / (2.0 * spent.len() as f64 * total as f64);
        prop_assert!((gini - expected).abs() < 1e-12, "{} is not {}", gini, expected);
    }

    #[test]
    fn the_customers_for_80_percent_suffice_and_one_fewer_does_not(customers in purchases()) {
        let figures = population(&states(&customers), TODAY, &built_in(), &Rates::default());
        let mut spent: Vec<i64> =
            customers.iter().map(|orders| orders.iter().map(|order| order.1).sum()).collect();
        spent.sort_unstable_by(|one, other| other.cmp(one));
        let total: i64 = spent.iter().sum();
        if let Some(needed) = figures.concentration.customers_for_revenue_share {
            let needed = usize::try_from(needed).expect("a small number");
            let of_first = |n: usize| spent[..n].iter().sum::<i64>();
            prop_assert!(of_first(needed) * 100 >= total * 80);
            prop_assert!(of_first(needed - 1) * 100 < total * 80);
        }
    }

    #[test]
    fn population_does_not_depend_on_how_customers_or_orders_are_grouped(
        customers in purchases(),
        turn in 0..40_usize,
    ) {
        let whole = states(&customers);
        let expected = population(&whole, TODAY, &built_in(), &Rates::default());
        let mut turned = whole.clone();
        turned.rotate_left(turn % whole.len());
        prop_assert_eq!(&population(&turned, TODAY, &built_in(), &Rates::default()), &expected);

        let by_day: Vec<Vec<(i32, i64)>> = customers
            .iter()
            .map(|orders| {
                let mut days: BTreeMap<i32, i64> = BTreeMap::new();
                for (day, units) in orders {
                    *days.entry(*day).or_default() += units;
                }
                days.into_iter().collect()
            })
            .collect();
        let by_day = states(&by_day);
        let mut regrouped = population(&by_day, TODAY, &built_in(), &Rates::default());
        prop_assert_eq!(regrouped.orders, expected.occasions);
        regrouped.orders = expected.orders;
        prop_assert_eq!(regrouped, expected);
    }

    #[test]
    fn a_group_has_the_figures_it_has_alone_and_all_have_theirs(
        bought in purchases(),
        histories in proptest::collection::vec(histories(), 0..3),
        places in proptest::collection::vec(0..3_usize, 43),
    ) {
        // Purchases in one currency, and now and then somebody with everything in several.
        let mut customers = states(&bought);
        for (number, events) in histories.iter().enumerate() {
            let id = customer(&format!("d{number:03}"));
            customers.push((id, fold(&loyalty(), events)));
        }
        let (zone, rules, rates) = (Zone::utc(), built_in(), Rates::default());
        let today = AsOf::date(TODAY.parse().expect("a day"), &zone);
        let context = ViewContext::new(today, &zone, &rules, &rates);
        let everybody = Vec::from_iter(&customers);
        let places = places[..everybody.len()].to_vec();
        let groups = Groups::new(places, 3).expect("three places");
        let (all, each) = loyalty().population_and_groups(&everybody, &groups, &context);
        prop_assert_eq!(all, loyalty().population(&everybody, &context));
        for (group, shown) in groups.part(&everybody).iter().zip(each) {
            prop_assert_eq!(shown, loyalty().population(group, &context));
        }
    }

    #[test]
    fn a_state_survives_its_stored_form_between_any_two_events(events in histories()) {
        let (mut kept, mut restored) = (LoyaltyState::default(), LoyaltyState::default());
        for event in &events {
            loyalty().apply(&mut kept, event);
            loyalty().apply(&mut restored, event);
            let stored = bincode::serde::encode_to_vec(&restored, bincode::config::standard())
                .expect("a state can be stored");
            let (read, length) =
                bincode::serde::decode_from_slice(&stored, bincode::config::standard())
                    .expect("a stored state can be read");
            prop_assert_eq!(length, stored.len());
            restored = read;
            prop_assert_eq!(&restored, &kept);
        }
    }

    #[test]
    fn every_measure_follows_from_its_relevant_events_alone(events in histories()) {
        let (rules, rates) = (built_in(), Rates::default());
        let shown = |events: &[&RecordedEvent]| {
            let state = fold(&loyalty(), events.iter().copied());
            serde_json::to_value(view(&state, TODAY, &rules, &rates)).expect("JSON")
        };
        let all = shown(&events.iter().collect::<Vec<_>>());
        let keys = all.as_object().expect("an object").keys();
        prop_assert!(keys.clone().all(|key| MEASURES.contains(&key.as_str())), "{:?}", keys);
        for measure in MEASURES {
            let payload = |event: &&RecordedEvent| is_relevant(measure, event.event.payload());
            let relevant: Vec<_> = events.iter().filter(payload).collect();
            let alone = shown(&relevant);
            prop_assert_eq!(alone.get(measure), all.get(measure), "{}", measure);
        }
        prop_assert!(events.iter().all(|event| !is_relevant("no measure", event.event.payload())));
    }

    #[test]
    fn everything_is_shown_for_any_events_or_withheld_with_a_reason(
        histories in proptest::collection::vec(histories(), 0..6),
        reporting in proptest::option::of(select(vec!["EUR", "USD"])),
        known in proptest::collection::vec(rates(), 0..8),
    ) {
        let mut rules = built_in();
        rules.reporting_currency = reporting.map(currency);
        let mut rates = Rates::default();
        for rate in known {
            rates.learn(&rate);
        }
        let mut customers = Vec::new();
        for (index, events) in histories.iter().enumerate() {
            let state = fold(&loyalty(), events);
            let shown = view(&state, TODAY, &rules, &rates);
            prop_assert_eq!(shown.monetary.is_none(), shown.why.is_some());
            let clv = &shown.clv_closed_form;
            prop_assert_eq!(clv.value.is_none(), clv.why.is_some());
            prop_assert_eq!(shown.scorecard.len(), 12);
            for metric in &shown.scorecard {
                prop_assert_eq!(metric.value.is_none(), metric.why.is_some(), "{}", metric.name);
                prop_assert!(metric.value.is_none_or(f64::is_finite), "{:?}", metric);
            }
            let (value, profit) = (&shown.customer_value, &shown.profitability);
            prop_assert_eq!(value.total.is_none(), value.why.is_some());
            prop_assert_eq!(profit.profit.is_none(), profit.why.is_some());
            let standing = &shown.loyalty_type;
            prop_assert_eq!(standing.loyalty_type.is_none(), standing.why.is_some());
            prop_assert!(u64::from(shown.occasions) <= shown.orders);
            prop_assert!(serde_json::to_value(&shown).is_ok());
            customers.push((customer(&format!("c{index}")), state));
        }
        let all = population(&customers, TODAY, &rules, &rates);
        prop_assert_eq!(all.rfm.is_none(), all.why.is_some());
        prop_assert_eq!(all.concentration.gini.is_none(), all.concentration.why.is_some());
        prop_assert_eq!(all.value_matrix.valuable.is_none(), all.value_matrix.why.is_some());
        let word = &all.word_of_mouth_value;
        prop_assert_eq!(word.estimated.is_none(), word.why.is_some());
        let [kept, lost] = [10, 11].map(|place| &all.scorecard[place]);
        prop_assert_eq!(kept.n, lost.n);
        if let (Some(kept), Some(lost)) = (kept.value, lost.value) {
            prop_assert!((kept + lost - 1.0).abs() < 1e-15, "complementary: {} {}", kept, lost);
        }
        if let Some(rfm) = &all.rfm {
            prop_assert_eq!(rfm.values().sum::<u64>(), all.customers);
        }
        prop_assert!(serde_json::to_value(&all).is_ok());
    }
}
