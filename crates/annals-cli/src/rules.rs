//! `annals rules`: the rulesets that views are read under.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::ruleset_choice::{chosen, read};
use crate::table::{NOTHING, Table, grouped, plain, shortened};
use annals::projection::{Change, Ruleset, changes};
use annals::{Annals, AnnalsError, RegisteredRuleset, check_ruleset};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;

const AFTER_HELP: &str = "\
The last ruleset registered under a projection's name is in force. A registered one never changes; a
question can be asked under any of them: annals compare VIEW --rules 1 --rules 2.

Example:
  annals rules list
  annals rules show loyalty > loyalty.toml     change it, and raise its version
  annals rules check loyalty.toml
  annals rules diff loyalty@1 loyalty.toml
  annals rules register loyalty.toml";

/// Arguments of `rules`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// All rulesets ever registered, in the order of the log
    List,
    /// The text of a ruleset
    Show {
        /// Its name, which is the projection's
        name: String,
        /// Its version; the one in force unless given
        #[arg(long, value_name = "N")]
        version: Option<u32>,
    },
    /// Check a file, without a ledger; where it is no ruleset: line, column and reason
    Check {
        /// The file, TOML
        file: PathBuf,
    },
    /// Register a file: it is in force from now on
    Register {
        /// The file, TOML
        file: PathBuf,
    },
    /// The keys that differ between two rulesets
    Diff {
        /// NAME@VERSION, or a file
        before: String,
        /// NAME@VERSION, or a file
        after: String,
    },
}

pub(crate) async fn run(args: RulesArgs, context: &mut Context) -> Result<Outcome, Failure> {
    if let Action::Check { file } = &args.action {
        write_ruleset(&check_ruleset(&read(file)?)?, None, &mut context.output)?;
        return Ok(Outcome::Done);
    }
    let ledger = context.open().await?;
    let output = &mut context.output;
    match args.action {
        Action::List => list(&ledger.rulesets().await?, output)?,
        Action::Show { name, version } => show(&ledger, &name, version, output).await?,
        // Needs no ledger: done above.
        Action::Check { .. } => {}
        Action::Register { file } => {
            let text = read(&file)?;
            let placed = ledger.register_ruleset(&text).await?;
            write_ruleset(&ledger.check_ruleset(&text)?, Some(placed.position.get()), output)?;
        }
        Action::Diff { before, after } => diff(&ledger, &before, &after, output).await?,
    }
    ledger.close().await?;
    Ok(Outcome::Done)
}

fn list(rulesets: &[RegisteredRuleset], output: &mut Output) -> Result<(), Failure> {
    let in_force = |ruleset: &RegisteredRuleset| {
        let last = rulesets.iter().rfind(|other| other.name == ruleset.name);
        last.is_some_and(|last| last.position == ruleset.position)
    };
    let row = |ruleset: &RegisteredRuleset| {
        json!({
            "name": ruleset.name,
            "version": ruleset.version,
            "hash": ruleset.hash,
            "position": ruleset.position.get(),
            "recorded_at": ruleset.recorded_at.to_string(),
            "in_force": in_force(ruleset),
        })
    };
    output.rows(rulesets.iter().map(row).collect(), |output| {
        let titles = ["name", "version", "hash", "position", "recorded at", "in force"];
        let mut table = Table::new(titles, &[1, 3]);
        for ruleset in rulesets {
            table.row([
                ruleset.name.clone(),
                ruleset.version.to_string(),
                format!("{:.12}", ruleset.hash),
                grouped(ruleset.position.get().into()),
                ruleset.recorded_at.to_string(),
                if in_force(ruleset) { "yes".to_owned() } else { NOTHING.to_owned() },
            ]);
        }
        output.table(&table)
    })
}

async fn show(
    ledger: &Annals,
    name: &str,
    version: Option<u32>,
    output: &mut Output,
) -> Result<(), Failure> {
    let version = match version {
        Some(version) => version,
        None => last_version(ledger, name).await?,
    };
    let ruleset = ledger.ruleset(name, version).await?;
    let mut value = ruleset_json(&ruleset);
    if let Some(object) = value.as_object_mut() {
        object.insert("text".to_owned(), ruleset.text.clone().into());
    }
    output.object(&value, |output| Ok(output.data().write_all(ruleset.text.as_bytes())?))
}

/// The version in force; 0, which is nobody's, where the name has none.
async fn last_version(ledger: &Annals, name: &str) -> Result<u32, AnnalsError> {
    let rulesets = ledger.rulesets().await?;
    Ok(rulesets.iter().rfind(|ruleset| ruleset.name == name).map_or(0, |ruleset| ruleset.version))
}

fn ruleset_json(ruleset: &Ruleset) -> Value {
    json!({
        "name": ruleset.name,
        "version": ruleset.version,
        "hash": ruleset.hash().to_string(),
    })
}

/// A ruleset that is one, and where it stands in the log.
fn write_ruleset(
    ruleset: &Ruleset,
    position: Option<u64>,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut value = ruleset_json(ruleset);
    if let (Some(position), Some(object)) = (position, value.as_object_mut()) {
        object.insert("position".to_owned(), position.into());
    }
    output.object(&value, |output| {
        let mut rows = vec![
            ("name", ruleset.name.clone()),
            ("version", ruleset.version.to_string()),
            ("hash", ruleset.hash().to_string()),
        ];
        rows.extend(position.map(|position| ("position", grouped(position.into()))));
        output.table(&Table::pairs(rows))
    })
}

async fn diff(
    ledger: &Annals,
    before: &str,
    after: &str,
    output: &mut Output,
) -> Result<(), Failure> {
    let old = keys(&chosen(ledger, None, before).await?)?;
    let new = keys(&chosen(ledger, None, after).await?)?;
    let changed = changes(&old, &new);
    let rows = changed.iter().map(|change| serde_json::to_value(change).unwrap_or_default());
    output.rows(rows.collect(), |output| write_changes(&changed, output))
}

fn keys(ruleset: &Ruleset) -> Result<Value, Failure> {
    toml::from_str(&ruleset.text)
        .map_err(|error| Failure::Failed(format!("ruleset {}: {error}", ruleset.name)))
}

fn write_changes(changed: &[Change], output: &mut Output) -> Result<(), Failure> {
    if changed.is_empty() {
        return output.line("no key differs");
    }
    let mut table = Table::new(["key", "before", "after"], &[]);
    for change in changed {
        let text = |value: &Value| shortened(&plain(value), 60);
        table.row([change.path.clone(), text(&change.before), text(&change.after)]);
    }
    output.table(&table)
}
