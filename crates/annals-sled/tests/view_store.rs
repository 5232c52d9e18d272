//! What the view store promises: it is a sorted map with a position, saved whole or not at all, and
//! whatever is damaged is absent.
//!
//! The model test holds it against a `BTreeMap` under random saves, new generations, closing and
//! kills. A kill is a copy of the directory while the store is open: what a process that was
//! stopped there would have left.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use annals_events::Position;
use annals_sled::{ViewStatus, ViewStore, ViewStoreError};
use annals_testkit::copy_directory;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const NAMES: [&str; 2] = ["loyalty", "lifecycle"];

type States = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    position: Position,
    states: States,
    values: BTreeMap<String, Vec<u8>>,
}

#[derive(Clone, Debug)]
enum Step {
    Save { name: usize, changes: Vec<(u8, Option<u16>)>, value: Option<(u8, u8)> },
    Generation { name: usize, size: u16, value: Option<(u8, u8)> },
    GiveUpGeneration { name: usize },
    Reopen,
    Kill,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = 0..NAMES.len();
    let changes = proptest::collection::vec((0..40_u8, proptest::option::of(any::<u16>())), 0..12);
    let value = proptest::option::of((0..3_u8, any::<u8>()));
    let step = prop_oneof![
        6 => (name.clone(), changes, value.clone())
            .prop_map(|(name, changes, value)| Step::Save { name, changes, value }),
        2 => (name.clone(), 0..60_u16, value)
            .prop_map(|(name, size, value)| Step::Generation { name, size, value }),
        1 => name.prop_map(|name| Step::GiveUpGeneration { name }),
        1 => Just(Step::Reopen),
        1 => Just(Step::Kill),
    ];
    proptest::collection::vec(step, 1..14)
}

fn key(number: u8) -> Vec<u8> {
    // Keys of several lengths, one a prefix of the other.
    vec![b'k'; usize::from(number % 5)].into_iter().chain([number]).collect()
}

/// Large enough that a generation of the test has several blocks.
fn state(seed: u16) -> Vec<u8> {
    vec![seed.to_le_bytes()[0]; usize::from(seed % 7000)]
}

fn values(value: Option<(u8, u8)>) -> Vec<(String, Vec<u8>)> {
    value.map(|(name, byte)| (format!("v{name}"), vec![byte; 9])).into_iter().collect()
}

struct Open {
    directory: TempDir,
    store: ViewStore,
}

impl Open {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = ViewStore::open(directory.path()).unwrap();
        Self { directory, store }
    }

    fn reopen(self) -> Self {
        let Self { directory, store } = self;
        store.close().unwrap();
        drop(store);
        let store = ViewStore::open(directory.path()).unwrap();
        Self { directory, store }
    }

    /// Goes on in what a kill at this moment would have left.
    fn kill(self) -> Self {
        let copy = tempfile::tempdir().unwrap();
        copy_directory(self.directory.path(), copy.path()).unwrap();
        let store = ViewStore::open(copy.path()).unwrap();
        Self { directory: copy, store }
    }
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

fn scanned(store: &ViewStore, name: &str) -> Result<States, ViewStoreError> {
    let rows: Vec<_> = store.scan(name, 1).unwrap().collect::<Result<_, _>>()?;
    assert!(rows.is_sorted_by(|a, b| a.0 < b.0), "keys ascend strictly");
    Ok(rows.into_iter().collect())
}

fn check(store: &ViewStore, name: &str, model: Option<&Model>) {
    let status = store.status(name, 1).unwrap();
    assert_eq!(status.map(|status| status.position), model.map(|model| model.position), "{name}");
    let nothing = Model::default();
    let model = model.unwrap_or(&nothing);
    assert_eq!(scanned(store, name).unwrap(), model.states, "{name}");
    for count in [2, 3, 40] {
        let parts = store.scan_parts(name, 1, count).unwrap();
        assert!(parts.len() <= count, "{name}");
        let rows: Vec<_> = parts.into_iter().flatten().collect::<Result<_, _>>().unwrap();
        assert!(rows.is_sorted_by(|a, b| a.0 < b.0), "parts follow each other");
        assert_eq!(rows.into_iter().collect::<States>(), model.states, "{name} in {count} parts");
    }
    for number in 0..=255 {
        let key = key(number);
        assert_eq!(store.get(name, 1, &key).unwrap().as_ref(), model.states.get(&key), "{name}");
    }
    for value in ["v0", "v1", "v2"] {
        let found = store.get_value(name, 1, value).unwrap();
        assert_eq!(found.as_ref(), model.values.get(value), "{name} {value}");
    }
}

fn save(store: &ViewStore, name: &str, position: u64, changes: &[(&[u8], Option<&[u8]>)]) {
    let changes: Vec<_> =
        changes.iter().map(|(key, state)| (key.to_vec(), state.map(<[u8]>::to_vec))).collect();
    store.save(name, 1, Position::new(position), &changes, &[]).unwrap();
}

fn generation(store: &ViewStore, position: u64, states: &[(&[u8], &[u8])]) {
    let mut writer = store.begin_generation("loyalty", 1).unwrap();
    for (key, state) in states {
        writer.push(key, state).unwrap();
    }
    writer.finish(Position::new(position), &[]).unwrap();
}

fn cases(cases: u32) -> ProptestConfig {
    let regressions = FileFailurePersistence::WithSource("regressions");
    ProptestConfig { failure_persistence: Some(Box::new(regressions)), cases, ..Default::default() }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn the_store_is_a_sorted_map_whatever_is_saved_swapped_reopened_or_killed(steps in steps()) {
        let mut open = Open::new();
        let mut models: [Option<Model>; 2] = [None, None];
        for (position, step) in (1..).zip(steps) {
            match step {
                Step::Save { name, changes, value } => {
                    let changes: Vec<_> = changes
                        .into_iter()
                        .map(|(number, seed)| (key(number), seed.map(state)))
                        .collect();
                    let values = values(value);
                    let model = models[name].get_or_insert_default();
                    model.position = Position::new(position);
                    open.store.save(NAMES[name], 1, model.position, &changes, &values).unwrap();
                    for (key, state) in changes {
                        match state {
                            Some(state) => drop(model.states.insert(key, state)),
                            None => drop(model.states.remove(&key)),
                        }
                    }
                    model.values.extend(values);
                }
                Step::Generation { name, size, value } => {
                    let states: States = (0..size)
                        .map(|n| (key(n.to_le_bytes()[0]), state(n.wrapping_mul(977))))
                        .collect();
                    let model = Model {
                        position: Position::new(position),
                        states,
                        values: values(value).into_iter().collect(),
                    };
                    let mut writer = open.store.begin_generation(NAMES[name], 1).unwrap();
                    for (key, state) in &model.states {
                        writer.push(key, state).unwrap();
                    }
                    writer.finish(model.position, &values(value)).unwrap();
                    models[name] = Some(model);
                }
                Step::GiveUpGeneration { name } => {
                    let mut writer = open.store.begin_generation(NAMES[name], 1).unwrap();
                    writer.push(b"never seen", b"").unwrap();
                }
                Step::Reopen => open = open.reopen(),
                Step::Kill => open = open.kill(),
            }
            for (name, model) in NAMES.iter().zip(&models) {
                check(&open.store, name, model.as_ref());
            }
        }
    }

    #[test]
    fn a_damaged_file_makes_its_projection_absent_and_nothing_panics(
        file in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
        truncates in any::<bool>(),
    ) {
        let mut open = Open::new();
        let states: States = (0..60_u8).map(|n| (key(n), state(u16::from(n) * 977))).collect();
        let mut writer = open.store.begin_generation("loyalty", 1).unwrap();
        for (key, state) in &states {
            writer.push(key, state).unwrap();
        }
        writer.finish(Position::new(7), &[]).unwrap();
        save(&open.store, "loyalty", 8, &[(b"new", Some(b"state"))]);
        save(&open.store, "lifecycle", 8, &[(b"one", Some(b"state"))]);
        let after = Model {
            position: Position::new(8),
            states: states.into_iter().chain([(b"new".to_vec(), b"state".to_vec())]).collect(),
            values: BTreeMap::new(),
        };
        open = open.reopen();
        check(&open.store, "loyalty", Some(&after));
        let Open { directory, store } = open;
        drop(store);

        let files = files_below(directory.path());
        let path = &files[file.index(files.len())];
        let mut bytes = fs::read(path).unwrap();
        // Most of a database file is zeros that nobody reads.
        let used: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at] != 0).collect();
        if !used.is_empty() {
            let at = used[place.index(used.len())];
            if truncates { bytes.truncate(at) } else { bytes[at] ^= flip }
        }
        fs::write(path, &bytes).unwrap();

        let store = ViewStore::open(directory.path()).unwrap();
        let known = store.status("loyalty", 1).unwrap().is_some();
        match scanned(&store, "loyalty") {
            Ok(states) => {
                let expected = if known { &after.states } else { &States::new() };
                prop_assert_eq!(&states, expected);
            }
            Err(error) => {
                prop_assert!(matches!(error, ViewStoreError::Damaged { .. }), "{}", error);
                prop_assert_eq!(store.status("loyalty", 1).unwrap(), None);
                prop_assert_eq!(store.get("loyalty", 1, b"new").unwrap(), None);
                // Saving on would make states without those before.
                let refused = store.save("loyalty", 1, Position::new(9), &[], &[]);
                let is_refused = matches!(refused, Err(ViewStoreError::Damaged { .. }));
                prop_assert!(is_refused);
            }
        }
        // Building anew mends whatever it was. Damage in the head of a part of sled's log shows
        // only when what was written behind it is read back, so it may take a second time.
        drop(store);
        let mended = Model {
            position: Position::new(9),
            states: States::from([(b"a".to_vec(), b"1".to_vec())]),
            values: BTreeMap::new(),
        };
        for attempt in 1..=2 {
            let store = ViewStore::open(directory.path()).unwrap();
            generation(&store, 9, &[(b"a", b"1")]);
            check(&store, "loyalty", Some(&mended));
            drop(store);
            let store = ViewStore::open(directory.path()).unwrap();
            if attempt == 2 || store.status("loyalty", 1).unwrap().is_some() {
                check(&store, "loyalty", Some(&mended));
            }
        }
    }
}

#[test]
fn every_flipped_byte_of_a_generation_is_noticed_before_a_state_is_given() {
    let open = Open::new();
    generation(&open.store, 1, &[(b"a", b"one"), (b"b", b"two")]);
    let Open { directory, store } = open;
    drop(store);
    let path = directory.path().join("loyalty-1-1.states");
    let sound = fs::read(&path).unwrap();
    for at in 0..sound.len() {
        let copy = tempfile::tempdir().unwrap();
        copy_directory(directory.path(), copy.path()).unwrap();
        let mut bent = sound.clone();
        bent[at] ^= 0x20;
        fs::write(copy.path().join("loyalty-1-1.states"), &bent).unwrap();
        let store = ViewStore::open(copy.path()).unwrap();
        assert_eq!(store.get("loyalty", 1, b"b").unwrap(), None, "byte {at}");
        assert_eq!(store.status("loyalty", 1).unwrap(), None, "byte {at}");
    }
}

#[test]
fn what_a_kill_leaves_between_two_steps_of_a_switch_is_cleaned_away() {
    let open = Open::new();
    generation(&open.store, 1, &[(b"a", b"old")]);
    let before = tempfile::tempdir().unwrap();
    copy_directory(open.directory.path(), before.path()).unwrap();
    generation(&open.store, 2, &[(b"a", b"new")]);
    let new_file = open.directory.path().join("loyalty-1-2.states");
    let old_file = before.path().join("loyalty-1-1.states");
    assert!(!open.directory.path().join("loyalty-1-1.states").exists(), "the old file is gone");

    // Killed while writing, and after the new file had its name but before the switch.
    fs::write(before.path().join("loyalty-1-2.unfinished"), b"half").unwrap();
    fs::copy(&new_file, before.path().join("loyalty-1-2.states")).unwrap();
    // Killed after the switch, before the old file was deleted.
    let after = tempfile::tempdir().unwrap();
    copy_directory(open.directory.path(), after.path()).unwrap();
    fs::copy(&old_file, after.path().join("loyalty-1-1.states")).unwrap();

    for (directory, position, state, file) in [
        (before.path(), 1, b"old", "loyalty-1-1.states"),
        (after.path(), 2, b"new", "loyalty-1-2.states"),
    ] {
        let store = ViewStore::open(directory).unwrap();
        let status =
            ViewStatus { position: Position::new(position), generation: position, changes: 0 };
        assert_eq!(store.status("loyalty", 1).unwrap(), Some(status));
        assert_eq!(store.get("loyalty", 1, b"a").unwrap().as_deref(), Some(&state[..]));
        let left: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "changes")
            .collect();
        assert_eq!(left, [file]);
    }
}

#[test]
fn a_scan_shows_the_states_of_its_beginning_though_a_new_generation_replaces_them() {
    let Open { directory: _directory, store } = Open::new();
    let many: Vec<(Vec<u8>, Vec<u8>)> =
        (0..300_u16).map(|n| (n.to_be_bytes().to_vec(), vec![1; 1000])).collect();
    let rows: Vec<(&[u8], &[u8])> = many.iter().map(|(k, v)| (&k[..], &v[..])).collect();
    generation(&store, 1, &rows);
    save(&store, "loyalty", 2, &[(&[0, 7], None), (&[9, 9], Some(b"late"))]);
    let mut scan = store.scan("loyalty", 1).unwrap();
    scan.next().unwrap().unwrap();
    generation(&store, 3, &[(b"x", b"y")]);
    save(&store, "loyalty", 4, &[(b"x", None)]);
    let rest: Vec<_> = scan.map(|row| row.unwrap().0).collect();
    assert_eq!(rest.len(), 299, "300, one read before, one removed, one added");
    assert!(rest.contains(&vec![9, 9]) && !rest.contains(&vec![0, 7]));
    assert_eq!(scanned(&store, "loyalty").unwrap(), States::new());
}

#[test]
fn saves_during_a_rebuild_go_to_the_old_states_and_end_with_them() {
    let Open { directory: _directory, store } = Open::new();
    save(&store, "loyalty", 1, &[(b"a", Some(b"1"))]);
    let mut writer = store.begin_generation("loyalty", 1).unwrap();
    writer.push(b"a", b"rebuilt").unwrap();
    save(&store, "loyalty", 2, &[(b"b", Some(b"2"))]);
    assert_eq!(store.get("loyalty", 1, b"b").unwrap().as_deref(), Some(&b"2"[..]));
    writer.finish(Position::new(1), &[("links".to_owned(), vec![7])]).unwrap();
    let status = store.status("loyalty", 1).unwrap().unwrap();
    assert_eq!(status, ViewStatus { position: Position::new(1), generation: 1, changes: 0 });
    assert_eq!(store.get("loyalty", 1, b"a").unwrap().as_deref(), Some(&b"rebuilt"[..]));
    assert_eq!(store.get("loyalty", 1, b"b").unwrap(), None);
    assert_eq!(store.get_value("loyalty", 1, "links").unwrap(), Some(vec![7]));
}

#[test]
fn a_new_version_takes_the_place_of_the_old_one() {
    let open = Open::new();
    generation(&open.store, 1, &[(b"a", b"1")]);
    save(&open.store, "lifecycle", 1, &[(b"a", Some(b"1"))]);
    open.store.save("loyalty", 2, Position::new(1), &[], &[]).unwrap();
    let open = open.reopen();
    assert_eq!(open.store.status("loyalty", 1).unwrap(), None);
    assert!(open.store.status("loyalty", 2).unwrap().is_some());
    assert!(open.store.status("lifecycle", 1).unwrap().is_some());
    assert!(!open.directory.path().join("loyalty-1-1.states").exists());
}

#[test]
fn keys_out_of_order_and_impossible_names_are_refused() {
    let Open { directory: _directory, store } = Open::new();
    let mut writer = store.begin_generation("loyalty", 1).unwrap();
    writer.push(b"b", b"").unwrap();
    for key in [&b"b"[..], b"a", b""] {
        let error = writer.push(key, b"").expect_err("not greater");
        assert!(matches!(error, ViewStoreError::OutOfOrder { .. }), "{error}");
    }
    for name in ["", "..", "a/b", "Loyalty"] {
        let error = store.status(name, 1).expect_err("no name");
        assert_eq!(error, ViewStoreError::Name { name: name.to_owned() });
        assert!(store.begin_generation(name, 1).is_err());
    }
}

#[test]
fn a_second_open_is_told_that_the_views_are_in_use() {
    let open = Open::new();
    let error = ViewStore::open(open.directory.path()).expect_err("in use");
    assert_eq!(error, ViewStoreError::InUse { directory: open.directory.path().to_owned() });
    drop(open.store);
    assert!(ViewStore::open(open.directory.path()).is_ok());
}
