//! A simulated company: customers who come, buy in rhythms of their own, are looked after,
//! complain, and leave.
//!
//! Buying follows the idea of BG/NBD (Fader, Hardie and Lee, Marketing Science 24, 2005): every
//! customer has a rate of buying and a probability of leaving after each purchase, and both differ
//! between customers. Their distributions are given as tables of quantiles instead of gamma and
//! beta functions, so that whole numbers suffice. Whatever happens at one step of one customer
//! hangs on the seed, the customer and the step alone, so memory grows with the customers, never
//! with the days.

use crate::dice::Dice;
use crate::shopping::order;
use crate::story::{Moment, Setting, Story, Told, code, first_version, personal};
use annals_events::{
    AcquiredVia, Assurance, Channel, ChurnDeclared, CostRecorded, CostType, Currency, Date, Event,
    EventId, IdType, IdentityDeclared, IdentityLinked, IdentityUnlinked, Instant, InvalidValue,
    PartyId, PartyRegistered, PartyRole, PartyType, RelationshipClosed, WinBackAccepted,
    WinBackDeclined, WinBackOffered, Zone,
};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Mean days between purchases, one entry for every tenth of the customers.
const GAP_DAYS: &[i64] = &[7, 12, 18, 26, 38, 55, 80, 120, 190, 330];
/// Probability of leaving after a purchase, per mille, one entry for every tenth.
const LEAVING_PER_MILLE: &[i64] = &[5, 12, 25, 45, 70, 100, 150, 220, 330, 500];
/// How satisfied customers are by nature, 0 to 100, one entry for every tenth.
const MOODS: &[i64] = &[35, 55, 66, 74, 80, 84, 88, 92, 96, 100];

/// A company to be simulated.
#[derive(Clone, Debug)]
pub struct Company {
    /// Its name, as in the source of its events: `simulated/<name>`. No blanks.
    pub name: String,
    /// What everything in it follows from.
    pub seed: u64,
    /// How many customers it will have had at the end.
    pub customers: u32,
    /// Its first day.
    pub start: Date,
    /// How many days are simulated.
    pub days: u32,
    /// Where it is.
    pub zone: Zone,
}

impl Company {
    /// All its events in the order the ledger hears of them; some occurred earlier. Personal fields
    /// are clear. The same company gives the same events for ever.
    ///
    /// # Errors
    /// When the name cannot stand in a source.
    pub fn events(&self) -> Result<SimulatedEvents, InvalidValue> {
        let setting = Setting {
            seed: self.seed,
            source: format!("simulated/{}", self.name).parse()?,
            zone: self.zone.clone(),
            currency: euro(),
        };
        let days = i32::try_from(self.days).unwrap_or(i32::MAX);
        let mut due = BinaryHeap::with_capacity(self.customers as usize);
        for customer in 0..self.customers {
            let mut dice = Dice::new(self.seed, u64::from(customer), 0);
            // A third of them come in the first tenth of the time, the rest evenly.
            let share = if dice.happens(330) { 10 } else { 100 };
            let day = dice.between(0, i64::from(days - 1).max(0) * share / 100);
            let day = self.start.plus_days(i32::try_from(day).unwrap_or(0));
            due.push(Reverse(Due {
                at: self.zone.start_of_day(day),
                customer,
                number: 0,
                what: What::Step { step: 1, day },
            }));
        }
        let end = self.zone.start_of_day(self.start.plus_days(days));
        Ok(SimulatedEvents { setting, customers: self.customers, end, due, number: 0 })
    }
}

pub(crate) fn euro() -> Currency {
    "EUR".parse().expect("EUR is in the table")
}

/// The events of a simulated company.
pub struct SimulatedEvents {
    setting: Setting,
    customers: u32,
    end: Instant,
    due: BinaryHeap<Reverse<Due>>,
    number: u64,
}

/// What is to happen at an instant.
struct Due {
    at: Instant,
    customer: u32,
    number: u64,
    what: What,
}

enum What {
    /// The customer comes to buy, for the first time at step 1.
    Step { step: u32, day: Date },
    /// The ledger hears of an event.
    Event(Box<Event>),
}

impl Due {
    fn key(&self) -> (Instant, u32, u64) {
        (self.at, self.customer, self.number)
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Due {}

impl Iterator for SimulatedEvents {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        loop {
            let Reverse(due) = self.due.pop()?;
            match due.what {
                What::Event(event) => return Some(*event),
                What::Step { step, day } => self.step(due.customer, step, day),
            }
        }
    }
}

impl SimulatedEvents {
    fn push(&mut self, at: Instant, customer: u32, what: What) {
        if at < self.end {
            self.number += 1;
            self.due.push(Reverse(Due { at, customer, number: self.number, what }));
        }
    }

    /// One purchase of a customer with all that follows, and when the next one is due.
    fn step(&mut self, customer: u32, step: u32, day: Date) {
        let nature = Nature::of(self.setting.seed, customer);
        let mut dice = Dice::new(self.setting.seed, u64::from(customer), u64::from(step));
        let friend =
            party(u32::try_from(dice.between(0, i64::from(self.customers) - 1)).unwrap_or(0));
        let next = i32::try_from(1 + dice.exponential(nature.gap_days)).unwrap_or(i32::MAX);
        let key = format!("{:06}-{step}", customer + 1);
        let setting = self.setting.clone();
        let mut story = Story::new(&setting, party(customer), key, dice, nature.mood);
        let mut at = Moment::on(day, &mut story.dice);
        if step == 1 {
            register(&mut story, at, customer);
            at = story.later(at, 0, 0);
        }
        if nature.second_id && step == 2 {
            under_second_id(&mut story, at, &nature, &friend);
        } else {
            order(&mut story, at, nature.basket, &friend);
        }
        let mut next_day = Some(day.plus_days(next));
        if story.dice.happens(nature.leaving_per_mille) {
            next_day = leave(&mut story, at);
        }
        for Told { heard_at, event } in story.into_told() {
            self.push(heard_at, customer, What::Event(Box::new(event)));
        }
        if let Some(day) = next_day {
            let at = self.setting.zone.start_of_day(day);
            self.push(at, customer, What::Step { step: step + 1, day });
        }
    }
}

/// What a customer is like. Worked out anew whenever it is needed, so that nothing is kept.
struct Nature {
    gap_days: i64,
    leaving_per_mille: i64,
    mood: i64,
    /// How much is bought at once, 1 to 5.
    basket: i64,
    /// Whether the customer comes under a second party id once.
    second_id: bool,
}

impl Nature {
    fn of(seed: u64, customer: u32) -> Self {
        let mut dice = Dice::new(seed, u64::from(customer), u64::MAX);
        let mood = dice.one_of(MOODS);
        let leaving = dice.one_of(LEAVING_PER_MILLE);
        Self {
            gap_days: dice.one_of(GAP_DAYS),
            leaving_per_mille: if mood < 50 { leaving * 3 / 2 } else { leaving },
            mood,
            basket: dice.between(1, 5),
            second_id: dice.happens(40),
        }
    }
}

fn party(customer: u32) -> PartyId {
    PartyId::new(&format!("C-{:06}", customer + 1)).expect("a letter and digits are a party id")
}

fn register(story: &mut Story<'_>, at: Moment, customer: u32) {
    let acquired_via = story.dice.one_of(&[
        AcquiredVia::Search,
        AcquiredVia::Search,
        AcquiredVia::Advert,
        AcquiredVia::Referral,
        AcquiredVia::Organic,
    ]);
    let organisation = story.dice.happens(80);
    let registered = PartyRegistered {
        party_type: if organisation { PartyType::Organisation } else { PartyType::Person },
        roles: vec![PartyRole::Customer],
        acquired_via: Some(acquired_via),
    };
    story.tell(at, Some(Channel::Web), registered);
    if story.dice.happens(200) {
        let declared = IdentityDeclared {
            id_type: IdType::Email,
            value: personal(&format!("customer{}@example.org", customer + 1)),
            assurance: Assurance::Verified,
        };
        story.tell(at, Some(Channel::Web), declared);
    }
    if acquired_via == AcquiredVia::Advert {
        let amount = story.dice.between(300, 1_500);
        let cost = CostRecorded {
            cost_type: CostType::Acquisition,
            amount: story.money(amount),
            allocation: None,
        };
        story.tell(at, None, cost);
    }
}

/// An order under another party id, which is linked with the first days later; some links are wrong
/// and are undone.
fn under_second_id(story: &mut Story<'_>, at: Moment, nature: &Nature, friend: &PartyId) {
    let first = story.party().clone();
    let second = PartyId::new(&format!("{first}-web")).expect("the id is a little longer");
    story.set_party(second);
    order(story, at, nature.basket, friend);
    let linked = IdentityLinked {
        other: first,
        rule: code("same_address"),
        rule_version: first_version(),
        score: None,
        evidence: Vec::new(),
    };
    let at = story.later(at, 4, 4);
    let link: EventId = story.tell(at, None, linked);
    if story.dice.happens(250) {
        let at = story.later(at, 10, 60);
        story.tell(at, None, IdentityUnlinked { link, reason: code("two_people_one_address") });
    }
}

/// The customer stops buying. Some are declared lost, some are won back: gives the day they buy
/// again.
fn leave(story: &mut Story<'_>, at: Moment) -> Option<Date> {
    if !story.dice.happens(350) {
        return None;
    }
    let at = story.later(at, 60, 150);
    let voluntary = story.dice.happens(900);
    let reason = code(story.dice.one_of(&["price", "moved_away", "service", "no_need"]));
    story.tell(at, None, ChurnDeclared { reason, destination: None, voluntary });
    if story.dice.happens(120) {
        let at = story.later(at, 10, 10);
        story.tell(at, None, RelationshipClosed { reason: code("account_deleted") });
        return None;
    }
    if !story.dice.happens(400) {
        return None;
    }
    let offer = story.number("WIN");
    let at = story.later(at, 5, 40);
    let cost = Some(story.money(500));
    story.tell(at, Some(Channel::Email), WinBackOffered { offer: offer.clone(), cost });
    let at = story.later(at, 1, 10);
    if story.dice.happens(300) {
        story.tell(at, Some(Channel::Web), WinBackAccepted { offer });
        return Some(at.day().plus_days(1));
    }
    story.tell(at, Some(Channel::Web), WinBackDeclined { offer, reason: None });
    None
}
