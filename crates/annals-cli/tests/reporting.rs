//! Reports by group, what the satisfaction report says in words, and warnings, from end to end.

mod support;

use serde_json::{Value, json};
use support::{Place, json_of, printed, purchase};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn answer(number: u32, customer: &str, channel: &str, value: u8) -> String {
    let event = json!({
        "id": format!("0190b2f4-6f0e-7c3a-9d54-{number:012x}"), "kind": "survey.answered",
        "subject": customer, "occurred_at": "2026-02-01T12:00:00Z", "channel": channel,
        "data": {"instrument": "nps", "instrument_version": 1, "answers": [
            {"item": "nps", "scale": {"value": value, "min": 0, "max": 10}}
        ]},
    });
    format!("{event}\n")
}

fn class(number: u32, customer: &str, scheme: &str, code: &str) -> String {
    let event = json!({
        "id": format!("0190b2f4-6f0e-7c3a-9d56-{number:012x}"), "kind": "party.classified",
        "subject": customer, "occurred_at": "2026-01-01T12:00:00Z",
        "data": {"scheme": scheme, "scheme_version": 1, "code": code},
    });
    format!("{event}\n")
}

/// An event of a customer by a channel, at noon.
fn told(number: u32, kind: &str, customer: &str, day: &str, channel: &str, data: &Value) -> String {
    let event = json!({
        "id": format!("0190b2f4-6f0e-7c3a-9d58-{number:012x}"), "kind": kind,
        "subject": customer, "occurred_at": format!("{day}T12:00:00Z"), "channel": channel,
        "data": data,
    });
    format!("{event}\n")
}

#[test]
fn groups_have_the_measures_of_their_own_answers() {
    let place = Place::with_ledger();
    let lines =
        [answer(1, "C-1", "web", 10), answer(2, "C-2", "web", 9), answer(3, "C-3", "phone", 2)];
    place.record(&lines.concat());
    let report = json_of(&place, &["report", "satisfaction", "--by", "channel"]);
    assert_eq!(report["by"], "channel");
    let promoters = |group: &str| report["groups"][group]["nps"]["promoters"].as_u64();
    assert_eq!((promoters("web"), promoters("phone")), (Some(2), Some(0)), "{report}");
    assert_eq!(report["nps"]["n"], 3, "the whole beside the parts");
    let table = place.annals(&["report", "satisfaction", "--by", "channel"]).exits(0).out;
    assert!(table.contains("By channel"), "{table}");
    let refused = place.annals(&["report", "satisfaction", "--by", "mood"]).exits(2);
    assert!(refused.err.contains("class:SCHEME"), "{}", refused.err);
    let refused = place.annals(&["report", "loyalty", "--by", "channel"]).exits(2);
    assert!(refused.err.contains("class:SCHEME, which parts whole customers"), "{}", refused.err);
    for view in ["satisfaction", "lifecycle"] {
        let rows = place.annals(&["views", view, "--format", "jsonl"]).exits(0).out;
        assert_eq!(rows.lines().count(), 3, "{view}: one row per customer");
        assert!(rows.starts_with("{\"customer\":\"C-1\","), "{rows}");
    }
}

#[test]
fn groups_of_loyalty_count_those_who_never_bought_beside_those_who_did() {
    let place = Place::with_ledger();
    let lines = [
        class(1, "C-1", "need", "may_want"),
        class(2, "C-2", "need", "may_want"),
        class(3, "C-3", "need", "may_want"),
        class(4, "C-4", "need", "wants_now"),
        purchase(1, "C-1", "2026-01-10", "10.00"),
    ];
    place.record(&lines.concat());
    let report = json_of(&place, &["report", "loyalty", "--by", "class:need"]);
    let counts = |of: &Value| (of["customers"].as_u64(), of["never_bought"].as_u64());
    assert_eq!(counts(&report), (Some(1), Some(3)));
    assert_eq!(counts(&report["groups"]["may_want"]), (Some(1), Some(2)));
    assert_eq!(counts(&report["groups"]["wants_now"]), (Some(0), Some(1)));
    let table = place.annals(&["report", "loyalty", "--by", "class:need"]).exits(0).out;
    assert!(table.contains("3 more never bought"), "{table}");
}

#[test]
fn every_report_is_parted_by_the_classes_of_customers() {
    let place = Place::with_ledger();
    let lines = [
        class(1, "C-1", "tier", "gold"),
        class(2, "C-2", "tier", "gold"),
        class(3, "C-3", "tier", "plain"),
        purchase(1, "C-1", "2026-01-10", "10.00"),
        purchase(2, "C-2", "2026-01-11", "20.00"),
        purchase(3, "C-3", "2026-01-12", "20.00"),
        purchase(4, "C-4", "2026-01-13", "20.00"),
    ];
    place.record(&lines.concat());
    for projection in ["satisfaction", "loyalty", "lifecycle"] {
        let report = json_of(&place, &["report", projection, "--by", "class:tier"]);
        let customers = |group: &str| report["groups"][group]["customers"].as_u64();
        assert_eq!(customers("gold"), Some(2), "{projection}");
        assert_eq!((customers("plain"), customers("not_stated")), (Some(1), Some(1)));
        let table = place.annals(&["report", projection, "--by", "class:tier"]).exits(0).out;
        assert!(table.contains("By class:tier") && table.contains("gold"), "{table}");
    }
}

#[test]
fn needs_and_targets_are_classes_and_are_crossed_by_every_combination_of_them() {
    let place = Place::with_ledger();
    let lines = [
        class(1, "C-1", "need", "wants_now"),
        class(2, "C-2", "need", "wants_now"),
        class(3, "C-3", "need", "may_want"),
        class(4, "C-1", "targeting", "near"),
        class(5, "C-2", "targeting", "far"),
        // The latest class holds.
        class(6, "C-5", "targeting", "far"),
        class(7, "C-5", "targeting", "near"),
        class(8, "C-5", "need", "wants_now"),
        purchase(1, "C-1", "2026-01-10", "10.00"),
        purchase(2, "C-2", "2026-01-11", "20.00"),
        purchase(3, "C-3", "2026-01-12", "20.00"),
        purchase(4, "C-4", "2026-01-13", "20.00"),
        purchase(5, "C-5", "2026-01-14", "30.00"),
    ];
    place.record(&lines.concat());
    for projection in ["satisfaction", "loyalty", "lifecycle"] {
        let by_need = json_of(&place, &["report", projection, "--by", "class:need"]);
        let customers = |group: &str| by_need["groups"][group]["customers"].as_u64();
        let expected = [("wants_now", 3), ("may_want", 1), ("not_stated", 1)];
        for (need, count) in expected {
            assert_eq!(customers(need), Some(count), "{projection} {need}");
        }

        let crossed = ["report", projection, "--by", "class:need", "--by", "class:targeting"];
        let report = json_of(&place, &crossed);
        assert_eq!(report["by"], json!(["class:need", "class:targeting"]));
        let groups = report["groups"].as_object().expect("groups");
        let found: Vec<_> = groups
            .iter()
            .flat_map(|(need, inner)| {
                let inner = inner.as_object().expect("groups in groups").iter();
                inner.map(move |(target, group)| (&**need, &**target, group["customers"].as_u64()))
            })
            .collect();
        let expected = [
            ("may_want", "not_stated", Some(1)),
            ("not_stated", "not_stated", Some(1)),
            ("wants_now", "far", Some(1)),
            ("wants_now", "near", Some(2)),
        ];
        assert_eq!(found, expected, "{projection}");
        let alone = &by_need["groups"]["may_want"];
        assert_eq!(
            &groups["may_want"]["not_stated"], alone,
            "the same customers, the same figures"
        );
        let table = place.annals(&crossed).exits(0).out;
        assert!(table.contains("By class:need and class:targeting"), "{table}");
        let row = |line: &str| {
            let words: Vec<_> = line.split_whitespace().take(3).collect();
            words == ["wants_now", "near", "2"]
        };
        assert!(table.lines().any(row), "{table}");

        let with_answers =
            ["report", projection, "--by", "class:need", "--by", "channel", "--format", "json"];
        let refused = place.annals(&with_answers).exits(2);
        assert!(refused.err.contains("where cuts are crossed, got channel"), "{}", refused.err);
    }
}

#[test]
fn the_satisfaction_report_shows_deadlines_contacts_and_whether_channels_say_the_same() {
    let place = Place::with_ledger();
    let sold = |number, customer, channel, price: &str| {
        let lines = json!([{"sku": "book", "quantity": "1", "unit_price": price}]);
        let total = json!({"amount": price, "currency": "EUR"});
        let data = json!({"lines": lines, "total": total});
        told(number, "purchase.completed", customer, "2026-03-03", channel, &data)
    };
    let asks = |number, day, channel| {
        let data = json!({"direction": "in", "reason": "bill", "duration": 60});
        told(number, "contact.occurred", "C-1", day, channel, &data)
    };
    let complaint = json!({"complaint": "X-1", "category": "delivery"});
    let moment = json!({"step": "search", "moment_of_truth": false, "valence": 3, "senses": []});
    let promise = json!({"promise": "P-1", "what": "call"});
    let lines = [
        sold(1, "C-1", "web", "18.00"),
        sold(2, "C-2", "branch", "20.00"),
        asks(3, "2026-03-01", "web"),
        asks(4, "2026-03-02", "phone"),
        told(5, "complaint.received", "C-1", "2026-03-02", "web", &complaint),
        told(6, "touchpoint.experienced", "C-1", "2026-03-02", "web", &moment),
        told(7, "promise.made", "C-1", "2026-03-02", "web", &promise),
    ];
    place.record(&lines.concat());
    let ask = ["report", "satisfaction", "--as-of", "2026-03-31"];
    let table = place.annals(&ask).exits(0).out;
    let has = |words: &[&str]| {
        let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().starts_with(words);
        assert!(table.lines().any(line), "{words:?} in {table}");
    };
    has(&["plain", "0", "0", "1", "0"]);
    has(&["channel", "phone", "1", "1", "0", "1", "100.0", "%"]);
    has(&["form", "virtual", "1", "1"]);
    has(&["price", "of", "a", "product", "in", "a", "month", "1", "1", "100.0", "%"]);
    has(&["book", "in", "2026-03:", "web", "18.00,", "branch", "20.00", "EUR,", "10.0", "%"]);
    has(&["question", "asked", "again", "elsewhere", "2", "1", "50.0", "%"]);
    has(&["search", "1", "1", "100.0", "%"]);
    has(&["Promises:", "1", "made,", "0", "kept"]);
    has(&["complaints", "1", "1", "50.0"]);
    let explained = json_of(&place, &["explain", "satisfaction", "C-1", "asked_again"]);
    assert_eq!(explained["events"].as_array().map(Vec::len), Some(2), "{explained}");
}

#[test]
fn the_indices_of_the_path_model_are_shown_by_latent() {
    const ITEMS: [&str; 24] = [
        "imag1", "imag2", "imag3", "imag4", "imag5", "cuex1", "cuex2", "cuex3", "perq1", "perq2",
        "perq3", "perq4", "perq5", "perq6", "perq7", "perv1", "perv2", "cusa1", "cusa2", "cusa3",
        "cusco", "cusl1", "cusl2", "cusl3",
    ];
    let place = Place::with_ledger();
    let answers = |customer: u32| -> Value {
        // A common part that varies with the customer, and noise.
        let noise = |item: u32| {
            let mixed = customer.wrapping_mul(2_654_435_761) ^ item.wrapping_mul(40_503);
            (mixed.wrapping_mul(2_246_822_519) >> 16) % 4
        };
        let value = |item: u32| 1 + customer % 6 + noise(item);
        let answer = |(item, name): (u32, &&str)| json!({"item": name, "scale": {"value": value(item), "min": 1, "max": 10}});
        (0..).zip(&ITEMS).map(answer).collect()
    };
    let lines: Vec<_> = (1..=60)
        .map(|number| {
            let data = json!({
                "instrument": "ecsi", "instrument_version": 1, "answers": answers(number),
            });
            let customer = format!("C-{number}");
            told(number, "survey.answered", &customer, "2026-03-02", "web", &data)
        })
        .collect();
    place.record(&lines.concat());
    let report = json_of(&place, &["report", "satisfaction"]);
    let image = printed(&report["ecsi"]["index"]["image"], 1);
    let table = place.annals(&["report", "satisfaction"]).exits(0).out;
    let shown = format!("path model (ECSI)   image {image}, expectation ");
    assert!(table.contains(&shown) && table.contains("(n = 60)"), "{shown} in {table}");
}

#[test]
fn warnings_are_listed_and_recorded_only_on_request_and_only_once() {
    let place = Place::with_ledger();
    place.record(&answer(1, "C-1", "web", 0));
    let ask = ["alerts", "--as-of", "2026-02-03"];
    let alerts = json_of(&place, &ask);
    assert_eq!(alerts[0]["customer"], "C-1");
    assert_eq!(alerts[0]["rule"], "low_answer");
    assert_eq!(alerts[0]["evidence"], json!(["0190b2f4-6f0e-7c3a-9d54-000000000001"]));
    let raised =
        || place.annals(&["log", "--kind", "alert.raised", "--format", "jsonl"]).exits(0).out;
    assert_eq!(raised(), "", "asking records nothing");
    for said in ["1 alerts recorded", "0 alerts recorded"] {
        let ran = place.annals(&[&ask[..], &["--record"]].concat()).exits(0);
        assert!(ran.err.contains(said), "{}", ran.err);
    }
    let recorded = raised();
    assert_eq!(recorded.lines().count(), 1);
    let event: Value = serde_json::from_str(&recorded).expect("JSON");
    assert_eq!((&event["subject"], &event["data"]["rule"]), (&json!("C-1"), &json!("low_answer")));
    assert_eq!(keys(&event["data"])[0], "alert");
}
