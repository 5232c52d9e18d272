//! What a field of an event wants, as the table of kinds describes it.
//!
//! The table gives every type in words; the words are compared with those the types themselves
//! give, so nothing is declared here a second time.

use crate::import_error::shortened;
use annals_events::{
    About, Actor, Answer, Channel, Code, Count, Date, Decimal, EventId, Evidence, Field, FieldSpec,
    KindSpec, LawfulBasis, Line, Money, OccurredAt, PartyId, Personal, Precision, Purpose, Scale,
    Share, kinds,
};

/// The shape of a field.
#[derive(Clone, Debug)]
pub(crate) enum FieldType {
    /// Text of some sort.
    Text,
    /// Text that may name whose it is.
    Personal,
    /// One of a closed list.
    Choice(Vec<String>),
    Integer,
    Decimal,
    Boolean,
    Money,
    Scale,
    Time,
    Date,
    Record(Vec<FieldSpec>),
    List(Box<FieldType>),
    /// Whatever a service's own kind has.
    Any,
}

impl FieldType {
    /// The shape a type's words stand for.
    pub(crate) fn of(type_name: &str) -> Self {
        if let Some(element) = type_name.strip_prefix("list of ") {
            return Self::List(Box::new(Self::of(element)));
        }
        if let Some(choices) = type_name.strip_prefix("one of ") {
            return Self::Choice(choices.split(", ").map(ToOwned::to_owned).collect());
        }
        // Whole numbers differ in their range alone, which follows a comma.
        let count = Count::type_name();
        let whole_number = count.split(',').next().unwrap_or_default();
        if type_name.starts_with(whole_number) {
            return Self::Integer;
        }
        let is = |name: String| name == type_name;
        match () {
            () if is(Decimal::type_name()) || is(Share::type_name()) => Self::Decimal,
            () if is(Money::type_name()) => Self::Money,
            () if is(Scale::type_name()) => Self::Scale,
            () if is(OccurredAt::type_name()) => Self::Time,
            () if is(Date::type_name()) => Self::Date,
            () if is(bool::type_name()) => Self::Boolean,
            () if is(Personal::type_name()) => Self::Personal,
            () if is(Line::type_name()) => Self::Record(Line::fields()),
            () if is(Answer::type_name()) => Self::Record(Answer::fields()),
            () if is(Actor::type_name()) => Self::Record(Actor::fields()),
            () if is(Evidence::type_name()) => Self::Record(Evidence::fields()),
            () => Self::Text,
        }
    }

    /// The shape in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Text | Self::Personal => "text".to_owned(),
            Self::Choice(choices) => shortened(&format!("one of {}", choices.join(", "))),
            Self::Integer => "a whole number".to_owned(),
            Self::Decimal => "a decimal".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Money => "money".to_owned(),
            Self::Scale => "an answer on a scale".to_owned(),
            Self::Time => "a time".to_owned(),
            Self::Date => "a date".to_owned(),
            Self::Record(fields) => {
                let names: Vec<_> = fields.iter().map(|field| field.name).collect();
                format!("a table with {}", names.join(", "))
            }
            Self::List(element) => format!("a list, each element {}", element.words()),
            Self::Any => "any value".to_owned(),
        }
    }
}

/// The kind of a name: what it is about, and its fields; `None` for kinds that are not known.
pub(crate) fn kind(name: &str) -> Option<KindSpec> {
    kinds().into_iter().find(|kind| kind.name == name)
}

/// The fields of the envelope that a mapping gives. What makes up the id is no field of its own.
pub(crate) fn envelope(about: About) -> Vec<FieldSpec> {
    let mut fields = vec![
        FieldSpec::of::<OccurredAt>("occurred_at", "", ""),
        FieldSpec::of::<Option<OccurredAt>>("occurred_until", "", ""),
        FieldSpec::of::<Option<Precision>>("precision", "", ""),
        FieldSpec::of::<Option<Actor>>("actor", "", ""),
        FieldSpec::of::<Option<Channel>>("channel", "", ""),
        FieldSpec::of::<Option<Code>>("touchpoint", "", ""),
        FieldSpec::of::<Option<Code>>("correlation", "", ""),
        FieldSpec::of::<Option<EventId>>("causation", "", ""),
        FieldSpec::of::<Option<Purpose>>("purpose", "", ""),
        FieldSpec::of::<Option<LawfulBasis>>("lawful_basis", "", ""),
        FieldSpec::of::<Vec<Evidence>>("evidence", "", ""),
        FieldSpec::of::<Option<Share>>("confidence", "", ""),
    ];
    match about {
        About::Party => fields.insert(0, FieldSpec::of::<PartyId>("subject", "", "")),
        About::Either => fields.insert(0, FieldSpec::of::<Option<PartyId>>("subject", "", "")),
        About::Ledger => {}
    }
    fields
}
