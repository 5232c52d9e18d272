//! Who is who: party ids joined by links and parted by unlinks, by what the ledger knew at a time.
//!
//! A customer is a party or several linked ones. Links are cut by recorded time alone: asking how
//! things stood in the world on a past day uses today's knowledge of who is who, unless the
//! question says what the ledger knew. An unlink takes back one link; a retraction of a link does
//! the same.

use annals_events::{EventId, Instant, PartyId, Payload, Position, RecordedEvent};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The links of a log, as far as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identities {
    links: BTreeMap<EventId, Link>,
    /// Unlinks and retractions, by the event they take back.
    undone: BTreeMap<EventId, Vec<Undo>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Link {
    one: PartyId,
    other: PartyId,
    position: Position,
    recorded_at: Instant,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Undo {
    id: EventId,
    position: Position,
    recorded_at: Instant,
}

impl Identities {
    /// Learns from an event; called in the order of the log. Learning the same event again changes
    /// nothing. Gives the parties whose customers the event may have changed.
    pub fn learn(&mut self, recorded: &RecordedEvent) -> BTreeSet<PartyId> {
        let event = &recorded.event;
        let (id, recorded_at) = (event.id(), recorded.recorded_at);
        let target = match (event.payload(), event.stream().as_party()) {
            (Payload::IdentityLinked(link), Some(one)) => {
                let (one, other) = (one.clone(), link.other.clone());
                let concerned = self.members_of_both(&one, &other);
                self.links
                    .insert(id, Link { one, other, position: recorded.position, recorded_at });
                return concerned;
            }
            (Payload::IdentityUnlinked(unlink), _) => unlink.link,
            (Payload::RetractionRecorded(retraction), _) => retraction.target,
            _ => return BTreeSet::new(),
        };
        let concerned = match self.root_link(target) {
            Some(link) => {
                let (one, other) = (link.one.clone(), link.other.clone());
                self.members_of_both(&one, &other)
            }
            None => BTreeSet::new(),
        };
        let undo = Undo { id, position: recorded.position, recorded_at };
        let undos = self.undone.entry(target).or_default();
        if !undos.contains(&undo) {
            undos.push(undo);
        }
        concerned
    }

    /// The link an event takes back, directly or through what it takes back.
    fn root_link(&self, target: EventId) -> Option<&Link> {
        let mut target = target;
        let mut seen = BTreeSet::new();
        loop {
            if let Some(link) = self.links.get(&target) {
                return Some(link);
            }
            if !seen.insert(target) {
                return None;
            }
            let undoes =
                |(_, undos): &(&EventId, &Vec<Undo>)| undos.iter().any(|undo| undo.id == target);
            target = *self.undone.iter().find(undoes)?.0;
        }
    }

    fn members_of_both(&self, one: &PartyId, other: &PartyId) -> BTreeSet<PartyId> {
        let mut members = self.members(one, None);
        members.extend(self.members(other, None));
        members
    }

    /// Whether an event of this id and position is not taken back by one behind it that holds
    /// itself.
    fn holds(&self, id: EventId, position: Position, recorded_before: Option<Instant>) -> bool {
        let counts = |undo: &Undo| {
            undo.position > position
                && recorded_before.is_none_or(|bound| undo.recorded_at < bound)
                && self.holds(undo.id, undo.position, recorded_before)
        };
        !self.undone.get(&id).is_some_and(|undos| undos.iter().any(counts))
    }

    /// All parties that are the same customer as this one, itself included, as known before an
    /// instant.
    pub fn members(&self, party: &PartyId, recorded_before: Option<Instant>) -> BTreeSet<PartyId> {
        let links: Vec<_> = self.live_links(recorded_before).collect();
        let mut members = BTreeSet::from([party.clone()]);
        loop {
            let before = members.len();
            for link in &links {
                if members.contains(&link.one) {
                    members.insert(link.other.clone());
                } else if members.contains(&link.other) {
                    members.insert(link.one.clone());
                }
            }
            if members.len() == before {
                return members;
            }
        }
    }

    fn live_links(&self, recorded_before: Option<Instant>) -> impl Iterator<Item = &Link> {
        self.links
            .iter()
            .filter(move |(id, link)| {
                recorded_before.is_none_or(|bound| link.recorded_at < bound)
                    && self.holds(**id, link.position, recorded_before)
            })
            .map(|(_, link)| link)
    }

    /// Every party that is linked with another, with all members of its customer, as known before
    /// an instant.
    pub fn groups(&self, recorded_before: Option<Instant>) -> Vec<BTreeSet<PartyId>> {
        let mut group_of: BTreeMap<PartyId, usize> = BTreeMap::new();
        let mut groups: Vec<BTreeSet<PartyId>> = Vec::new();
        for link in self.live_links(recorded_before) {
            let indexes = [&link.one, &link.other].map(|party| group_of.get(party).copied());
            let (keep, merge) = match indexes {
                [Some(a), Some(b)] if a == b => continue,
                [Some(a), other] => (a, other),
                [None, Some(b)] => (b, None),
                [None, None] => {
                    groups.push(BTreeSet::new());
                    (groups.len() - 1, None)
                }
            };
            let moved = merge
                .and_then(|merge| groups.get_mut(merge))
                .map(std::mem::take)
                .unwrap_or_default();
            let Some(group) = groups.get_mut(keep) else { continue };
            for party in moved.into_iter().chain([link.one.clone(), link.other.clone()]) {
                group_of.insert(party.clone(), keep);
                group.insert(party);
            }
        }
        groups.retain(|group| !group.is_empty());
        groups
    }

    /// Whether no two parties were ever linked.
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }
}
