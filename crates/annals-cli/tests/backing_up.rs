//! A ledger's way into a backup and out of it, and the exit codes on the way.

mod support;

use std::fs;
use support::{Place, complaint, purchase};

#[test]
fn a_ledger_made_of_a_backup_has_the_same_root_and_the_backup_can_be_made_again() {
    let place = Place::with_ledger();
    let words = "the parcel smelled of elderberries";
    let events =
        [purchase(1, "C-1", "2026-01-05", "10.00"), complaint(2, "C-1", "2026-01-06", words)];
    place.annals_given(&["record", "-"], &events.concat()).exits(0);
    let json =
        |args: &[&str]| place.annals(&[args, &["--format", "json"]].concat()).exits(0).json();
    let made = json(&["backup", "copies/monday"]);
    assert_eq!(made["root"], json(&["verify"])["root"]);
    assert_eq!((&made["volumes_new"], &made["has_vault"]), (&1.into(), &false.into()));
    assert_eq!(json(&["backup", "copies/monday"])["volumes_new"], 0);

    let restored = json(&["restore", "copies/monday", "again"]);
    assert_eq!(restored["root"], made["root"]);
    let again = ["--ledger", "again", "--format", "json"];
    let verified = place.annals(&[&["verify"], &again[..]].concat()).exits(0).json();
    assert_eq!(verified["root"], made["root"]);
    let shown = place.annals(&[&["show", "C-1"], &again[..]].concat()).exits(0);
    assert!(!shown.out.contains(words), "without the vault");

    json(&["backup", "copies/keys", "--with-vault"]);
    json(&["restore", "copies/keys", "open"]);
    let key_file = ["--ledger", "open", "--key-file", "ledger/vault/master.key"];
    let log = place.annals(&[&["log", "--format", "jsonl"], &key_file[..]].concat()).exits(0);
    assert!(log.out.contains(words), "{}", log.out);
}

#[test]
fn what_cannot_be_backed_up_or_restored_says_so_with_its_exit_code() {
    let place = Place::with_ledger();
    place.annals(&["restore", "nowhere", "again"]).exits(3);
    place.annals(&["backup", "copy"]).exits(0);
    let over = place.annals(&["restore", "copy", "ledger"]).exits(1);
    assert!(over.err.contains("is a ledger already"), "{}", over.err);
    let volume = fs::read_dir(place.path("copy/volumes")).expect("volumes").next().expect("one");
    let volume = volume.expect("an entry").path();
    let mut bytes = fs::read(&volume).expect("a file");
    bytes[20] ^= 1;
    fs::write(&volume, bytes).expect("written");
    let damaged = place.annals(&["restore", "copy", "again"]).exits(5);
    assert!(damaged.err.contains(".sealed"), "{}", damaged.err);
    let unfinished = place.annals(&["--ledger", "again", "status"]).exits(3);
    assert!(unfinished.err.contains("was not finished"), "{}", unfinished.err);
    // A backup that is made again mends itself, and then so does the restore.
    place.annals(&["backup", "copy"]).exits(0);
    place.annals(&["restore", "copy", "again"]).exits(0);
    place.annals(&["--ledger", "again", "status"]).exits(0);
}

#[test]
fn status_says_how_much_is_free_and_how_much_should_be() {
    let place = Place::with_ledger();
    let status = place.annals(&["status", "--format", "json"]).exits(0).json();
    let wanted = status["bytes_wanted_free"].as_u64().expect("a number");
    assert!(wanted >= 1 << 30, "{wanted}");
    assert!(status["bytes_free"].as_u64().is_some_and(|free| free > 0));
}
