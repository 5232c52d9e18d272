//! The arrows between the crates as they are drawn in docs/architecture.md, and how files are kept.
//!
//! An arrow that is not drawn here is a changed design: draw it, with an ADR that says why.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use toml::Table;

/// Each crate and the crates of the workspace it may depend on. Tests may use any of them.
const ARROWS: &[(&str, &[&str])] = &[
    ("annals-audit", &[]),
    ("annals-chart", &[]),
    ("annals-events", &[]),
    ("annals-log", &["annals-events", "annals-audit"]),
    ("annals-projection", &["annals-events"]),
    ("annals-satisfaction", &["annals-projection", "annals-events"]),
    ("annals-loyalty", &["annals-projection", "annals-events"]),
    ("annals-lifecycle", &["annals-projection", "annals-events"]),
    ("annals-import", &["annals-events"]),
    ("annals-vault", &["annals-events"]),
    ("annals-sled", &["annals-log", "annals-projection", "annals-events", "annals-audit"]),
    ("annals-testkit", &["annals-events", "annals-log", "annals-projection"]),
    (
        "annals",
        &[
            "annals-import",
            "annals-log",
            "annals-projection",
            "annals-satisfaction",
            "annals-loyalty",
            "annals-lifecycle",
            "annals-audit",
            "annals-vault",
            "annals-sled",
            "annals-events",
        ],
    ),
    ("annals-cli", &["annals", "annals-chart", "annals-testkit"]),
];

/// What only some crates may name, and which.
const KEPT_APART: &[(&str, &[&str])] = &[
    ("sled", &["annals-sled"]),
    ("bincode", &["annals-events"]),
    ("tokio", &["annals-log", "annals-sled", "annals", "annals-cli"]),
    ("async-trait", &["annals-log", "annals-sled", "annals", "annals-cli"]),
    ("proptest", &["annals-testkit"]),
    ("clap", &["annals-cli"]),
    ("resvg", &["annals-chart"]),
];

/// The table of kinds is one table, however long.
const LONG_FILES: &[&str] = &["crates/annals-events/src/kinds.rs"];
/// Declared tables, which read better in long lines than broken.
const WIDE_FILES: &[&str] = &[
    "crates/annals-events/src/kinds.rs",
    "crates/annals-events/src/kind_macro.rs",
    "crates/annals-events/src/choices.rs",
    "crates/annals-events/src/record.rs",
];
const LINES_MAX: usize = 600;
const COLUMNS_MAX: usize = 100;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn manifest(folder: &Path) -> Table {
    let path = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&path).expect("every crate has a manifest");
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

fn crates() -> Vec<(String, Table)> {
    let named = |folder: PathBuf| {
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        (name, manifest(&folder))
    };
    entries(&root().join("crates")).into_iter().map(named).collect()
}

/// What a crate depends on when it is built for use, by the package's own name.
fn dependencies(manifest: &Table) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut tables = vec![manifest.get("dependencies"), manifest.get("build-dependencies")];
    if let Some(targets) = manifest.get("target").and_then(|targets| targets.as_table()) {
        tables.extend(targets.values().map(|target| target.get("dependencies")));
    }
    for (name, value) in tables.into_iter().flatten().filter_map(|table| table.as_table()).flatten()
    {
        let renamed = value.get("package").and_then(|package| package.as_str());
        names.insert(renamed.unwrap_or(name).to_owned());
    }
    names
}

#[test]
fn arrows_between_crates_are_those_drawn() {
    let drawn: BTreeSet<_> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let there: BTreeSet<_> = crates().into_iter().map(|(name, _)| name).collect();
    assert_eq!(there, drawn, "the crates of the workspace");
    for (name, manifest) in crates() {
        let (_, allowed) = ARROWS.iter().find(|(drawn, _)| *drawn == name).expect("it is drawn");
        for dependency in dependencies(&manifest).intersection(&drawn) {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{name} -> {dependency} is not drawn: give {name} what it needs as an argument, or \
                 draw the arrow here and in docs/architecture.md with an ADR"
            );
        }
    }
}

#[test]
fn what_is_kept_apart_is_named_by_its_crate_alone() {
    for (name, manifest) in crates() {
        for (kept_apart, allowed) in KEPT_APART {
            assert!(
                !dependencies(&manifest).contains(*kept_apart) || allowed.contains(&name.as_str()),
                "{name} names {kept_apart}, which only {} may",
                allowed.join(", ")
            );
        }
    }
}

#[test]
fn manifests_agree_with_their_folders_and_share_the_lints() {
    for (name, manifest) in crates() {
        let package = manifest.get("package").and_then(|package| package.get("name"));
        assert_eq!(package.and_then(|name| name.as_str()), Some(name.as_str()));
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        assert_eq!(lints.and_then(toml::Value::as_bool), Some(true), "{name}: lints.workspace");
    }
}

/// All Rust files of the workspace: path from the root, and text.
fn sources() -> Vec<(String, String)> {
    let (root, mut found) = (root(), Vec::new());
    let mut folders = vec![root.join("crates"), root.join("tests")];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).expect("it lies below the root");
                let text = std::fs::read_to_string(&path).expect("source is UTF-8");
                found.push((name.to_string_lossy().replace('\\', "/"), text));
            }
        }
    }
    assert!(found.len() > 50, "the sources are found");
    found
}

/// Complaints about all files, together, so that one run shows all.
fn all_hold(complain: impl Fn(&str, &str) -> Vec<String>) {
    let complaints: Vec<_> =
        sources().iter().flat_map(|(name, text)| complain(name, text)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_is() {
    all_hold(|name, text| {
        let opens = text.starts_with("//! ");
        (!opens)
            .then(|| format!("{name}: begin with //! and what, why so, what is absent"))
            .into_iter()
            .collect()
    });
}

#[test]
fn files_are_short_and_lines_narrow() {
    all_hold(|name, text| {
        let mut complaints = Vec::new();
        let count = text.lines().count();
        if count > LINES_MAX && !LONG_FILES.contains(&name) {
            complaints.push(format!("{name}: {count} lines, at most {LINES_MAX}: split it"));
        }
        for (number, line) in text.lines().enumerate() {
            // Text in quotes is one thing: what a person will read, or data.
            let quoted = line.contains('"');
            let wide = line.chars().count() > COLUMNS_MAX;
            if wide && !quoted && !WIDE_FILES.contains(&name) {
                complaints.push(format!("{name}:{}: above {COLUMNS_MAX} columns", number + 1));
            }
        }
        complaints
    });
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here, so that this file does not hold what it forbids.
    let forbidden = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["todo", "!"],
        ["unimplemented", "!"],
        ["#[ig", "nore"],
        ["dbg", "!("],
    ]
    .map(|parts| parts.concat());
    all_hold(|name, text| {
        let lines = text.lines().enumerate();
        lines
            .filter(|(_, line)| forbidden.iter().any(|word| line.contains(word.as_str())))
            .map(|(number, line)| format!("{name}:{}: {}", number + 1, line.trim()))
            .collect()
    });
}

#[test]
fn nothing_unwraps_outside_tests() {
    let unwrap = [".unw", "rap()"].concat();
    all_hold(|name, text| {
        let production = text.split("#[cfg(test)]").next().unwrap_or_default();
        let inside = name.starts_with("crates/") && name.contains("/src/");
        let lines = production.lines().enumerate().filter(|_| inside);
        lines
            .filter(|(_, line)| line.contains(&unwrap) && !line.trim_start().starts_with("//"))
            .map(|(number, line)| format!("{name}:{}: {}", number + 1, line.trim()))
            .collect()
    });
}
