//! What can still be done with a ledger that is damaged, or may not be written to.

#![expect(clippy::indexing_slicing, reason = "a test may fail by panicking")]

mod support;

use serde_json::Value;
use std::path::PathBuf;
use support::{Place, complaint, files_below, purchase};

/// A ledger with a sealed volume of a few groups and an open one, and how many events it has.
fn place_with_volumes() -> (Place, u64) {
    let place = Place::with_ledger();
    let record = |numbers: std::ops::Range<u32>| {
        let of = |number: u32| purchase(number, &format!("C-{}", number % 9), "2026-03-03", "1.00");
        place.record(&numbers.map(of).collect::<String>());
    };
    record(0..2000);
    place.annals(&["seal"]).exits(0);
    record(2000..2100);
    let words = complaint(2101, "C-1", "2026-03-04", "it smelled of fish");
    place.record(&words);
    let status = place.annals(&["status", "--format", "json"]).exits(0).json();
    let events = status["events"].as_u64().expect("a number");
    (place, events)
}

fn file_of(place: &Place, kind: &str) -> PathBuf {
    let is = |file: &PathBuf| file.to_string_lossy().contains(kind);
    files_below(&place.path("ledger/log")).into_iter().find(is).expect("there")
}

/// Flips a bit in the middle of a file.
fn damage(file: &PathBuf, place: usize) {
    let mut bytes = std::fs::read(file).expect("read");
    bytes[place] ^= 4;
    std::fs::write(file, bytes).expect("written");
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_damaged_ledger_is_read_up_to_the_damage_and_says_so() {
    let (place, events) = place_with_volumes();
    let whole = lines(&place.annals(&["log", "--format", "jsonl"]).exits(0).out);
    let database = file_of(&place, ".open/db");
    let bytes = std::fs::read(&database).expect("read");
    let block = bytes.windows(4).position(|four| four == b"ANBK").expect("a block");
    damage(&database, block + 200);
    place.annals(&["log"]).exits(5);
    for quiet in [&[][..], &["--quiet"]] {
        let args = [&["log", "--format", "jsonl", "--read-only"], quiet].concat();
        let ran = place.annals(&args).exits(5);
        let read = lines(&ran.out);
        assert!(!read.is_empty() && (read.len() as u64) < events);
        assert_eq!(read[..], whole[..read.len()]);
        let said = format!("the log is damaged at position {}", read.len());
        assert!(ran.err.contains(&said), "{}", ran.err);
        assert!(ran.err.contains(".open/db") && ran.err.contains("salvage"), "{}", ran.err);
    }
    let report = place.annals(&["--read-only", "report", "loyalty", "--format", "json"]).exits(5);
    assert_eq!(report.json()["customers"], 9);
    let verified = place.annals(&["verify"]).exits(5);
    assert!(verified.out.contains("annals salvage"), "{}", verified.out);
}

#[test]
fn reading_only_changes_no_file_and_writing_is_refused() {
    let (place, events) = place_with_volumes();
    let ledger = place.path("ledger");
    let bytes_of = |file: PathBuf| (std::fs::read(&file).expect("a file"), file);
    let all = || files_below(&ledger).into_iter().map(bytes_of).collect::<Vec<_>>();
    let before = all();
    let status = place.annals(&["status", "--read-only", "--format", "json"]).exits(0).json();
    assert_eq!(status["events"], events);
    let shown = place.annals(&["--read-only", "show", "C-1"]).exits(0).out;
    assert!(shown.contains("it smelled of fish"), "{shown}");
    place.annals(&["--read-only", "report", "lifecycle"]).exits(0);
    place.annals(&["verify"]).exits(0);
    let given = purchase(9000, "C-1", "2026-03-05", "1.00");
    let refused = place.annals_given(&["--read-only", "record"], &given).exits(1);
    assert!(refused.err.contains("open for reading only"), "{}", refused.err);
    assert!(place.annals(&["--read-only", "seal"]).exits(1).err.contains("for reading only"));
    assert!(all() == before, "a file changed");
}

#[test]
fn salvage_writes_what_is_sound_names_what_is_lost_and_can_be_recorded_again() {
    let (place, events) = place_with_volumes();
    let whole = lines(&place.annals(&["log", "--format", "jsonl"]).exits(0).out);
    let sound = place.annals(&["salvage", "sound", "--format", "json"]).exits(0).json();
    assert_eq!((&sound["events"], &sound["lost_events"]), (&events.into(), &0.into()));
    let kept = std::fs::read_to_string(place.path("ledger/HEAD")).expect("read");
    assert!(kept.contains(sound["whole"]["root"].as_str().expect("a root")), "{kept}");

    let sealed = file_of(&place, ".sealed");
    damage(&sealed, 70_000);
    let head = place.path("ledger/HEAD");
    std::fs::write(&head, b"nothing").expect("written");
    // Neither what the ledger says of itself nor its keys are needed.
    std::fs::remove_file(place.path("ledger/ledger.toml")).expect("removed");
    std::fs::remove_dir_all(place.path("ledger/vault")).expect("removed");
    let report = place.annals(&["salvage", "rescued", "--format", "json"]).exits(5).json();
    let lost = report["lost_events"].as_u64().expect("a number");
    assert!(lost > 0 && lost < 1000, "{report}");
    assert_eq!(report["events"], events - lost);
    assert_eq!(report["head"], Value::Null);
    let [gap] = report["lost"].as_array().expect("a list").as_slice() else { panic!("{report}") };
    assert_eq!(gap["file"].as_str(), Some("ledger/log/000000000000.sealed"));
    let (begin, end) = (gap["first"].as_u64(), gap["last"].as_u64());
    assert_eq!(report["whole"]["events"].as_u64(), begin);

    let text_of = |name: &str| std::fs::read_to_string(place.path(name)).expect("read");
    let written = serde_json::from_str::<Value>(&text_of("rescued/report.json")).expect("JSON");
    assert_eq!(written, report);
    let salvaged = lines(&text_of("rescued/events.jsonl"));
    let expected = whole.iter().filter(|event| {
        let position = event["position"].as_u64();
        position < begin || position > end
    });
    let place_of = |event: &Value| (event["position"].clone(), event["id"].clone());
    assert_eq!(
        salvaged.iter().map(place_of).collect::<Vec<_>>(),
        expected.map(place_of).collect::<Vec<_>>()
    );
    let records = lines(&text_of("rescued/records.jsonl"));
    assert_eq!(records.len(), salvaged.len());
    assert_eq!(records[0]["leaf"].as_str().expect("a leaf").len(), 64);
    assert!(!text_of("rescued/events.jsonl").contains("fish"), "personal fields stay sealed");

    let own = |event: &&Value| event["source"] == "annals";
    let again = place.annals(&["init", "fresh"]).exits(0);
    assert!(!again.out.is_empty());
    let ran = place.annals_given(
        &["--ledger", "fresh", "record", "--format", "json"],
        &text_of("rescued/events.jsonl"),
    );
    let of_others = salvaged.len() - salvaged.iter().filter(own).count();
    let status = place.annals(&["--ledger", "fresh", "status", "--format", "json"]).exits(0).json();
    let own = status["events"].as_u64().expect("a number") - of_others as u64;
    assert!(own < 10, "{}\n{}\n{status}", ran.out, ran.err);

    let refused = place.annals(&["salvage", "rescued"]).exits(1);
    assert!(refused.err.contains("is not empty"), "{}", refused.err);
    assert!(
        place.annals(&["--ledger", "nowhere", "salvage", "x"]).exits(3).err.contains("no ledger")
    );
}
