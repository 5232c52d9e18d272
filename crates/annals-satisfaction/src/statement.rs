//! What the fold keeps of what a customer was told or asked on a channel: prices, answers,
//! questions.
//!
//! Whether channels agree can only be seen over many statements of many customers, so each is kept
//! with its day and channel. Deliberately absent: what says no channel, and discounts, which are
//! given to a customer and not told to all.

use crate::code_table::{CodeIndex, CodeTable};
use annals_events::{Channel, Currency, Date, Decimal, PurchaseCompleted};
use serde::{Deserialize, Serialize};

/// The price of one of a product, before discount, as a line of a purchase states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnitPrice {
    pub(crate) on: Date,
    pub(crate) channel: Channel,
    pub(crate) product: CodeIndex,
    pub(crate) currency: Currency,
    pub(crate) price: Decimal,
}

impl UnitPrice {
    /// The prices a purchase states.
    pub(crate) fn all(
        purchase: &PurchaseCompleted,
        on: Date,
        channel: Channel,
        codes: &mut CodeTable,
    ) -> Vec<Self> {
        let currency = purchase.total.currency();
        let priced = purchase.lines.iter().filter_map(|line| Some((line, line.unit_price?)));
        let stated = priced.map(|(line, price)| {
            let product = codes.place(&line.sku);
            Self { on, channel, product, currency, price }
        });
        stated.collect()
    }
}

/// An enquiry by its number: what it is about, and what was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Enquiry {
    /// None where only an answer is known.
    pub(crate) topic: Option<CodeIndex>,
    pub(crate) product: Option<CodeIndex>,
    /// The channel it came by, on which it is answered where the answer names none.
    pub(crate) channel: Option<Channel>,
    pub(crate) answers: Vec<GivenAnswer>,
}

/// An answer given by its number in the knowledge base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GivenAnswer {
    pub(crate) on: Date,
    pub(crate) channel: Option<Channel>,
    pub(crate) answer: CodeIndex,
}

/// A customer asked about a subject by a channel on a day; however often that day, it is one
/// question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) on: Date,
    pub(crate) channel: Channel,
    pub(crate) subject: CodeIndex,
}

impl Question {
    /// Adds a question to those asked before, which lie in order.
    pub(crate) fn add_to(self, asked: &mut Vec<Self>) {
        let that_day = asked.iter().rev().take_while(|question| question.on == self.on);
        if !that_day.into_iter().any(|question| *question == self) {
            asked.push(self);
        }
    }
}
