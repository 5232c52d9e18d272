//! The structures inside events: actors, evidence, purchase lines, survey answers.

use crate::choices::{ActorType, Level};
use crate::{Code, ContentHash, Count, Decimal, FieldError, Money, Personal, Scale};

crate::record! {
    /// Who did something. Staff appear under clear pseudonyms, never by name.
    Actor {
        /// What sort of actor
        actor_type: ActorType;
        /// A pseudonym, such as a staff number of the ledger's own
        id: Option<Code>;
    }
}

crate::record! {
    /// Something that lies outside the ledger and is committed to by its hash: a recording, a
    /// letter, a screenshot.
    Evidence {
        /// SHA-256 of the content
        hash: ContentHash;
        /// Media type, such as audio/ogg
        media_type: Code;
        /// Size of the content in bytes
        size_bytes: Count;
        /// Where the content lies
        uri: Option<Code>;
    }
}

crate::record! {
    /// One line of a purchase or return. Prices are in the currency of the total.
    Line {
        /// Product
        sku: Code;
        /// Product category
        category: Option<Code>;
        /// How many or how much
        quantity: Decimal;
        /// Price of one, before discount, in the currency of the total
        unit_price: Option<Decimal>;
        /// Discount on the whole line
        discount: Option<Money>;
        /// Cost of one to the organisation, in the currency of the total
        unit_cost: Option<Decimal>;
    }
    check line_counts
}

fn line_counts(line: &Line) -> Result<(), FieldError> {
    let not_negative = |name: &str, value: Option<Decimal>| match value {
        Some(value) if value < Decimal::ZERO => Err(FieldError::rule(name, "0 or more", value)),
        _ => Ok(()),
    };
    not_negative("quantity", Some(line.quantity))?;
    not_negative("unit_price", line.unit_price)?;
    not_negative("unit_cost", line.unit_cost)
}

crate::record! {
    /// One answer of a survey: a place on a scale, a choice, or words. At least one of them.
    Answer {
        /// The item of the instrument, such as nps or q7
        item: Code;
        /// The place on the item's scale
        scale: Option<Scale>;
        /// The chosen option of an item without a scale
        choice: Option<Code>;
        /// The aspect the item asks about, such as price or delivery
        aspect: Option<Code>;
        /// The level the item belongs to
        level: Option<Level>;
        /// What the customer wrote
        text: Option<Personal>;
    }
    check answer_says_something
}

fn answer_says_something(answer: &Answer) -> Result<(), FieldError> {
    if answer.scale.is_none() && answer.choice.is_none() && answer.text.is_none() {
        return Err(FieldError::rule("scale", "a scale, a choice or a text", "none of them"));
    }
    Ok(())
}
