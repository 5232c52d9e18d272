//! Association rules against those of another program.

use crate::events::{customer, day, event, loyalty, money, purchase};
use annals_events::{Code, Line, PartyId, PurchaseCompleted};
use annals_loyalty::{AssociationLimits, LoyaltyState, association};
use annals_projection::fold;
use serde_json::Value;
use std::collections::BTreeMap;

fn line(product: &str) -> Line {
    Line {
        sku: Code::new(product).expect("a code"),
        category: None,
        quantity: "1".parse().expect("a quantity"),
        unit_price: None,
        discount: None,
        unit_cost: None,
    }
}

/// One customer for each list of orders; each order lies on a day of its own unless told otherwise.
fn state(id: &str, orders: &[(&str, Vec<&str>)]) -> (PartyId, LoyaltyState) {
    let events: Vec<_> = (0..)
        .zip(orders)
        .map(|(number, (on, products))| {
            let lines = products.iter().map(|product| line(product)).collect();
            let order = PurchaseCompleted { lines, ..purchase(money("1.00", "EUR")) };
            event(number, id, day(on), 0, order)
        })
        .collect();
    (customer(id), fold(&loyalty(), &events))
}

fn limits(support: &str, confidence: &str, max_consequent: Option<usize>) -> AssociationLimits {
    AssociationLimits {
        min_support: support.parse().expect("a share"),
        min_confidence: confidence.parse().expect("a share"),
        max_consequent,
    }
}

/// Rules by their products, so that the order of equal ones does not matter.
fn by_products(rules: &Value) -> BTreeMap<String, Value> {
    let rules = rules.as_array().expect("rules").iter();
    rules.map(|rule| (format!("{} {}", rule["if"], rule["then"]), rule.clone())).collect()
}

#[test]
fn rules_equal_those_of_an_independent_program() {
    let expected: Value =
        serde_json::from_str(include_str!("../fixtures/association_rules.json")).expect("JSON");
    let baskets: Vec<Vec<&str>> = expected["baskets"]
        .as_array()
        .expect("baskets")
        .iter()
        .map(|basket| {
            let products = basket.as_array().expect("products").iter();
            products.map(|product| product.as_str().expect("a product")).collect()
        })
        .collect();
    let customers: Vec<_> = (0..)
        .zip(&baskets)
        .map(|(number, basket)| state(&format!("c{number}"), &[("2026-01-01", basket.clone())]))
        .collect();
    let found = association(&Vec::from_iter(&customers), limits("0.03", "0.3", None))
        .expect("few itemsets");
    let found = serde_json::to_value(found).expect("JSON");
    assert_eq!((&found["baskets"], &found["itemsets"]), (&200.into(), &expected["itemsets"]));
    let (found, expected) = (by_products(&found["rules"]), by_products(&expected["rules"]));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (products, expected) in expected {
        for key in ["support", "confidence", "lift", "leverage", "conviction"] {
            let (one, other) = (&found[&products][key], &expected[key]);
            match (one.as_f64(), other.as_f64()) {
                (Some(one), Some(other)) => {
                    assert!((one - other).abs() < 1e-12, "{products} {key}: {one} is not {other}");
                }
                _ => assert_eq!(one, other, "{products} {key}"),
            }
        }
    }
    let one = association(&Vec::from_iter(&customers), limits("0.03", "0.3", Some(1)))
        .expect("few itemsets");
    assert!(one.rules.iter().all(|rule| rule.then.len() == 1) && !one.rules.is_empty());
    let ranks = one.rules.windows(2).all(|pair| pair[0].lift >= pair[1].lift);
    assert!(ranks, "the highest lift first");
}

#[test]
fn a_basket_is_what_was_bought_on_one_day_each_product_once() {
    let customers = [
        state(
            "c1",
            &[("2026-01-01", vec!["a", "a"]), ("2026-01-01", vec!["b"]), ("2026-01-02", vec!["a"])],
        ),
        state("c2", &[("2026-01-01", vec![]), ("2026-01-03", vec!["b", "a"])]),
    ];
    let found =
        association(&Vec::from_iter(&customers), limits("0.5", "1", None)).expect("few itemsets");
    assert_eq!((found.baskets, found.itemsets), (3, 3), "a, b and both");
    let [rule] = &found.rules[..] else { panic!("one rule: {:?}", found.rules) };
    assert_eq!((rule.condition[0].as_str(), rule.then[0].as_str()), ("b", "a"));
    assert_eq!(rule.conviction, None, "infinite");
    assert!((rule.support - 2.0 / 3.0).abs() < 1e-15 && (rule.lift - 1.0).abs() < 1e-15);
}

#[test]
fn no_baskets_give_no_rules_and_too_many_itemsets_are_refused_with_advice() {
    let none = association(&[], limits("0.1", "0.5", None)).expect("nothing");
    assert_eq!((none.baskets, none.itemsets, none.rules.len()), (0, 0, 0));
    let products: Vec<String> = (0..30).map(|number| format!("p{number}")).collect();
    let basket = products.iter().map(String::as_str).collect();
    let customers = [state("c1", &[("2026-01-01", basket)])];
    let error = association(&Vec::from_iter(&customers), limits("0", "0.5", None))
        .expect_err("2^30 itemsets");
    assert!(error.to_string().contains("higher minimal support"), "{error}");
}
