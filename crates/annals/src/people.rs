//! Who is who, kept up with the log: which customer a party belongs to.

use crate::error::AnnalsError;
use annals_events::{Instant, PartyId, Position, RecordedEvent, StreamId, StreamVersion};
use annals_log::{Direction, EventLog, ReadError, VersionRange};
use annals_projection::Identities;
use futures::StreamExt as _;
use std::collections::{BTreeSet, HashMap};

/// A customer: one party, or several linked ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The member whose first event is the oldest: the name the customer goes by.
    pub id: PartyId,
    /// All members in the order of their ids, `id` among them.
    pub members: Vec<PartyId>,
}

impl Customer {
    pub(crate) fn single(id: PartyId) -> Self {
        Self { members: vec![id.clone()], id }
    }
}

/// The links learned so far, and the position up to which.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    pub(crate) identities: Identities,
    pub(crate) position: Position,
    /// Customers of linked parties, until the next link or unlink.
    known: HashMap<PartyId, Customer>,
}

impl People {
    pub(crate) fn at(identities: Identities, position: Position) -> Self {
        Self { identities, position, known: HashMap::new() }
    }

    /// Learns from the next event; gives the parties whose customers may have changed.
    pub(crate) fn learn(&mut self, event: &RecordedEvent) -> BTreeSet<PartyId> {
        let concerned = self.identities.learn(event);
        if !concerned.is_empty() {
            self.known.clear();
        }
        concerned
    }

    /// The customer a party belongs to, as all links stand.
    pub(crate) async fn customer_of(
        &mut self,
        log: &dyn EventLog,
        party: &PartyId,
    ) -> Result<Customer, AnnalsError> {
        if self.identities.is_empty() {
            return Ok(Customer::single(party.clone()));
        }
        if let Some(customer) = self.known.get(party) {
            return Ok(customer.clone());
        }
        let customer = resolve(log, self.identities.members(party, None)).await?;
        for member in &customer.members {
            self.known.insert(member.clone(), customer.clone());
        }
        Ok(customer)
    }

    /// The customer a party belonged to, as known before an instant.
    pub(crate) async fn customer_as_known(
        &self,
        log: &dyn EventLog,
        party: &PartyId,
        recorded_before: Option<Instant>,
    ) -> Result<Customer, AnnalsError> {
        resolve(log, self.identities.members(party, recorded_before)).await
    }

    /// Every linked party with one that stands for all members of its customer, as known before an
    /// instant.
    pub(crate) fn linked(&self, recorded_before: Option<Instant>) -> HashMap<PartyId, PartyId> {
        let mut linked = HashMap::new();
        for members in self.identities.groups(recorded_before) {
            if let Some(standing) = members.first().cloned() {
                linked.extend(members.into_iter().map(|member| (member, standing.clone())));
            }
        }
        linked
    }
}

/// The customer these members are: canonical is the one whose stream begins first.
async fn resolve(log: &dyn EventLog, members: BTreeSet<PartyId>) -> Result<Customer, AnnalsError> {
    let mut first: Option<(u64, PartyId)> = None;
    if members.len() > 1 {
        for member in &members {
            let position = first_position(log, member).await?;
            if first.as_ref().is_none_or(|(earliest, _)| position < *earliest) {
                first = Some((position, member.clone()));
            }
        }
    }
    let members: Vec<_> = members.into_iter().collect();
    let id = first.map(|(_, id)| id).or_else(|| members.first().cloned());
    Ok(Customer { id: id.expect("a party is a member of its own customer"), members })
}

/// Where a party's stream begins; behind everything where it has no events.
async fn first_position(log: &dyn EventLog, party: &PartyId) -> Result<u64, AnnalsError> {
    let first = VersionRange { start: StreamVersion::new(1), end: Some(StreamVersion::new(2)) };
    let stream = StreamId::Party(party.clone());
    match log.read_stream(&stream, first, Direction::Forwards).next().await {
        None => Ok(u64::MAX),
        Some(Ok(event)) => Ok(event.position.get()),
        Some(Err(ReadError::Unreadable { position, .. })) => Ok(position.get()),
        Some(Err(error)) => Err(error.into()),
    }
}
