//! Where numbers come from: events, rules and formulas behind them, two answers side by side, what
//! was learned late, and the rulesets.

mod support;

use serde_json::{Value, json};
use support::{Place, complaint, json_of, purchase};

fn place_with_events() -> Place {
    let place = Place::with_ledger();
    let lines = [
        purchase(1, "C-1", "2026-01-10", "10.00"),
        purchase(2, "C-2", "2026-01-11", "20.00"),
        complaint(3, "C-1", "2026-02-01", "late again"),
        purchase(4, "C-1", "2026-03-01", "30.00"),
    ];
    place.record(&lines.concat());
    place
}

/// The changed places with before and after.
fn changed(changes: &Value) -> Vec<(String, Value, Value)> {
    let changes = changes.as_array().expect("a list");
    let each = |change: &Value| {
        let path = change["path"].as_str().expect("a text").to_owned();
        (path, change["before"].clone(), change["after"].clone())
    };
    changes.iter().map(each).collect()
}

fn recorded_at(place: &Place, event: &str) -> String {
    let log = place.annals(&["log", "--format", "jsonl"]).exits(0).out;
    let line = log.lines().find(|line| line.contains(event)).expect("it is in the log");
    let event: Value = serde_json::from_str(line).expect("JSON");
    event.get("recorded_at").and_then(Value::as_str).expect("a time").to_owned()
}

/// Takes purchase 4 back, and gives when the ledger learned it.
fn retract(place: &Place) -> String {
    let id = "0190b2f4-6f0e-7c3a-9d53-000000000001";
    let target = "0190b2f4-6f0e-7c3a-9d51-000000000004";
    let retraction = json!({
        "id": id, "kind": "retraction.recorded", "subject": "C-1",
        "occurred_at": "2026-03-05T12:00:00Z", "data": {"target": target, "reason": "duplicate"},
    });
    place.annals(&["record", &retraction.to_string()]).exits(0);
    recorded_at(place, id)
}

#[test]
fn a_measure_is_explained_by_the_events_that_moved_it_and_no_others() {
    let place = place_with_events();
    let explained =
        json_of(&place, &["explain", "loyalty", "C-1", "occasions", "--as-of", "2026-03-01"]);
    assert_eq!(explained["value"], 2);
    let events = explained["events"].as_array().expect("a list");
    let moved: Vec<_> = events.iter().map(|event| changed(&event["changes"])).collect();
    let step = |before: i64, after: i64| {
        vec![("occasions".to_owned(), Value::from(before), Value::from(after))]
    };
    assert_eq!(moved, [step(0, 1), step(1, 2)]);
    assert_eq!(events[0]["event"]["kind"], "purchase.completed");
    assert_eq!(explained["cites"]["ruleset"]["name"], "loyalty");
    let formula = &explained["formulas"][0];
    assert_eq!(formula["measure"], "occasions");
    let table = place.annals(&["explain", "loyalty", "C-1", "occasions"]).exits(0).out;
    assert!(table.contains("occasions: 1 -> 2") && table.contains("with values:"), "{table}");

    let whole = json_of(&place, &["explain", "satisfaction", "C-1"]);
    assert_eq!(whole["value"]["complaints"]["open"], 1);
    assert!(
        place.annals(&["explain", "loyalty", "C-1", "luck"]).exits(3).err.contains("occasions")
    );
    place.annals(&["explain", "loyalty", "C-9"]).exits(3);
}

#[test]
fn two_times_differ_by_the_events_in_between_and_a_time_does_not_differ_from_itself() {
    let place = place_with_events();
    let compare = |before: &str, after: &str| {
        json_of(&place, &["compare", "loyalty", "--as-of", before, "--as-of", after])
    };
    let same = compare("2026-03-01", "2026-03-01");
    assert_eq!((&same["population"], &same["customers"]), (&json!([]), &json!([])));
    let differs = compare("2026-02-28", "2026-03-01");
    let customer = &differs["customers"][0];
    assert_eq!(customer["customer"], "C-1");
    assert_eq!(customer["because_of_events"], json!(["0190b2f4-6f0e-7c3a-9d51-000000000004"]));
    assert_eq!(customer["because_of_rules"], false);
    let occasions = ("occasions".to_owned(), Value::from(1), Value::from(2));
    assert!(changed(&customer["changes"]).contains(&occasions), "{customer}");
    let of_all = ("occasions".to_owned(), Value::from(2), Value::from(3));
    assert!(changed(&differs["population"]).contains(&of_all), "{differs}");
    let all = json_of(&place, &["compare", "--as-of", "2026-02-28", "--as-of", "2026-03-01"]);
    let views: Vec<_> = all.as_object().expect("an object").keys().collect();
    assert_eq!(views, ["satisfaction", "loyalty", "lifecycle"]);
    assert_eq!(all["loyalty"], differs);
    for args in [&[][..], &["--as-of", "2026-03-01"], &["--rules", "1"]] {
        let ran = place.annals(&[&["compare", "loyalty"], args].concat()).exits(2);
        assert!(ran.err.contains("twice"), "{}", ran.err);
    }
    let thrice = ["compare", "loyalty", "--rules", "1", "--rules", "1", "--rules", "1"];
    assert!(place.annals(&thrice).exits(2).err.contains("at most twice"));
}

#[test]
fn a_restatement_shows_what_a_retraction_changed_and_nothing_where_nothing_was_learned() {
    let place = place_with_events();
    let since = retract(&place);
    let restate = |since: &str| {
        json_of(&place, &["restate", "loyalty", "--as-of", "2026-03-31", "--since", since])
    };
    let restated = restate(&since);
    let customers = restated["customers"].as_array().expect("a list");
    assert_eq!(customers.len(), 1);
    assert_eq!(customers[0]["because_of_events"], json!(["0190b2f4-6f0e-7c3a-9d53-000000000001"]));
    let occasions = ("occasions".to_owned(), Value::from(2), Value::from(1));
    assert!(changed(&customers[0]["changes"]).contains(&occasions), "{restated}");
    assert_eq!(restated["before"]["recorded_before"].as_str(), Some(&*since));
    let nothing = restate("2999-01-01");
    assert_eq!((&nothing["population"], &nothing["customers"]), (&json!([]), &json!([])));
}

#[test]
fn rulesets_are_listed_shown_checked_compared_and_registered_once() {
    let place = place_with_events();
    let list = || json_of(&place, &["rules", "list"]);
    let before = list();
    let loyalty = before.as_array().expect("a list").iter().find(|row| row["name"] == "loyalty");
    let version = loyalty.expect("built in")["version"].as_u64().expect("a number");
    assert!(before.as_array().expect("a list").iter().all(|row| row["in_force"] == true));

    let text = place.annals(&["rules", "show", "loyalty"]).exits(0).out;
    let next = version + 1;
    let changed_text = text
        .replace(&format!("version = {version}"), &format!("version = {next}"))
        .replace("retention = 0.8", "retention = 0.5");
    place.write("next.toml", &changed_text);
    assert_eq!(json_of(&place, &["rules", "check", "next.toml"])["version"], next);
    assert_eq!(list(), before, "a check changes nothing");

    let diff = json_of(&place, &["rules", "diff", &format!("loyalty@{version}"), "next.toml"]);
    let mut places = changed(&diff);
    places.sort_by(|one, other| one.0.cmp(&other.0));
    let retention = ("clv.retention".to_owned(), Value::from(0.8), Value::from(0.5));
    assert_eq!(places, [retention, ("version".to_owned(), version.into(), next.into())]);

    let versions = [version.to_string(), next.to_string()];
    let what_if = ["compare", "loyalty", "--as-of", "2026-03-31", "--rules", &versions[0]];
    let compared = json_of(&place, &[&what_if[..], &["--rules", "next.toml"]].concat());
    let customer = &compared["customers"][0];
    assert_eq!(
        (&customer["because_of_rules"], &customer["because_of_events"]),
        (&json!(true), &json!([]))
    );
    let places = changed(&customer["changes"]);
    assert!(places.iter().any(|(place, ..)| place == "clv_closed_form.value"), "{customer}");
    assert_eq!(compared["after"]["ruleset"]["version"], next);
    let named = format!("loyalty@{version}");
    let by_rules = ["compare", "--as-of", "2026-03-31", "--rules", &named, "--rules", "next.toml"];
    assert_eq!(json_of(&place, &by_rules), json!({"loyalty": compared}));
    let whose = ["compare", "--rules", &versions[0], "--rules", &versions[0]];
    assert!(place.annals(&whose).exits(2).err.contains("of which ruleset"));

    for _ in 0..2 {
        place.annals(&["rules", "register", "next.toml"]).exits(0);
    }
    let after = list();
    let rows = after.as_array().expect("a list");
    assert_eq!(rows.len(), before.as_array().expect("a list").len() + 1, "registered once");
    let in_force = |row: &&Value| row["name"] == "loyalty" && row["in_force"] == true;
    let in_force: Vec<_> = rows.iter().filter(in_force).collect();
    assert_eq!(in_force.len(), 1);
    assert_eq!(in_force[0]["version"], next);
    let old = [&what_if[..], &["--rules", &versions[1]]].concat();
    assert_eq!(json_of(&place, &old)["before"]["ruleset"]["version"], version);
    place.annals(&["rules", "show", "loyalty", "--version", &versions[0]]).exits(0);
    place.annals(&["rules", "show", "loyalty", "--version", "99"]).exits(3);
    // The old rules still answer.
    let cited = |rules: &[&str]| {
        json_of(&place, &[&["report", "loyalty"], rules].concat())["cites"]["ruleset"]["version"]
            .clone()
    };
    assert_eq!(cited(&[]), next);
    assert_eq!(cited(&["--rules", &versions[0]]), version);
    place.annals(&["rules", "diff", "1", "2"]).exits(2);
    place.annals(&["rules", "check", "absent.toml"]).exits(3);
    place.write("old.toml", changed_text.replace(&format!("version = {next}"), "version = 1"));
    let never = place.annals(&["rules", "register", "old.toml"]).exits(1);
    let line = 1 + text.lines().position(|line| line.starts_with("version =")).expect("a line");
    assert!(never.err.contains(&format!("line {line}, column 11")), "{}", never.err);
}

#[test]
fn a_ruleset_is_checked_without_a_ledger() {
    let place = Place::new();
    for (text, place_in_text, reason) in [
        ("name = \"loyalty\"\nversion = 0\n", "line 2, column 11", "from 1 at the top, got 0"),
        ("name = \"loyalty\"\nversion = 1.5\n", "line 2, column 11", "a whole number"),
        ("name = \"loyalty\"\n", "line 1, column 1", "at the top, got none"),
        ("version = 1\n", "line 1, column 1", "expected name"),
        ("version = 1\nname = 7\n", "line 2, column 8", "got 7"),
        ("version = 1\nname = \"luck\"\n", "line 2, column 8", "satisfaction, loyalty, lifecycle"),
        ("version = 1\nname = luck\n", "line 2, column 8", ""),
        ("name = \"loyalty\"\nversion = 1\n[rfmm]\n", "line 3, column 2", "unknown field"),
    ] {
        place.write("wrong.toml", text);
        let refused = place.annals(&["rules", "check", "wrong.toml"]).exits(1);
        let has = |words| assert!(refused.err.contains(words), "{words} in {}", refused.err);
        has(place_in_text);
        has(reason);
    }
    let ledger = Place::with_ledger();
    let rules = ledger.annals(&["rules", "show", "lifecycle"]).exits(0).out;
    place.write("lifecycle.toml", rules);
    assert_eq!(json_of(&place, &["rules", "check", "lifecycle.toml"])["name"], "lifecycle");
}

#[test]
fn schemes_of_the_organisations_own_are_explained_by_their_own_rules() {
    let place = place_with_events();
    let rules = place.annals(&["rules", "show", "lifecycle"]).exits(0).out;
    let own = rules
        .replacen("version = 1", "version = 2", 1)
        .replace("\"lifecycle-5\"", "\"our-own\"")
        .replace("id = \"low_answer\"", "id = \"our_alert\"");
    place.write("own.toml", own);
    place.annals(&["rules", "register", "own.toml"]).exits(0);
    let rules_of = |measure: &str| {
        let explained = json_of(&place, &["explain", "lifecycle", "C-1", measure]);
        let formulas = explained["formulas"].as_array().expect("a list").clone();
        formulas.iter().map(|formula| formula["rules"].to_string()).collect::<String>()
    };
    let stages = rules_of("stages.our-own");
    assert!(stages.contains("our-own") && !stages.contains("A-E"), "{stages}");
    let alerts = rules_of("alerts");
    assert!(alerts.contains("our_alert") && alerts.contains("rhythm_broken"), "{alerts}");
    let table = place.annals(&["explain", "lifecycle", "C-1", "alerts"]).exits(0).out;
    assert!(!table.contains("with values"), "nothing is put in: {table}");
}

#[test]
fn a_file_that_is_no_ruleset_is_refused_with_line_column_and_reason() {
    let place = Place::with_ledger();
    let text = place.annals(&["rules", "show", "loyalty"]).exits(0).out;
    place.write("bad.toml", text.replace("tiles = 5", "tiles = \"five\""));
    let line = 1 + text.lines().position(|line| line.starts_with("tiles")).expect("a line");
    for action in ["check", "register"] {
        let refused = place.annals(&["rules", action, "bad.toml"]).exits(1);
        let place = format!("line {line}, column 9");
        assert!(refused.err.contains(&place), "{}", refused.err);
        assert!(refused.err.contains("five"), "{}", refused.err);
        assert_eq!(refused.out, "");
    }
}
