//! `annals erase`: destroy a party's key.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::table::{Table, grouped};
use annals::Annals;
use annals::events::{Code, PartyId};
use clap::Args;
use serde_json::json;

const AFTER_HELP: &str = "\
Records erasure.executed, then destroys the party's key: its personal fields can never be read
again, here or in any copy of the log. Every event, figure and proof stays.

Example:
  annals erase C-7 --legal-basis gdpr-17 --yes";

/// Arguments of `erase`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct EraseArgs {
    /// The party, by its id or by an alias
    party: String,
    /// Why it has to be done, such as gdpr-17 or pipl-47
    #[arg(long, value_name = "CODE")]
    legal_basis: Code,
    /// Do it: there is no way back
    #[arg(long)]
    yes: bool,
}

pub(crate) async fn run(args: EraseArgs, context: &mut Context) -> Result<Outcome, Failure> {
    if !args.yes {
        let message = "erasing cannot be taken back: say --yes to do it";
        return Err(Failure::Usage(message.to_owned()));
    }
    let ledger = context.open().await?;
    let party = party(&ledger, &args.party).await?;
    let fields = ledger.erase(&party, args.legal_basis).await?;
    ledger.close().await?;
    let value = json!({"party": party.to_string(), "fields": fields});
    context.output.object(&value, |output| {
        output.table(&Table::pairs([
            ("erased", party.to_string()),
            ("sealed fields of its own stream", grouped(fields.into())),
        ]))
    })?;
    Ok(Outcome::Done)
}

/// The one party that is meant: an erasure is about a party, not about all that it is linked with.
async fn party(ledger: &Annals, name: &str) -> Result<PartyId, Failure> {
    let customer = ledger.customer(name, ledger.as_of_now()).await?;
    if let Ok(party) = PartyId::new(name)
        && customer.members.contains(&party)
    {
        return Ok(party);
    }
    match customer.members.as_slice() {
        [party] => Ok(party.clone()),
        several => {
            let ids: Vec<_> = several.iter().map(ToString::to_string).collect();
            Err(Failure::Usage(format!(
                "{name} is a customer of several parties ({}): erase each by its id",
                ids.join(", ")
            )))
        }
    }
}
