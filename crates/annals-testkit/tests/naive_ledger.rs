//! The naive ledger finds the same customers as `Identities`, by a way of its own.

use annals_events::{
    Envelope, Event, EventId, IdentityLinked, IdentityUnlinked, Instant, OccurredAt, PartyId,
    Payload, RetractionReason, RetractionRecorded, StreamId,
};
use annals_projection::Identities;
use annals_testkit::NaiveLedger;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn party(number: usize) -> PartyId {
    PartyId::new(&format!("P-{number}")).expect("an id")
}

/// A link between two of five parties, or an event that takes back one of those before it.
fn event(number: usize, choice: [usize; 3]) -> Event {
    let [what, one, other] = choice;
    let id = |number: usize| EventId::from_foreign("test", &number.to_string());
    let code = |text: &str| text.parse().expect("a code");
    let target = id(other % number.max(1));
    let payload: Payload = match what {
        0 => IdentityUnlinked { link: target, reason: code("wrong") }.into(),
        1 => RetractionRecorded { target, reason: RetractionReason::NeverHappened }.into(),
        _ => IdentityLinked {
            other: party((one + 1 + other % 4) % 5),
            rule: code("rule"),
            rule_version: 1.try_into().expect("a version"),
            score: None,
            evidence: Vec::new(),
        }
        .into(),
    };
    let occurred_at = OccurredAt::utc(Instant::from_unix_seconds(0));
    let envelope = Envelope::new(id(number), StreamId::Party(party(one)), occurred_at);
    Event::new(envelope, payload).expect("the parties differ")
}

proptest! {
    #[test]
    fn customers_are_those_of_the_identities(
        choices in prop::collection::vec([0..4_usize, 0..5_usize, 0..20_usize], 1..20),
        recorded_before in prop::option::of(0..21_i64),
    ) {
        let mut ledger = NaiveLedger::new();
        for (number, choice) in choices.into_iter().enumerate() {
            let now = Instant::from_unix_seconds(i64::try_from(number).expect("a small number"));
            ledger.append(&[event(number, choice)], &[], now).expect("nothing is refused");
        }
        let bound = recorded_before.map(Instant::from_unix_seconds);
        let mut identities = Identities::default();
        for recorded in ledger.events() {
            identities.learn(recorded);
        }
        let groups: BTreeSet<_> = identities.groups(bound).into_iter().collect();
        let customers = ledger.customers(bound);
        let linked: BTreeSet<_> =
            customers.values().filter(|members| members.len() > 1).cloned().collect();
        prop_assert_eq!(linked, groups);
        for (canonical, members) in customers {
            prop_assert_eq!(identities.members(&canonical, bound), members);
        }
    }
}
