//! The real purchase log from end to end, held to figures computed from the same file by other
//! programs (`fixtures/cdnow.json`).

mod support;

use serde_json::Value;
use support::Place;

fn expected() -> Value {
    serde_json::from_str(include_str!("fixtures/cdnow.json")).expect("JSON")
}

fn file() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/data/cdnow/CDNOW_master.txt")
}

/// Whether all figures expected are there; others may stand beside them, and the last digits of
/// computed floats may differ.
fn assert_holds(found: &Value, expected: &Value, place: &str) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            for (key, value) in expected {
                let found = found.get(key).unwrap_or(&Value::Null);
                assert_holds(found, value, &format!("{place}.{key}"));
            }
        }
        (Value::Array(found), Value::Array(expected)) => {
            assert_eq!(found.len(), expected.len(), "{place}: the length");
            for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
                assert_holds(found, expected, &format!("{place}[{index}]"));
            }
        }
        (Value::Number(a), Value::Number(b)) if !b.is_u64() => {
            let (a, b) = (a.as_f64().expect("a number"), b.as_f64().expect("a number"));
            assert!((a - b).abs() <= 1e-9 * b.abs(), "{place}: {a} is not {b}");
        }
        _ => assert_eq!(found, expected, "{place}"),
    }
}

#[test]
fn the_purchases_give_the_figures_that_other_programs_get_from_the_same_file() {
    let place = Place::with_ledger();
    let import = ["import", file(), "--preset", "cdnow", "--format", "json"];
    let report = place.annals(&import).exits(0).json();
    for key in ["rows", "events", "appended"] {
        assert_eq!(report[key], 69_659, "{key}");
    }
    assert_eq!((&report["duplicates"], &report["rejected_total"]), (&0.into(), &0.into()));

    let again = place.annals(&import).exits(0).json();
    assert_eq!((&again["appended"], &again["duplicates"]), (&0.into(), &69_659.into()));

    let as_of = ["--as-of", "1998-06-30", "--format", "json"];
    let loyalty = place.annals(&[&["report", "loyalty"], &as_of[..]].concat()).exits(0).json();
    let wanted = &expected()["loyalty"];
    assert_eq!(loyalty["as_of"], "1998-06-30");
    assert_eq!(loyalty["customers"], 23_570);
    let cells = |report: &Value| report["rfm"].as_object().expect("an object").len();
    assert_eq!(cells(&loyalty), cells(wanted), "no other cells");
    assert_eq!(loyalty["concentration"]["revenue"], "2500315.63");
    for key in ["customers", "occasions", "orders", "repeat_customers", "rfm", "behaviour_matrix"] {
        assert_holds(&loyalty[key], &wanted[key], key);
    }
    assert_holds(&loyalty["concentration"], &wanted["concentration"], "concentration");

    let lifecycle = place.annals(&[&["report", "lifecycle"], &as_of[..]].concat()).exits(0).json();
    let wanted = &expected()["lifecycle"];
    for key in ["customers", "activity", "transitions", "cohorts", "stages", "stage_transitions"] {
        assert_holds(&lifecycle[key], &wanted[key], key);
    }

    let head = place.annals(&["status", "--format", "json"]).exits(0).json();
    let verified = place.annals(&["verify", "--format", "json"]).exits(0).json();
    assert_eq!(verified["ok"], true);
    assert_eq!(verified["events"], head["events"]);
    assert_eq!(verified["root"], head["head"]);
}

#[test]
fn the_demo_shows_verified_reports_and_commands_that_work_with_its_ledger() {
    let place = Place::new();
    let ran = place.annals(&["demo", "--directory", "demo ledger"]).exits(0);
    for said in ["2500315.63", "69,659 rows of real purchases", "SIMULATED", "ok      yes"] {
        assert!(ran.out.contains(said), "{said} is missing in:\n{}", ran.out);
    }
    let (_, commands) = ran.out.split_once("What to type next ==").expect("next steps");
    let script = format!("set -e\n{commands}");
    let shell = place.command(&[]).get_program().to_owned();
    assert!(commands.contains(&*shell.to_string_lossy()), "as it was called");
    let ran = std::process::Command::new("sh")
        .args(["-c", &script])
        .current_dir(place.path(""))
        .env_clear()
        .output()
        .expect("a shell");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(place.annals(&["demo", "--directory", "demo ledger"]).exits(1).err.contains("already"));
}
