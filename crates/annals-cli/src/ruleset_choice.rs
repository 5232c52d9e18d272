//! A ruleset as people name it: a version, a name with a version, or a file.

use crate::failure::Failure;
use annals::Annals;
use annals::projection::Ruleset;
use std::path::Path;

/// The ruleset that a text names: `2` (of `name`), `loyalty@2`, or else a file, which is checked.
pub(crate) async fn chosen(
    ledger: &Annals,
    name: Option<&str>,
    text: &str,
) -> Result<Ruleset, Failure> {
    let ruleset = match (name, text.parse::<u32>(), named_version(text)) {
        (Some(name), Ok(version), _) => ledger.ruleset(name, version).await?,
        (None, Ok(version), _) => {
            return Err(Failure::Usage(format!(
                "expected NAME@{version} or a file: the version {version} of which ruleset?"
            )));
        }
        (_, Err(_), Some((named, version))) => ledger.ruleset(named, version).await?,
        (_, Err(_), None) => ledger.check_ruleset(&read(Path::new(text))?)?,
    };
    match name {
        Some(name) if ruleset.name != name => Err(Failure::Usage(format!(
            "expected rules of {name}, got those of {} in {text}",
            ruleset.name
        ))),
        _ => Ok(ruleset),
    }
}

fn named_version(text: &str) -> Option<(&str, u32)> {
    let (name, version) = text.split_once('@')?;
    Some((name, version.parse().ok()?))
}

/// The text of a file.
pub(crate) fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(Failure::file("reading", file))
}
