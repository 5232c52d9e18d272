//! Which events `log`, `count` and `export` are asked for.

use crate::as_of::When;
use crate::failure::Failure;
use annals::Annals;
use annals::events::{CustomKind, Position, StreamId, kinds};
use annals::log::{Filter, PositionRange};
use clap::Args;

/// Which events are wanted. All conditions must hold.
#[derive(Args)]
#[command(next_help_heading = "Which events")]
pub(crate) struct FilterArgs {
    /// Events of this kind, such as complaint.received or complaint.*; may be repeated
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Events of this customer, by party id or alias, of all its linked parties
    #[arg(long, value_name = "CUSTOMER")]
    customer: Option<String>,
    /// From this position on
    #[arg(long, value_name = "POSITION")]
    from: Option<u64>,
    /// Up to this position, which is not included
    #[arg(long, value_name = "POSITION")]
    to: Option<u64>,
    /// Events that occurred at this instant or later; a day means its beginning
    #[arg(long, value_name = "DATE|INSTANT")]
    occurred_from: Option<When>,
    /// Events that occurred before this instant; a day means its beginning
    #[arg(long, value_name = "DATE|INSTANT", conflicts_with = "as_of")]
    occurred_before: Option<When>,
    /// Events that occurred up to this day, which is included whole; an instant is not included
    #[arg(long, value_name = "DATE|INSTANT")]
    as_of: Option<When>,
    /// Events the ledger learned at this instant or later; a day means its beginning
    #[arg(long, value_name = "DATE|INSTANT")]
    recorded_from: Option<When>,
    /// Events the ledger learned before this instant; a day means its beginning
    #[arg(long, value_name = "DATE|INSTANT")]
    recorded_before: Option<When>,
}

impl FilterArgs {
    /// The positions and the filter asked for.
    pub(crate) async fn resolve(
        &self,
        ledger: &Annals,
    ) -> Result<(PositionRange, Filter), Failure> {
        self.kind.iter().try_for_each(|kind| check_kind(kind))?;
        let zone = ledger.zone();
        let start = |when: Option<When>| when.map(|when| when.start(zone));
        let as_of = self.as_of.map(|when| when.as_of(zone).occurred_before);
        let mut filter = Filter {
            kinds: self.kind.clone(),
            streams: Vec::new(),
            occurred_from: start(self.occurred_from),
            occurred_before: start(self.occurred_before).or(as_of),
            recorded_from: start(self.recorded_from),
            recorded_before: start(self.recorded_before),
        };
        if let Some(name) = &self.customer {
            let customer = ledger.customer(name, ledger.as_of_now()).await?;
            filter.streams = customer.members.into_iter().map(StreamId::Party).collect();
        }
        let range = PositionRange {
            start: Position::new(self.from.unwrap_or_default()),
            end: self.to.map(Position::new),
        };
        Ok((range, filter))
    }
}

/// A kind that no event can have would silently find nothing.
fn check_kind(wanted: &str) -> Result<(), Failure> {
    let known = match wanted.strip_suffix('*') {
        Some(start) => {
            start.starts_with("x.") || kinds().iter().any(|kind| kind.name.starts_with(start))
        }
        None => CustomKind::new(wanted).is_ok() || kinds().iter().any(|kind| kind.name == wanted),
    };
    if known {
        return Ok(());
    }
    let message = format!(
        "no kind {wanted}: expected one of docs/events.md such as purchase.completed, a group such \
         as complaint.*, or x. and a name of your own"
    );
    Err(Failure::Usage(message))
}
