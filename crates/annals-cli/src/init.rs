//! `annals init`: make a ledger.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::table::Table;
use annals::events::{InvalidValue, Zone};
use annals::{Annals, MasterKey, master_key_file};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Example:
  annals init --time-zone Asia/Shanghai
  annals init /srv/ledger --key-file /etc/annals/master.key";

/// Arguments of `init`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct InitArgs {
    /// Where to make it: a new or empty directory (instead of --ledger)
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// The IANA time zone that days and months are counted in; it cannot be changed later
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = zone)]
    time_zone: Zone,
}

fn zone(name: &str) -> Result<Zone, InvalidValue> {
    Zone::named(name)
}

pub(crate) async fn run(args: InitArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let directory = args.directory.unwrap_or_else(|| context.ledger.clone());
    let key_file = match context.master_key()? {
        MasterKey::Ledger => Some(master_key_file(&directory)),
        MasterKey::File(file) => Some(file),
        MasterKey::Key(_) | MasterKey::None => None,
    };
    let ledger = Annals::create(&directory, args.time_zone, context.options()?).await?;
    let made = json!({
        "ledger": directory.display().to_string(),
        "ledger_id": ledger.description().ledger_id.to_string(),
        "time_zone": ledger.zone().name(),
        "key_file": key_file.as_ref().map(|file| file.display().to_string()),
    });
    ledger.close().await?;
    context.output.object(&made, |output| {
        output.table(&Table::pairs([
            ("ledger", directory.display().to_string()),
            ("time zone", ledger.zone().name().to_owned()),
        ]))
    })?;
    match key_file {
        Some(file) => context.output.message(&format!(
            "The master key is in {}: keep a copy in another place. Without it no personal field can \
             be read.",
            file.display()
        )),
        None => context.output.message(
            "The master key is the one in ANNALS_KEK. Without it no personal field can be read.",
        ),
    }
    Ok(Outcome::Done)
}
