//! What comes out: lists, views as of any time, formats, exit codes, and quiet ends.

mod support;

use serde_json::{Value, json};
use std::io::Read as _;
use std::process::Stdio;
use support::{Place, complaint, files_below, purchase};

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

#[test]
fn the_log_is_filtered_by_kind_customer_time_position_and_number() {
    let place = place_with_events();
    let count = |args: &[&str]| {
        let ran = place.annals(&[&["log", "--format", "jsonl"], args].concat()).exits(0);
        ran.out.lines().count()
    };
    assert_eq!(count(&["--kind", "purchase.completed"]), 3);
    assert_eq!(count(&["--kind", "complaint.*", "--kind", "purchase.*"]), 4);
    assert_eq!(count(&["--customer", "C-1"]), 3);
    assert_eq!(count(&["--customer", "C-1", "--occurred-before", "2026-02-01"]), 1);
    assert_eq!(count(&["--customer", "C-1", "--as-of", "2026-02-01"]), 2);
    assert_eq!(count(&["--occurred-from", "2026-03-01", "--kind", "purchase.*"]), 1);
    assert_eq!(count(&["--recorded-before", "2026-01-01"]), 0);
    let all = count(&[]);
    assert_eq!(count(&["--to", "2"]), 2);
    assert_eq!(count(&["--from", "2"]), all - 2);
    assert_eq!(count(&["--limit", "3"]), 3);
    let last =
        place.annals(&["log", "--reverse", "--limit", "1", "--format", "json"]).exits(0).json();
    assert_eq!(last[0]["data"]["total"]["amount"], "30.00");
    let none = place.annals(&["log", "--to", "0", "--format", "json"]).exits(0);
    assert_eq!(none.json(), json!([]));
    assert!(place.annals(&["log", "--kind", "purchase"]).exits(2).err.contains("no kind purchase"));
    let csv = place.annals(&["log", "--format", "csv"]).exits(0).out;
    assert_eq!(csv.lines().count(), all + 1);
}

#[test]
fn what_came_in_is_counted_by_source_channel_touchpoint_and_kind() {
    let place = Place::with_ledger();
    let event = |number: u32, kind: &str, from: Value, data: Value| {
        let mut event = json!({
            "id": format!("0190b2f4-6f0e-7c3a-9d57-{number:012x}"), "kind": kind,
            "subject": "C-1", "occurred_at": format!("2026-02-0{number}T12:00:00Z"), "data": data,
        });
        let fields = event.as_object_mut().expect("an object");
        fields.extend(from.as_object().expect("an object").clone());
        format!("{event}\n")
    };
    let answered = json!({"instrument": "nps", "instrument_version": 1, "answers": [
        {"item": "nps", "scale": {"value": 9, "min": 0, "max": 10}}
    ]});
    let told = json!({"feedback_type": "compliment", "solicited": false});
    let till = json!({"source": "urn:till", "channel": "branch", "touchpoint": "till 3"});
    let lines = [
        event(1, "survey.answered", json!({"source": "urn:shop", "channel": "web"}), answered),
        event(2, "feedback.received", till.clone(), told.clone()),
        event(3, "feedback.received", till, told.clone()),
        event(4, "feedback.received", json!({}), told),
        purchase(5, "C-2", "2026-02-05", "10.00"),
    ];
    place.record(&lines.concat());
    let count = |args: &[&str]| {
        place.annals(&[&["count", "--format", "json"], args].concat()).exits(0).json()
    };
    let asked = ["--kind", "survey.*", "--kind", "feedback.*"];
    let row = |source: &str, channel: &str, kind: &str, events: u32| json!({"source": source, "channel": channel, "kind": kind, "events": events});
    let expected = json!([
        row("not_stated", "not_stated", "feedback.received", 1),
        row("urn:shop", "web", "survey.answered", 1),
        row("urn:till", "branch", "feedback.received", 2),
    ]);
    assert_eq!(count(&asked), expected);
    let expected = json!([
        {"touchpoint": "not_stated", "events": 2}, {"touchpoint": "till 3", "events": 2}
    ]);
    assert_eq!(count(&[&asked[..], &["--by", "touchpoint"]].concat()), expected);
    let later = ["--by", "touchpoint", "--customer", "C-1", "--occurred-from", "2026-02-03"];
    let expected = json!([
        {"touchpoint": "not_stated", "events": 1}, {"touchpoint": "till 3", "events": 1}
    ]);
    assert_eq!(count(&later), expected, "the filter is that of the log");

    // All of the log, the ledger's own events among them.
    let log = place.annals(&["log", "--format", "jsonl"]).exits(0).out.lines().count() as u64;
    let all = count(&[]);
    let counted = all.as_array().expect("rows").iter().filter_map(|row| row["events"].as_u64());
    assert_eq!(counted.sum::<u64>(), log);
    let table = place.annals(&["count", "--by", "channel"]).exits(0).out;
    let rows: Vec<_> =
        table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    assert!(rows.contains(&vec!["branch", "2"]) && rows.contains(&vec!["web", "1"]), "{table}");
    assert!(place.annals(&["count", "--kind", "survey"]).exits(2).err.contains("no kind survey"));
}

#[test]
fn a_day_is_included_whole_an_instant_is_not_and_what_was_known_can_be_asked() {
    let place = place_with_events();
    let occasions = |args: &[&str]| {
        let ran = place.annals(&[&["show", "C-1", "--format", "json"], args].concat()).exits(0);
        ran.json()["loyalty"]["occasions"].as_u64()
    };
    assert_eq!(occasions(&[]), Some(2));
    assert_eq!(occasions(&["--as-of", "2026-03-01"]), Some(2));
    assert_eq!(occasions(&["--as-of", "2026-02-28"]), Some(1));
    assert_eq!(occasions(&["--as-of", "2026-03-01T12:00:00Z"]), Some(1));
    assert_eq!(occasions(&["--as-of", "2026-03-01T12:00:01Z"]), Some(2));
    let replay = ["replay", "C-1", "--format", "json", "--recorded-before", "2026-01-01"];
    let unknown = place.annals(&replay).exits(0).json();
    assert_eq!(unknown["loyalty"]["occasions"], 0, "nothing was known then");
    assert_eq!(unknown["cites"]["loyalty"]["recorded_before"], "2026-01-01T00:00:00Z");
}

#[test]
fn a_step_by_step_replay_says_what_each_event_changed() {
    let place = place_with_events();
    let steps = place.annals(&["replay", "C-1", "--step", "--format", "json"]).exits(0).json();
    let steps = steps["steps"].as_array().expect("a list");
    assert_eq!(steps.len(), 3);
    let change = |step: &Value, projection: &str, path: &str| {
        let changes = step["changes"][projection].as_array().expect("a list").clone();
        let found = changes.into_iter().find(|change| change["path"] == path);
        found.map(|change| (change["before"].clone(), change["after"].clone()))
    };
    assert_eq!(change(&steps[0], "loyalty", "occasions"), Some((0.into(), 1.into())));
    let open = change(&steps[1], "satisfaction", "complaints.open");
    assert_eq!(open, Some((0.into(), 1.into())));
    assert_eq!(change(&steps[1], "loyalty", "occasions"), None);
    assert_eq!(change(&steps[2], "loyalty", "occasions"), Some((1.into(), 2.into())));
    let recency = change(&steps[0], "loyalty", "recency_days").expect("the first purchase");
    assert_eq!(recency.1, 0, "as of the day it occurred");
    let table = place.annals(&["replay", "C-1", "--step"]).exits(0).out;
    assert!(table.contains("loyalty.occasions: 1 -> 2"), "{table}");
    let bounded =
        ["replay", "C-1", "--step", "--occurred-before", "2026-03-01", "--format", "jsonl"];
    assert_eq!(place.annals(&bounded).exits(0).out.lines().count(), 2, "the day's beginning");
}

#[test]
fn reports_have_the_keys_that_others_read_and_cite_what_they_rest_on() {
    let place = place_with_events();
    for (projection, keys) in [
        (
            "loyalty",
            &["as_of", "customers", "rfm", "behaviour_matrix", "concentration", "cites"][..],
        ),
        ("lifecycle", &["as_of", "activity", "transitions", "cohorts", "stages", "cites"]),
        ("satisfaction", &["as_of", "nps", "csat", "ces", "cites"]),
    ] {
        let args = ["report", projection, "--as-of", "2026-03-01", "--format"];
        let report = place.annals(&[&args[..], &["json"]].concat()).exits(0).json();
        for key in keys {
            assert!(report.get(key).is_some(), "{projection} has no {key}");
        }
        assert_eq!(report["as_of"], "2026-03-01");
        assert_eq!(report["cites"]["projection"], projection);
        let line = place.annals(&[&args[..], &["jsonl"]].concat()).exits(0);
        assert_eq!(line.out.lines().count(), 1);
        assert_eq!(line.json(), report);
        let csv = place.annals(&[&args[..], &["csv"]].concat()).exits(0).out;
        assert!(csv.starts_with("figure,value\nas_of,2026-03-01\n"), "{csv}");
        let table = place.annals(&[&args[..], &["table"]].concat()).exits(0).out;
        assert!(table.contains(&format!("cites: {projection} v")), "{table}");
    }
    let withheld = place.annals(&["report", "satisfaction", "--format", "json"]).exits(0).json();
    assert!(withheld["nps"]["score"].is_null() && withheld["nps"]["why"].is_string());
}

#[test]
fn status_counts_what_the_projections_are_behind_and_a_rebuild_catches_up() {
    let place = place_with_events();
    let status = || place.annals(&["status", "--format", "json"]).exits(0).json();
    let keys = |value: &Value| -> Vec<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    let before = status();
    let expected = [
        "events",
        "streams",
        "head",
        "volumes",
        "bytes_on_disk",
        "bytes_free",
        "bytes_wanted_free",
        "projections",
    ];
    assert_eq!(keys(&before), expected);
    let expected = ["id", "position", "lag", "parked", "generation"];
    assert_eq!(keys(&before["projections"][0]), expected);
    assert_eq!(before["streams"], 3);
    place.annals(&["rebuild", "loyalty"]).exits(0);
    place.annals(&["rebuild"]).exits(0);
    let after = status();
    for projection in after["projections"].as_array().expect("a list") {
        assert_eq!(projection["lag"], 0);
        assert_eq!(projection["position"], after["events"]);
    }
    assert!(place.annals(&["rebuild", "lyalty"]).exits(3).err.contains("there are satisfaction"));
}

#[test]
fn missing_foreign_and_newer_ledgers_are_told_apart() {
    let place = Place::new();
    let says = |code: i32, words: &str| {
        for command in ["status", "verify"] {
            let ran = place.annals(&[command]).exits(code);
            assert!(ran.err.starts_with("annals: ") && ran.err.contains(words), "{}", ran.err);
            assert_eq!(ran.err.lines().count(), 1, "one sentence: {}", ran.err);
        }
    };
    says(3, "there is no ledger in ledger: make one with annals init");
    std::fs::create_dir(place.path("ledger")).expect("made");
    says(3, "there is no ledger in ledger");
    place.write("ledger/photo.jpg", "x");
    says(1, "it is not a ledger");
    assert!(place.annals(&["init"]).exits(1).err.contains("not a ledger"));
    std::fs::remove_file(place.path("ledger/photo.jpg")).expect("removed");
    place.annals(&["init"]).exits(0);
    assert!(place.annals(&["init"]).exits(1).err.contains("is a ledger already"));
    let description = std::fs::read_to_string(place.path("ledger/ledger.toml")).expect("read");
    place.write("ledger/ledger.toml", description.replace("format = 1", "format = 2"));
    says(1, "use a newer annals");
    place.write("ledger/ledger.toml", "not toml at all");
    says(5, "is damaged");
}

#[test]
fn a_ledger_in_use_exits_6() {
    let place = Place::with_ledger();
    let mut holder = place.command(&["record"]);
    holder.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut holder = holder.spawn().expect("runs");
    // It has the ledger open once it has taken more than a pipe holds.
    let mut input = holder.stdin.take().expect("a pipe");
    let lines = (0..2000).map(|number| purchase(number, "C-1", "2026-03-03", "1.00"));
    let lines: String = lines.collect();
    std::io::Write::write_all(&mut input, lines.as_bytes()).expect("taken");
    let ran = place.annals(&["status"]).exits(6);
    assert!(ran.err.contains("in use by another process"), "{}", ran.err);
    drop(input);
    assert!(holder.wait().expect("ends").success());
    place.annals(&["status"]).exits(0);
}

#[test]
fn damage_is_reported_with_position_and_file_and_exits_5() {
    let place = Place::with_ledger();
    let lines: String =
        (0..2000).map(|number| purchase(number, "C-1", "2026-03-03", "1.00")).collect();
    place.record(&lines);
    place.annals(&["verify"]).exits(0);
    let database = files_below(&place.path("ledger/log"))
        .into_iter()
        .find(|file| file.file_name().is_some_and(|name| name == "db"))
        .expect("sled's file");
    let mut bytes = std::fs::read(&database).expect("read");
    // Flips bits in the middle of one customer's records.
    let needle = b"\x03C-1";
    let places: Vec<_> =
        (0..bytes.len() - needle.len()).filter(|at| bytes[*at..].starts_with(needle)).collect();
    assert!(places.len() > 100, "records are found in the file: {}", places.len());
    bytes[places[places.len() / 2]] ^= 0xff;
    std::fs::write(&database, bytes).expect("written");

    let ran = place.annals(&["verify", "--format", "json"]).exits(5);
    let report = ran.json();
    assert_eq!(report["ok"], false);
    assert!(report["position"].is_u64() && report["what"].is_string(), "{report}");
    assert!(report["file"].as_str().is_some_and(|file| file.contains("ledger/log")), "{report}");
    let refused = place.annals(&["status"]).exits(5);
    assert!(refused.err.contains("annals verify"), "the next step: {}", refused.err);
}

#[test]
fn who_is_not_there_exits_3_and_wrong_usage_2() {
    let place = place_with_events();
    for command in [&["show", "C-9"][..], &["replay", "C-9"], &["log", "--customer", "C-9"]] {
        let ran = place.annals(command).exits(3);
        assert!(ran.err.starts_with("annals: no customer C-9"), "{}", ran.err);
    }
    place.annals(&["import", "absent.csv", "--preset", "cdnow"]).exits(3);
    place.annals(&["import", "what.is.this"]).exits(2);
    place.annals(&["report", "happiness"]).exits(2);
    place.annals(&["export", "--format", "csv"]).exits(2);
    place.annals(&["show", "C-1", "--as-of", "yesterday"]).exits(2);
    place.annals(&["init", "elsewhere", "--time-zone", "Mars/Olympus"]).exits(2);
    place.annals(&[]).exits(2);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::with_ledger();
    let lines: String =
        (0..2000).map(|number| purchase(number, "C-1", "2026-03-03", "1.00")).collect();
    place.record(&lines);
    for args in [&["simulate", "--customers", "2000"][..], &["log", "--format", "csv"]] {
        reads_a_little_of(place.command(args));
    }
}

fn reads_a_little_of(mut command: std::process::Command) {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("runs");
    let mut out = child.stdout.take().expect("a pipe");
    let mut first = [0; 100];
    out.read_exact(&mut first).expect("something");
    drop(out);
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn no_output_has_colours_where_no_color_is_set() {
    let place = place_with_events();
    let coloured = |args: &[&str], no_color: bool| {
        let mut command = place.command(args);
        command.env("CLICOLOR_FORCE", "1");
        if no_color {
            command.env("NO_COLOR", "1");
        }
        let output = command.output().expect("runs");
        output.stdout.contains(&0x1b) || output.stderr.contains(&0x1b)
    };
    assert!(coloured(&["--help"], false), "the test sees colours where they are asked for");
    for args in [&["--help"][..], &["nonsense"], &["status"], &["report", "loyalty"], &["log"]] {
        assert!(!coloured(args, true), "{args:?}");
    }
}

#[test]
fn every_subcommand_has_help_with_an_example_and_a_page_in_the_manual() {
    let place = Place::new();
    let help = place.annals(&["--help"]).exits(0).out;
    let (_, commands) = help.split_once("Commands:").expect("a list");
    let (commands, _) =
        commands.split_once("Everywhere:").or(commands.split_once("Options:")).expect("its end");
    let names: Vec<_> = commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help" && !name.starts_with('-'))
        .collect();
    assert_eq!(names.len(), 27, "{names:?}");
    place.annals(&["man", "--directory", "man"]).exits(0);
    for name in names {
        let help = place.annals(&[name, "--help"]).exits(0).out;
        assert!(help.contains("Example:\n  annals"), "{help}");
        assert!(help.contains("annals ") && help.contains(name), "{help}");
        assert!(place.path(&format!("man/annals-{name}.1")).exists(), "{name}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(place.annals(&["completions", shell]).exits(0).out.contains("annals"));
    }
}
