//! Payloads of every kind, made from choices: what the table of kinds becomes here.

use crate::adjust;
use crate::choices::Choices;
use crate::from_choices::FromChoices;
#[allow(clippy::wildcard_imports, reason = "the table names most of the vocabulary")]
use annals_events::*;
use annals_events::{About, Custom, CustomKind, JsonText, Payload};

/// Receives the table of kinds: every kind's fields are made in stored order, then adjusted to the
/// kind's check.
macro_rules! define_strategies {
    ($(
        [$group:literal]
        $(
            $(#[doc = $doc:literal])*
            $code:literal $name:literal $version:literal $payload:ident $(in $holder:ident)?
            about $about:ident {
                $(
                    $(#[doc = $field_doc:literal])*
                    $field:ident : $type:ty $(, of $whose:literal)? ;
                )*
            } $(check $check:ident)? ;
        )*
    )*) => {
        $($( impl FromChoices for $payload {
            fn from_choices(choices: &mut Choices<'_>) -> Self {
                let payload = Self { $( $field: <$type>::from_choices(choices), )* };
                $( let payload = adjust::$check(payload); )?
                payload
            }
        } )*)*

        /// A payload of the kind with this name; `x.<name>` gives one of a service's own.
        pub fn payload_of_kind(name: &str, choices: &mut Choices<'_>) -> Option<Payload> {
            match name {
                $($( $name => Some($payload::from_choices(choices).into()), )*)*
                _ => CustomKind::new(name).ok().map(|kind| {
                    Payload::Custom(Custom { kind, data: JsonText::from_choices(choices) })
                }),
            }
        }

        const KINDS: &[(&str, About)] = &[$($( ($name, About::$about), )*)*];
    };
}
annals_events::kind_table!(define_strategies);

/// The names of the kinds that lie in a party's stream, or in the ledger's own.
fn names_about(about: About) -> Vec<&'static str> {
    let mut names: Vec<_> =
        KINDS.iter().filter(|(_, kind)| *kind == about).map(|(name, _)| *name).collect();
    names.extend(["x.loyalty_card.scanned", "x.a"]);
    names
}

/// A payload that fits the stream of a party, or the ledger's own.
pub(crate) fn payload_for(stream: &StreamId, choices: &mut Choices<'_>) -> Payload {
    let about = if stream.as_party().is_some() { About::Party } else { About::Ledger };
    let name = choices.one_of(&names_about(about));
    payload_of_kind(name, choices).expect("every name is a kind")
}
