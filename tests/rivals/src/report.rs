//! Tables for people, and their place in docs/benchmarks.md.

use std::path::{Path, PathBuf};

/// One promise and what came of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The work.
    pub work: String,
    /// What was measured, with its spread.
    pub measured: String,
    /// What it is held against, and how it compares.
    pub ratio: String,
    /// The gate.
    pub gate: String,
    /// Whether it holds; `None` where nothing was promised.
    pub holds: Option<bool>,
}

/// The rows as a table in Markdown.
pub fn table(rows: &[Row]) -> String {
    let mut text =
        String::from("| work | measured | ratio | gate | holds |\n|---|---|---|---|---|\n");
    for Row { work, measured, ratio, gate, holds } in rows {
        let holds = match holds {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        text.push_str(&format!("| {work} | {measured} | {ratio} | {gate} | {holds} |\n"));
    }
    text
}

/// Puts a text between `<!-- NAME: begin -->` and `<!-- NAME: end -->` of docs/benchmarks.md.
pub fn write_between(name: &str, text: &str) -> Result<(), String> {
    let path = document();
    let document = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let (begin, end) = (format!("<!-- {name}: begin -->"), format!("<!-- {name}: end -->"));
    let missing = || format!("{} has no markers for {name}", path.display());
    let (before, rest) = document.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    let changed = format!("{before}{begin}\n\n{}\n\n{end}{after}", text.trim());
    std::fs::write(&path, changed).map_err(|error| error.to_string())
}

fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/benchmarks.md")
}

/// A rate with its unit.
pub fn rate(events_a_second: f64) -> String {
    if events_a_second >= 1e6 {
        format!("{:.2}M/s", events_a_second / 1e6)
    } else if events_a_second >= 1e4 {
        format!("{:.0}k/s", events_a_second / 1e3)
    } else {
        format!("{:.1}k/s", events_a_second / 1e3)
    }
}

/// A time given in microseconds, with its unit.
pub fn time(microseconds: f64) -> String {
    if microseconds >= 1e6 {
        format!("{:.2} s", microseconds / 1e6)
    } else if microseconds >= 1e3 {
        format!("{:.2} ms", microseconds / 1e3)
    } else {
        format!("{microseconds:.1} us")
    }
}
