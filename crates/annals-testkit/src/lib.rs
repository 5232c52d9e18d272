//! What tests and demonstrations are made of: random events, the naive ledger, simulated companies.
//!
//! - Values: [`FromChoices`] makes every value of the vocabulary from a row of numbers; the
//!   strategies over them (feature `strategies`) are the only part that needs proptest.
//! - [`NaiveLedger`]: a whole ledger by recomputation, the measure for model tests.
//! - [`Company`]: a simulated company of any size; [`simulate_care`]: simulated care for customers
//!   who exist.
//! - [`custom_event`]: an event where it does not matter what it says.
//! - [`copy_directory`]: a ledger's files as they lie.
//!
//! Deliberately absent: other IO, clocks, and randomness other than from a seed.

mod adjust;
mod care_work;
mod care_year;
mod choices;
mod company;
mod complaint_case;
mod copied_directory;
mod custom_event;
mod dice;
mod event;
mod from_choices;
mod naive_ledger;
mod payload;
mod shopping;
mod story;
#[cfg(feature = "strategies")]
mod strategies;

pub use care_year::simulate_care;
pub use choices::{Choices, Presence};
pub use company::{Company, SimulatedEvents};
pub use copied_directory::copy_directory;
pub use custom_event::{custom_event, record_of};
pub use event::{around, event_in, sample, sealed};
pub use from_choices::FromChoices;
pub use naive_ledger::{NaiveLedger, Refusal};
pub use payload::payload_of_kind;
#[cfg(feature = "strategies")]
pub use strategies::{
    any_event, any_event_sealed, any_payload, any_value, event_in_stream, event_of, payload_of,
};
