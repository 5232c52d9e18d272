//! What the reference says of a kind, the codes held for kinds to come, and kinds of a service's
//! own.

use crate::codec::{DecodeError, Decoder, Encoder, Stored};
use crate::{FieldError, FieldSpec, InvalidValue, JsonText, Path};
use compact_str::CompactString;
use serde_json::Value;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A party: the event lies in the party's stream.
    Party,
    /// The ledger itself: the event lies in the ledger's own stream.
    Ledger,
    /// Either.
    Either,
}

/// One kind of the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindSpec {
    /// The chapter of the reference.
    pub group: &'static str,
    /// The stable number.
    pub code: u16,
    /// The name, such as `complaint.received`.
    pub name: &'static str,
    /// The version of the schema.
    pub version: u8,
    /// What events of this kind are about.
    pub about: About,
    /// What such an event says.
    pub doc: &'static str,
    /// Its fields, in stored order.
    pub fields: Vec<FieldSpec>,
}

/// The name of a service's own kind: `x.` and at most 62 bytes of lower-case letters, digits, `_`
/// and `.`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomKind(CompactString);

impl CustomKind {
    /// Checks a name.
    ///
    /// # Errors
    /// When it is not such a name.
    pub fn new(name: &str) -> Result<Self, InvalidValue> {
        let fits = name.strip_prefix("x.").is_some_and(|own| {
            !own.is_empty()
                && name.len() <= 64
                && own.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.'))
        });
        if fits {
            Ok(Self(name.into()))
        } else {
            let expected = "a kind of the vocabulary (docs/events.md), or one of your own: x. and lower-case letters, \
                            digits, _ or ., at most 64 bytes";
            Err(InvalidValue::new(expected, format!("{name:?}")))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An event of a service's own kind: the ledger keeps its JSON in compact form and looks no
/// further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custom {
    /// The kind's name.
    pub kind: CustomKind,
    /// The data.
    pub data: JsonText,
}

impl Custom {
    /// The code all such kinds share.
    pub const CODE: u16 = u16::MAX;
    /// The version all such kinds share: their schema is the service's own affair.
    pub const VERSION: u8 = 1;

    pub(crate) fn from_json(kind: &str, data: &Value, path: &Path<'_>) -> Result<Self, FieldError> {
        use crate::Field as _;
        let name = CustomKind::new(kind).map_err(|error| {
            let expected = match reserved(kind) {
                Some(code) => format!(
                    "a kind this version can carry; {kind} has the code {code} reserved for a later one (use a kind of \
                     your own, x.{kind}, until then)"
                ),
                None => error.expected,
            };
            FieldError::rule("kind", expected, error.came)
        })?;
        Ok(Self { kind: name, data: JsonText::from_json(data, path)? })
    }
}

impl Stored for Custom {
    fn store(&self, to: &mut Encoder) {
        to.slice(self.kind.as_str().as_bytes());
        self.data.store(to);
    }

    #[inline]
    fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let kind = CustomKind::new(from.text()?).map_err(DecodeError::impossible)?;
        Ok(Self { kind, data: JsonText::restore(from)? })
    }
}

/// Codes held for kinds of the vocabulary that no projection reads yet.
pub const RESERVED: &[(u16, &str)] = &[
    (120, "credit.rated"),
    (230, "contact.queued"),
    (231, "contact.answered"),
    (232, "contact.abandoned"),
    (233, "contact.transferred"),
    (234, "contact.ended"),
    (235, "request.received"),
    (236, "request.fulfilled"),
    (237, "request.refused"),
    (238, "product.viewed"),
    (239, "products.searched"),
    (240, "product.tried"),
    (241, "need.stated"),
    (242, "need.inferred"),
    (243, "knowledge.recorded"),
    (244, "knowledge.reused"),
    (340, "opportunity.opened"),
    (341, "opportunity.stage_changed"),
    (342, "opportunity.won"),
    (343, "opportunity.lost"),
    (344, "order.placed"),
    (345, "order.amended"),
    (346, "order.confirmed"),
    (347, "order.cancelled"),
    (430, "membership.joined"),
    (431, "membership.level_changed"),
    (432, "membership.left"),
    (433, "maintenance.scheduled"),
    (434, "maintenance.performed"),
    (435, "warranty.started"),
    (436, "warranty.expired"),
    (640, "corrective_action.opened"),
    (641, "corrective_action.completed"),
    (642, "corrective_action.verified"),
    (740, "segment.acted_on"),
    (741, "score.published"),
    (742, "view.shown"),
    (801, "campaign.defined"),
    (802, "campaign.touched"),
    (803, "campaign.opened"),
    (804, "campaign.clicked"),
    (805, "campaign.responded"),
    (806, "campaign.bounced"),
    (807, "campaign.unsubscribed"),
    (808, "lead.captured"),
    (809, "lead.qualified"),
    (810, "lead.disqualified"),
    (811, "lead.converted"),
    (812, "exhibition.scheduled"),
    (813, "exhibitor.registered"),
    (814, "visitor.registered"),
    (815, "visitor.checked_in"),
    (816, "booth.assigned"),
    (817, "booth.visited"),
    (818, "exhibition.service_delivered"),
    (819, "exhibition.closed"),
    (930, "data_request.received"),
    (931, "data_request.fulfilled"),
    (932, "data_request.refused"),
    (933, "processing.restricted"),
    (934, "processing.unrestricted"),
    (935, "legal_hold.placed"),
    (936, "legal_hold.released"),
    (937, "retention.expired"),
    (938, "disclosure.made"),
    (939, "access.logged"),
    (940, "breach.recorded"),
    (941, "impact_assessment.recorded"),
    (942, "schema.registered"),
    (943, "calendar.registered"),
    (944, "checkpoint.sealed"),
    (945, "audit_pack.issued"),
];

fn reserved(kind: &str) -> Option<u16> {
    RESERVED.iter().find(|(_, name)| *name == kind).map(|(code, _)| *code)
}
