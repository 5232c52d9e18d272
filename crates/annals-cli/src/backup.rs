//! `annals backup`: a copy of the ledger from which it can be made again.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::table::{Table, grouped};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Made into the same place again, a backup replaces the former one and copies only what is new: sealed
files never change. All of it is read back and verified, and what went bad in the backup is copied
again. A backup that is interrupted leaves the former one as it was; run it again.

The subjects' keys are left out unless asked for: a key in a backup outlives an erasure. Keep such
backups apart and delete them by a date. The master key is always left out.

Example:
  annals backup /mnt/backup/ledger
  annals backup /mnt/keys/ledger --with-vault";

/// Arguments of `backup`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct BackupArgs {
    /// Where to: a new or empty directory, or one with an earlier backup of this ledger
    #[arg(value_name = "TO")]
    to: PathBuf,
    /// Also the subjects' keys and aliases, without the master key
    #[arg(long)]
    with_vault: bool,
}

pub(crate) async fn run(args: BackupArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let ledger = context.open().await?;
    let made = if args.with_vault {
        ledger.backup_with_vault(&args.to).await
    } else {
        ledger.backup(&args.to).await
    };
    ledger.close().await?;
    let made = made?;
    let value = json!({
        "backup": args.to.display().to_string(),
        "events": made.head.next.get(),
        "root": made.head.root.to_string(),
        "volumes": made.volumes,
        "volumes_new": made.volumes_new,
        "bytes_new": made.bytes_new,
        "has_vault": made.has_vault,
    });
    context.output.object(&value, |output| {
        output.table(&Table::pairs([
            ("backup", args.to.display().to_string()),
            ("events", grouped(made.head.next.get().into())),
            ("root", made.head.root.to_string()),
            ("volumes", grouped(made.volumes.into())),
            ("new volumes", grouped(made.volumes_new.into())),
            ("new bytes", grouped(made.bytes_new.into())),
            ("keys", if made.has_vault { "yes" } else { "no" }.to_owned()),
        ]))
    })?;
    Ok(Outcome::Done)
}
