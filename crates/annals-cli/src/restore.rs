//! `annals restore`: a ledger of a backup.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::table::{Table, grouped};
use annals::restore;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Every hash of the new ledger is checked before it becomes one. An existing ledger is never written
over. A restore that is interrupted leaves a directory that no command takes for a ledger; run it
again.

Example:
  annals restore /mnt/backup/ledger /srv/ledger";

/// Arguments of `restore`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct RestoreArgs {
    /// The directory of a backup
    #[arg(value_name = "FROM")]
    from: PathBuf,
    /// Where to make the ledger: a new or empty directory (instead of --ledger)
    #[arg(value_name = "TO")]
    to: Option<PathBuf>,
}

pub(crate) async fn run(args: RestoreArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let directory = args.to.unwrap_or_else(|| context.ledger.clone());
    let (from, to) = (args.from, directory.clone());
    let restored = tokio::task::spawn_blocking(move || restore(&from, &to))
        .await
        .map_err(|error| Failure::Failed(format!("the restore stopped early: {error}")))??;
    let value = json!({
        "ledger": directory.display().to_string(),
        "events": restored.head.next.get(),
        "root": restored.head.root.to_string(),
        "taken_at": restored.taken_at.to_string(),
        "has_vault": restored.has_vault,
    });
    context.output.object(&value, |output| {
        output.table(&Table::pairs([
            ("ledger", directory.display().to_string()),
            ("events", grouped(restored.head.next.get().into())),
            ("root", restored.head.root.to_string()),
            ("backup of", restored.taken_at.to_string()),
            ("keys", if restored.has_vault { "yes" } else { "no" }.to_owned()),
        ]))
    })?;
    context.output.message(&if restored.has_vault {
        "Personal fields open with the master key the ledger was made with.".to_owned()
    } else {
        let vault = directory.join("vault");
        let vault = vault.display();
        format!(
            "The backup has no keys: put the ledger's vault into {vault} to read personal fields."
        )
    });
    Ok(Outcome::Done)
}
