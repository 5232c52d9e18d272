//! What happens to one customer at one step of a simulation, told as events in their order.

use crate::dice::Dice;
use annals_events::{
    Channel, Code, Currency, Date, Envelope, Event, EventId, Instant, Money, OccurredAt, PartyId,
    Payload, Personal, Source, StreamId, VersionNumber, Zone,
};

/// Where a simulation takes place.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) seed: u64,
    pub(crate) source: Source,
    pub(crate) zone: Zone,
    pub(crate) currency: Currency,
}

/// A local day and second of it, as whole seconds since 1970 on the local clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(i64);

impl Moment {
    /// Some time of a day between 8 and 20 o'clock.
    pub(crate) fn on(day: Date, dice: &mut Dice) -> Self {
        Self(i64::from(day.days()) * 86_400 + dice.between(8 * 3600, 20 * 3600 - 1))
    }

    pub(crate) fn day(self) -> Date {
        let days = i32::try_from(self.0.div_euclid(86_400)).unwrap_or(0);
        Date::from_days(days).expect("a moment is made from a date")
    }

    fn later(self, days: i64, dice: &mut Dice) -> Self {
        if days == 0 {
            return Self(self.0 + dice.between(60, 3600));
        }
        Self::on(self.day().plus_days(i32::try_from(days).unwrap_or(0)), dice)
    }

    fn occurred_at(self, zone: &Zone) -> OccurredAt {
        let second = u32::try_from(self.0.rem_euclid(86_400)).unwrap_or(0);
        zone.local(self.day(), second, 0).expect("simulations take place between 1678 and 2261")
    }
}

/// An event and when the ledger hears of it.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) heard_at: Instant,
    pub(crate) event: Event,
}

/// A story being told.
pub(crate) struct Story<'a> {
    setting: &'a Setting,
    party: PartyId,
    /// What makes the numbers and ids of this story differ from those of all others.
    key: String,
    pub(crate) dice: Dice,
    /// How satisfied the customer is by nature and by what happened: 0 to 100.
    pub(crate) mood: i64,
    told: Vec<Told>,
}

impl<'a> Story<'a> {
    pub(crate) fn new(
        setting: &'a Setting,
        party: PartyId,
        key: String,
        dice: Dice,
        mood: i64,
    ) -> Self {
        Self { setting, party, key, dice, mood, told: Vec::new() }
    }

    pub(crate) fn into_told(self) -> Vec<Told> {
        self.told
    }

    pub(crate) fn party(&self) -> &PartyId {
        &self.party
    }

    /// Goes on about another party id.
    pub(crate) fn set_party(&mut self, party: PartyId) {
        self.party = party;
    }

    /// A number for an order, complaint or the like: unique in the simulation.
    pub(crate) fn number(&self, what: &str) -> Code {
        code(&format!("{what}-{}-{}", self.key, self.told.len()))
    }

    pub(crate) fn money(&self, minor_units: i64) -> Money {
        Money::new(minor_units, self.setting.currency)
    }

    /// Some time from `low` to `high` days later; for no days, up to an hour later.
    pub(crate) fn later(&mut self, at: Moment, low: i64, high: i64) -> Moment {
        let days = self.dice.between(low, high);
        at.later(days, &mut self.dice)
    }

    /// Tells an event that the ledger hears of at once.
    pub(crate) fn tell(
        &mut self,
        at: Moment,
        channel: Option<Channel>,
        payload: impl Into<Payload>,
    ) -> EventId {
        self.tell_late(at, 0, channel, payload)
    }

    /// Tells an event that the ledger hears of so many days later.
    pub(crate) fn tell_late(
        &mut self,
        at: Moment,
        days: i64,
        channel: Option<Channel>,
        payload: impl Into<Payload>,
    ) -> EventId {
        let key = format!("{}/{}", self.key, self.told.len());
        let id = EventId::from_foreign(self.setting.source.as_str(), &key);
        let occurred_at = at.occurred_at(&self.setting.zone);
        let stream = StreamId::Party(self.party.clone());
        let mut envelope = Envelope::new(id, stream, occurred_at);
        envelope.source = Some(self.setting.source.clone());
        envelope.channel = channel;
        let event = Event::new(envelope, payload).expect("simulated events can be true");
        let heard_at = occurred_at.instant().plus_seconds(days * 86_400);
        self.told.push(Told { heard_at, event });
        id
    }

    /// A staff pseudonym.
    pub(crate) fn staff(&mut self, unit: &str, count: i64) -> Code {
        code(&format!("{unit}-{:02}", self.dice.between(1, count)))
    }
}

/// A code written in this crate.
pub(crate) fn code(text: &str) -> Code {
    Code::new(text).expect("the simulation writes short plain codes")
}

/// A personal text written in this crate.
pub(crate) fn personal(text: &str) -> Personal {
    Personal::new(text).expect("the simulation writes short texts")
}

/// A first version.
pub(crate) fn first_version() -> VersionNumber {
    VersionNumber::new(1).expect("1 is a version")
}
