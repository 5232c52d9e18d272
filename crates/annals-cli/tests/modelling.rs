//! Models of buying, association rules, rows of all customers and charts from end to end.

mod support;

use serde_json::{Value, json};
use std::fmt::Write as _;
use support::{Place, json_of, printed, purchase};

/// The published sample of 2,357 customers (crates/annals-loyalty/tests/fixtures/README.md), as the
/// file of the literature has it.
fn cdnow_sample() -> String {
    let rows = include_str!("../../annals-loyalty/tests/fixtures/cdnow_sample.txt");
    let mut file = String::new();
    for row in rows.lines() {
        let [customer, day, cents] =
            <[&str; 3]>::try_from(row.split(' ').collect::<Vec<_>>()).expect("three columns");
        let cents: u32 = cents.parse().expect("a number");
        let (dollars, cents) = (cents / 100, cents % 100);
        writeln!(file, " {customer} {customer} {day}  1  {dollars}.{cents:02}").expect("grows");
    }
    file
}

const SAMPLE_QUESTION: [&str; 4] = ["--calibration-end", "1997-09-30", "--as-of", "1998-06-30"];

#[test]
fn the_published_figures_of_the_cdnow_sample_are_shown_recorded_once_and_used_again() {
    let place = Place::with_ledger();
    place.write("sample.txt", cdnow_sample());
    let imported = json_of(&place, &["import", "sample.txt", "--preset", "cdnow-sample"]);
    assert_eq!(imported["appended"], 6919);

    let question = [&["report", "loyalty"], &SAMPLE_QUESTION[..]].concat();
    let report = json_of(&place, &question);
    for (model, digits, expected) in [
        ("bg_nbd", 3, &[("r", "0.243"), ("alpha", "4.414"), ("a", "0.793"), ("b", "2.426")][..]),
        (
            "pareto_nbd",
            3,
            &[("r", "0.553"), ("alpha", "10.578"), ("s", "0.606"), ("beta", "11.669")],
        ),
        ("gamma_gamma", 2, &[("p", "6.25"), ("q", "3.74"), ("v", "15.44")]),
    ] {
        for (parameter, published) in expected {
            assert_eq!(printed(&report[model][parameter], digits), *published, "{model}");
        }
    }
    assert_eq!(printed(&report["bg_nbd"]["log_likelihood"], 1), "-9582.4");
    assert_eq!(printed(&report["pareto_nbd"]["log_likelihood"], 1), "-9595.0");
    assert_eq!(
        (&report["bg_nbd"]["customers"], &report["gamma_gamma"]["customers"]),
        (&json!(2357), &json!(946))
    );
    assert!(report["fit"]["recorded_at"].is_null(), "nothing is recorded unasked");
    assert_eq!(report["tracking"]["weeks"].as_array().map(Vec::len), Some(78));

    let fits =
        || place.annals(&["log", "--kind", "model.fitted", "--format", "jsonl"]).exits(0).out;
    assert_eq!(fits(), "");
    for _ in 0..2 {
        let recorded = json_of(&place, &[&question[..], &["--fit"]].concat());
        assert!(recorded["fit"]["recorded_at"].is_string());
    }
    assert_eq!(fits().lines().count(), 3, "one event for each model, however often it is fitted");
    let used = json_of(&place, &["report", "loyalty", "--as-of", "1998-06-30"]);
    assert_eq!(used["bg_nbd"], report["bg_nbd"], "the recorded fit to the last bit");
    assert_eq!(used["fit"]["calibration_end"], "1997-09-30");
    let before = json_of(&place, &["report", "loyalty", "--as-of", "1997-06-30"]);
    assert!(
        before.get("bg_nbd").is_none(),
        "a fit of later purchases says nothing of earlier days"
    );
    let table = place.annals(&question).exits(0).out;
    assert!(table.contains("r 0.243  alpha 4.414  a 0.793  b 2.426"), "{table}");

    // The example worked through in the literature: 2 repeats, t_x = 30.43, T = 38.86.
    let views = ["views", "loyalty", "--calibration-end", "1997-09-30", "--as-of", "1997-09-30"];
    let rows = json_of(&place, &views);
    let row = &rows[0];
    assert_eq!((&row["customer"], &row["x"]), (&json!("0001"), &json!(2)));
    assert_eq!((printed(&row["t_x"], 2), printed(&row["t"], 2)), ("30.43".into(), "38.86".into()));
    assert_eq!(printed(&row["expected_purchases"], 3), "1.226");
    for key in ["mean_value", "p_alive", "clv_12m", "r", "f", "m", "segment", "occasions"] {
        assert!(!row[key].is_null(), "{key}");
    }
    let shorter = json_of(&place, &[&views[..], &["--weeks", "10"]].concat());
    assert!(shorter[0]["expected_purchases"].as_f64() < row["expected_purchases"].as_f64());
    let shown = json_of(&place, &["show", "0001", "--as-of", "1997-09-30"]);
    assert_eq!(shown["loyalty"]["p_alive"], row["p_alive"], "the recorded fit, without asking");
    let lifecycle = json_of(&place, &["report", "lifecycle", "--as-of", "1998-06-30"]);
    let improbable = lifecycle["alerts"].as_array().expect("a list").iter();
    let improbable: Vec<_> = improbable.filter(|row| row["rule"] == "probably_gone").collect();
    assert!(improbable[0]["customers"].as_u64() > Some(0), "read by the model: {improbable:?}");
    assert_eq!(lifecycle["fit"]["calibration_end"], "1997-09-30");
    let warned = place.annals(&["alerts", "--as-of", "1998-06-30", "--format", "jsonl"]).exits(0);
    let warned = warned.out.lines().filter(|line| line.contains("\"probably_gone\"")).count();
    assert_eq!(improbable[0]["customers"], warned, "those that are listed");
    let csv = place.annals(&[&views[..], &["--format", "csv"]].concat()).exits(0).out;
    let header = csv.lines().next().expect("a header");
    assert!(header.starts_with("customer,x,t_x,t,mean_value,p_alive,expected_purchases"));
    assert!(header.contains(",monetary.amount,"), "{header}");
    assert_eq!(csv.lines().count(), 2358);
}

#[test]
fn models_are_fitted_under_the_rules_a_report_is_asked_under() {
    let place = Place::with_ledger();
    place.write("sample.txt", cdnow_sample());
    place.annals(&["import", "sample.txt", "--preset", "cdnow-sample"]).exits(0);
    let text = place.annals(&["rules", "show", "loyalty"]).exits(0).out;
    let euros = text.replacen("[rfm]", "reporting_currency = \"EUR\"\n[rfm]", 1);
    assert_ne!(text, euros);
    place.write("euros.toml", euros);
    let question = [&["report", "loyalty"], &SAMPLE_QUESTION[..]].concat();
    let fitted = json_of(&place, &question);
    let under = [&question[..], &["--rules", "euros.toml"]].concat();
    // Purchases in dollars, shown in euros, without a rate: no values, and the counts as before.
    let withheld = |report: &Value| {
        let why = report["models_why"]["gamma_gamma"].as_str().unwrap_or_default().to_owned();
        assert!(report["gamma_gamma"].is_null() && why.contains("EUR"), "{report}");
        assert_eq!(report["bg_nbd"], fitted["bg_nbd"]);
    };
    withheld(&json_of(&place, &under));
    let refused = place.annals(&[&under[..], &["--fit"]].concat()).exits(2);
    assert!(refused.err.contains("register the rules first"), "{}", refused.err);
    // A recorded fit of dollars is none of euros.
    place.annals(&[&question[..], &["--fit"]].concat()).exits(0);
    let later = ["report", "loyalty", "--as-of", "1998-06-30"];
    assert!(json_of(&place, &later)["gamma_gamma"].is_object());
    withheld(&json_of(&place, &[&later[..], &["--rules", "euros.toml"]].concat()));
    let chart = [&later[..], &["--rules", "euros.toml", "--chart", "c.svg", "--what"]].concat();
    for what in ["behaviour", "concentration", "rfm"] {
        place.annals(&[&chart[..], &[what]].concat()).exits(0);
        let svg = std::fs::read_to_string(place.path("c.svg")).expect("written");
        assert!(svg.contains("EUR"), "{what} is empty, and says why");
    }
}

#[test]
fn a_fit_that_cannot_be_made_shows_its_reason_and_no_figures() {
    let place = Place::with_ledger();
    place.record(&purchase(1, "C-1", "2026-01-10", "10.00"));
    let question = ["report", "loyalty", "--calibration-end", "2026-03-31"];
    let report = json_of(&place, &[&question[..], &["--fit"]].concat());
    for model in ["bg_nbd", "pareto_nbd", "gamma_gamma"] {
        assert!(report[model].is_null() && report["models_why"][model].is_string(), "{model}");
    }
    let log = place.annals(&["log", "--kind", "model.fitted", "--format", "jsonl"]).exits(0);
    assert_eq!(log.out, "", "no fit, no event");
    let late = place.annals(&[&question[..], &["--as-of", "2026-02-01"]].concat()).exits(2);
    assert!(late.err.contains("give a later --as-of"), "{}", late.err);
    let views = json_of(&place, &["views", "loyalty"]);
    assert!(views[0]["p_alive"].is_null() && views[0]["forecast_why"].is_string(), "{views}");
    assert_eq!(views[0]["x"], 0);
}

fn basket(number: u32, customer: &str, products: &[&str]) -> String {
    let lines: Vec<_> = products.iter().map(|sku| json!({"sku": sku, "quantity": "1"})).collect();
    let mut event: Value =
        serde_json::from_str(&purchase(number, customer, "2026-01-10", "10.00")).expect("JSON");
    *event.pointer_mut("/data/lines").expect("a list") = Value::Array(lines);
    format!("{event}\n")
}

#[test]
fn association_rules_have_the_figures_of_four_baskets_worked_out_by_hand() {
    let place = Place::with_ledger();
    let lines = [
        basket(1, "C-1", &["bread", "butter"]),
        basket(2, "C-2", &["bread", "butter"]),
        basket(3, "C-3", &["bread"]),
        basket(4, "C-4", &["milk"]),
    ];
    place.record(&lines.concat());
    let ask = ["report", "loyalty", "--association", "--min-support", "0.5"];
    let report = json_of(&place, &[&ask[..], &["--min-confidence", "0.6"]].concat());
    assert_eq!((&report["baskets"], &report["itemsets"]), (&json!(4), &json!(3)));
    let rule = |condition: &str, then: &str, confidence: f64, conviction: Value| {
        json!({"if": [condition], "then": [then], "support": 0.5, "confidence": confidence,
               "lift": 4.0 / 3.0, "leverage": 0.125, "conviction": conviction})
    };
    let expected = json!([
        rule("butter", "bread", 1.0, Value::Null),
        rule("bread", "butter", 2.0 / 3.0, 1.5.into()),
    ]);
    assert_eq!(report["rules"], expected);
    let stricter = [&ask[..], &["--min-confidence", "0.7", "--max-consequent", "1"]].concat();
    assert_eq!(json_of(&place, &stricter)["rules"].as_array().map(Vec::len), Some(1));
    let table = place.annals(&stricter).exits(0).out;
    assert!(table.contains("butter  bread   50.0 %"), "{table}");
    place.annals(&ask).exits(2);
    place.annals(&["report", "lifecycle", "--fit"]).exits(2);
    let too_much = [&ask[..3], &["--min-support", "1.5", "--min-confidence", "0.5"]].concat();
    place.annals(&too_much).exits(2);
}

#[test]
fn a_chart_is_drawn_into_the_file_named_and_says_what_it_stands_on() {
    let place = Place::with_ledger();
    let lines = [
        purchase(1, "C-1", "2026-01-10", "10.00"),
        purchase(2, "C-2", "2026-01-11", "20.00"),
        purchase(3, "C-1", "2026-02-11", "20.00"),
    ];
    place.record(&lines.concat());
    for (projection, charts) in [
        ("satisfaction", &["nps", "csat", "kano", "trap"][..]),
        ("loyalty", &["rfm", "behaviour", "concentration", "clv", "tracking"]),
        ("lifecycle", &["activity", "cohorts", "survival", "stages"]),
    ] {
        for chart in charts {
            let file = format!("{chart}.svg");
            let ask = ["report", projection, "--as-of", "2026-03-31", "--chart", &file];
            let ran = place.annals(&[&ask[..], &["--what", chart]].concat()).exits(0);
            assert!(ran.err.contains(&file) && !ran.out.is_empty(), "the report comes too");
            let svg = std::fs::read_to_string(place.path(&file)).expect("written");
            assert!(svg.contains("as of 2026-03-31"), "{chart}: {svg}");
        }
    }
    let stages = ["report", "lifecycle", "--chart", "own.svg", "--what", "stages", "--scheme"];
    place.annals(&[&stages[..], &["A-E"]].concat()).exits(0);
    let svg = std::fs::read_to_string(place.path("own.svg")).expect("written");
    assert!(svg.contains("scheme A-E"), "{svg}");
    let unknown = place.annals(&[&stages[..], &["B-F"]].concat()).exits(2);
    assert!(unknown.err.contains("relationship-5"), "{}", unknown.err);
    place.annals(&["report", "loyalty", "--chart", "rfm.svg", "--scheme", "A-E"]).exits(2);
    place.annals(&["report", "loyalty", "--chart", "rfm.PNG"]).exits(0);
    let png = std::fs::read(place.path("rfm.PNG")).expect("written");
    assert!(png.starts_with(b"\x89PNG"));
    place.annals(&["report", "loyalty", "--chart", "rfm.gif"]).exits(2);
    place.annals(&["report", "loyalty", "--chart", "rfm.svg", "--what", "nps"]).exits(2);
    place.annals(&["report", "loyalty", "--what", "rfm"]).exits(2);
}
