//! A place to run the command in: an own directory, none of the caller's environment.

#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]
#![allow(unreachable_pub, reason = "shared by several test programs")]

use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A directory of a test's own; removed at the end.
pub struct Place(tempfile::TempDir);

/// How a run of the command ended.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("the output is UTF-8");
        let code = output.status.code().expect("the command was not killed");
        Self { code, out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Asserts the exit code and gives the run.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// The standard output as one JSON document.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}:\n{}", self.out))
    }
}

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    /// A place with a ledger in `ledger`.
    pub fn with_ledger() -> Self {
        let place = Self::new();
        place.annals(&["init"]).exits(0);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).expect("written");
        path
    }

    /// The command, not yet run, with the ledger `ledger`.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_annals"));
        command.args(args).current_dir(self.0.path()).env_clear().env("ANNALS_LEDGER", "ledger");
        command
    }

    pub fn annals(&self, args: &[&str]) -> Ran {
        Ran::of(&self.command(args).stdin(Stdio::null()).output().expect("the command runs"))
    }

    /// Runs with something on the standard input.
    pub fn annals_given(&self, args: &[&str], input: &str) -> Ran {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        let input = input.to_owned();
        let writing = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
        let output = child.wait_with_output().expect("the command ends");
        // A command that refuses before reading closes the pipe.
        drop(writing.join().expect("no panic"));
        Ran::of(&output)
    }

    /// Records events, given as JSON on a line each.
    pub fn record(&self, lines: &str) {
        self.annals_given(&["record"], lines).exits(0);
    }
}

/// A purchase as JSON on one line.
pub fn purchase(number: u32, customer: &str, day: &str, euros: &str) -> String {
    format!(
        "{{\"id\":\"0190b2f4-6f0e-7c3a-9d51-{number:012x}\",\"kind\":\"purchase.completed\",\
         \"subject\":\"{customer}\",\"occurred_at\":\"{day}T12:00:00Z\",\
         \"data\":{{\"lines\":[],\"total\":{{\"amount\":\"{euros}\",\"currency\":\"EUR\"}}}}}}\n"
    )
}

/// A complaint with a personal text, as JSON on one line.
pub fn complaint(number: u32, customer: &str, day: &str, text: &str) -> String {
    format!(
        "{{\"id\":\"0190b2f4-6f0e-7c3a-9d52-{number:012x}\",\"kind\":\"complaint.received\",\
         \"subject\":\"{customer}\",\"occurred_at\":\"{day}T12:00:00Z\",\
         \"data\":{{\"complaint\":\"K-{number}\",\"category\":\"delivery\",\
         \"description\":\"{text}\"}}}}\n"
    )
}

/// All files below a directory.
pub fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// What the command answers as JSON.
pub fn json_of(place: &Place, args: &[&str]) -> Value {
    place.annals(&[args, &["--format", "json"]].concat()).exits(0).json()
}

/// A figure as a paper prints it.
pub fn printed(value: &Value, digits: usize) -> String {
    format!("{:.digits$}", value.as_f64().expect("a number"))
}
