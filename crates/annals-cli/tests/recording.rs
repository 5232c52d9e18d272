//! What goes in: imports, records, what is refused, and the way out and in again.

mod support;

use support::{Place, complaint, purchase};

const ORDERS: &str = "\
order;customer;day;amount
A-1;C-1;2026-01-05;10.00
A-2;C-2;2026-01-06;20.50
A-3;C-1;2026-02-07;5.25
";

const MAPPING: &str = r#"
source = "shop/orders"

[file]
delimiter = ";"

[[event]]
kind = "purchase.completed"
id = ["order"]

[event.fields]
subject = { column = "customer" }
occurred_at = { column = "day", formats = ["[year]-[month]-[day]"] }
data.order = { column = "order" }
data.total = { column = "amount", currency = "EUR" }
"#;

fn events(place: &Place) -> u64 {
    let status = place.annals(&["status", "--format", "json"]).exits(0).json();
    status.get("events").and_then(serde_json::Value::as_u64).expect("a number")
}

#[test]
fn a_mapped_table_goes_in_once_whatever_is_tried_again() {
    let place = Place::with_ledger();
    place.write("orders.csv", ORDERS);
    place.write("orders.toml", MAPPING);
    let import = ["import", "orders.csv", "--mapping", "orders.toml", "--format", "json"];
    let before = events(&place);

    let dry = place.annals(&[&import[..], &["--dry-run"]].concat()).exits(0).json();
    assert_eq!(dry["appended"], 3);
    assert_eq!(events(&place), before, "a dry run appends nothing");

    let first = place.annals(&import).exits(0).json();
    assert_eq!((&first["rows"], &first["appended"]), (&3.into(), &3.into()));
    let after = events(&place);
    let again = place.annals(&import).exits(0).json();
    assert_eq!((&again["appended"], &again["duplicates"]), (&0.into(), &3.into()));
    assert_eq!(events(&place), after, "importing again appends nothing");

    let report = place.annals(&["report", "loyalty", "--format", "json"]).exits(0).json();
    assert_eq!(report["customers"], 2);
    assert_eq!(report["concentration"]["revenue"], "35.75");
}

#[test]
fn bad_rows_are_named_by_line_and_column_and_the_others_go_in() {
    let place = Place::with_ledger();
    place.write(
        "orders.csv",
        format!("{ORDERS}A-4;C-3;2026-02-30;1.00\nA-5;C-3;2026-03-01;1.005\n"),
    );
    place.write("orders.toml", MAPPING);
    let import = ["import", "orders.csv", "--mapping", "orders.toml"];
    let ran = place.annals(&[&import[..], &["--format", "json"]].concat()).exits(7);
    let report = ran.json();
    assert_eq!(report["appended"], 3);
    assert_eq!(report["rejected_total"], 2);
    let rejected = report["rejected"].as_array().expect("a list");
    assert_eq!((&rejected[0]["line"], &rejected[0]["column"]), (&5.into(), &"day".into()));
    assert_eq!((&rejected[1]["line"], &rejected[1]["column"]), (&6.into(), &"amount".into()));
    assert!(rejected.iter().all(|row| row["why"].as_str().is_some_and(|why| !why.is_empty())));
    assert!(ran.err.contains("line 5, column day: "), "{}", ran.err);

    let quiet = place.annals(&[&import[..], &["--quiet"]].concat()).exits(7);
    assert_eq!(quiet.err, "", "quiet names no rows");
}

#[test]
fn an_event_is_recorded_once_and_another_under_its_id_is_refused() {
    let place = Place::with_ledger();
    let event = purchase(1, "C-7", "2026-03-03", "24.90");
    let first = place.annals(&["record", &event, "--format", "json"]).exits(0).json();
    assert_eq!(first["recorded"][0]["stream_version"], 1);
    assert_eq!(first["recorded"][0]["outcome"], "appended");
    let again = place.annals(&["record", &event, "--format", "json"]).exits(0).json();
    assert_eq!(again["recorded"][0]["outcome"], "duplicate");
    assert_eq!(again["recorded"][0]["position"], first["recorded"][0]["position"]);
    let other = purchase(1, "C-7", "2026-03-03", "99.90");
    assert!(place.annals(&["record", &other]).exits(1).err.contains("already with other content"));
}

#[test]
fn an_unmet_append_condition_exits_4_and_records_nothing() {
    let place = Place::with_ledger();
    let two = purchase(1, "C-7", "2026-03-03", "1.00") + &purchase(2, "C-7", "2026-03-04", "2.00");
    place.annals_given(&["record", "--expect-version", "none"], &two).exits(0);
    let third = purchase(3, "C-7", "2026-03-05", "3.00");
    for wrong in ["none", "1", "3"] {
        let ran = place.annals_given(&["record", "--expect-version", wrong], &third).exits(4);
        assert!(ran.err.starts_with("annals: stream C-7 is at version 2"), "{}", ran.err);
    }
    place.annals_given(&["record", "--expect-version", "2"], &third).exits(0);
    let retried = place.annals_given(&["record", "--expect-version", "2"], &third).exits(0);
    assert!(retried.out.contains("duplicate"), "a retry succeeds: {}", retried.out);
    let mixed =
        purchase(4, "C-7", "2026-03-05", "3.00") + &purchase(5, "C-8", "2026-03-05", "3.00");
    place.annals_given(&["record", "--expect-version", "any"], &mixed).exits(2);
}

#[test]
fn lines_that_are_no_event_are_rejected_by_line_and_the_others_recorded() {
    let place = Place::with_ledger();
    let lines = [
        purchase(1, "C-1", "2026-03-03", "1.00"),
        "{not json}\n".to_owned(),
        purchase(2, "li@example.org", "2026-03-03", "1.00"),
        purchase(3, "C-1", "2026-03-03", "1.005"),
        purchase(4, "C-1", "2261-01-01", "1.00"),
        purchase(1, "C-1", "2026-03-03", "2.00"),
        purchase(5, "C-1", "2026-03-04", "2.00"),
    ];
    let ran = place.annals_given(&["record", "--format", "json"], &lines.concat()).exits(7).json();
    assert_eq!((&ran["appended"], &ran["rejected_total"]), (&2.into(), &5.into()));
    let mut at: Vec<_> = ran["rejected"].as_array().expect("a list").iter().collect();
    at.sort_by_key(|row| row["line"].as_u64());
    let lines: Vec<_> = at.iter().filter_map(|row| row["line"].as_u64()).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6]);
    assert!(at[1]["why"].as_str().is_some_and(|why| why.contains("identity.declared")));
}

#[test]
fn an_export_recorded_elsewhere_exports_the_same_bytes() {
    let place = Place::with_ledger();
    let simulate =
        ["simulate", "--customers", "60", "--seed", "7", "--days", "500", "--start", "2020-01-01"];
    let simulated = place.annals(&simulate).exits(0).out;
    assert!(simulated.lines().count() > 300, "enough to be worth it");
    place.record(&simulated);
    place.write("simulated.jsonl", &simulated);
    place.annals(&["import", "simulated.jsonl"]).exits(0);
    let exported = place.annals(&["export"]).exits(0).out;
    assert_eq!(exported.lines().count(), simulated.lines().count(), "nothing of the ledger's own");

    place.annals(&["--ledger", "copy", "init"]).exits(0);
    place.annals_given(&["--ledger", "copy", "record"], &exported).exits(0);
    let copied = place.annals(&["--ledger", "copy", "export"]).exits(0).out;
    assert!(copied == exported, "the same bytes");
    let report = |ledger| {
        let args = ["--ledger", ledger, "report", "satisfaction", "--format", "json"];
        let mut report = place.annals(&args).exits(0).json();
        report.as_object_mut().expect("an object").remove("cites");
        report
    };
    assert_eq!(report("ledger"), report("copy"));
}

#[test]
fn erased_texts_are_gone_and_numbers_stay() {
    let place = Place::with_ledger();
    let lines = complaint(1, "C-1", "2026-03-03", "the parcel was wet")
        + &complaint(2, "C-2", "2026-03-03", "nobody came");
    place.record(&lines);
    assert!(place.annals(&["log"]).exits(0).out.contains("the parcel was wet"));
    let mut locked = place.command(&["log"]);
    locked.env("ANNALS_KEK", "ab".repeat(32));
    let wrong = String::from_utf8(locked.output().expect("runs").stderr).expect("text");
    assert!(wrong.contains("does not belong to"), "another key is refused: {wrong}");

    place.annals(&["erase", "C-1", "--legal-basis", "gdpr-17"]).exits(2);
    place.annals(&["erase", "C-1", "--legal-basis", "gdpr-17", "--yes"]).exits(0);
    let log = place.annals(&["log"]).exits(0).out;
    assert!(!log.contains("the parcel was wet") && log.contains("(shredded)"), "{log}");
    assert!(log.contains("nobody came"), "others keep theirs: {log}");
    let shown = place.annals(&["show", "C-1", "--format", "json"]).exits(0).json();
    assert_eq!(shown["timeline"][0]["unreadable"]["data.description"], "shredded");
    assert_eq!(shown["satisfaction"]["complaints"]["received"], 1);
    place.annals(&["erase", "C-9", "--legal-basis", "gdpr-17", "--yes"]).exits(3);

    std::fs::rename(place.path("ledger/vault/master.key"), place.path("key")).expect("moved");
    assert!(place.annals(&["log"]).exits(0).out.contains("(locked)"), "without the key");
    let with_key = place.annals(&["log", "--key-file", "key"]).exits(0).out;
    assert!(with_key.contains("nobody came"), "{with_key}");
}

#[test]
fn sealing_moves_events_into_a_file_and_changes_nothing_that_is_shown() {
    let place = Place::with_ledger();
    place.write("orders.csv", ORDERS);
    place.write("orders.toml", MAPPING);
    place.annals(&["import", "orders.csv", "--mapping", "orders.toml"]).exits(0);
    let before = place.annals(&["report", "loyalty", "--as-of", "2026-03-01"]).exits(0).out;
    let sealed = place.annals(&["seal", "--format", "json"]).exits(0).json();
    assert_eq!(sealed.get("volumes"), Some(&serde_json::json!(2)));
    let after = place.annals(&["report", "loyalty", "--as-of", "2026-03-01"]).exits(0).out;
    assert_eq!(before, after);
    place.annals(&["import", "orders.csv", "--mapping", "orders.toml"]).exits(0);
    assert_eq!(events(&place), 7);
    place.annals(&["verify"]).exits(0);
}
