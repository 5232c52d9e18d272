//! `docs/events.md` is what the table of kinds says, no more and no less.
//!
//! The reference is made here from [`annals_events::kinds`] and compared with the file. To write it
//! anew after a change of the table: `ANNALS_BLESS=1 cargo test -p annals-tests --test vocabulary`.

use annals_events::{
    About, Actor, Answer, Channel, Code, Custom, Event, EventId, Evidence, Field, FieldSpec,
    KindSpec, LawfulBasis, Line, OccurredAt, PartyId, Precision, Purpose, RESERVED, Share, Source,
    VersionNumber, kinds,
};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;

const EXAMPLE: &str = r#"{
  "id": "0190b2f4-6f0e-7c3a-9d51-3f6d1c2a7b10",
  "kind": "complaint.received",
  "kind_version": 1,
  "subject": "C-1017",
  "occurred_at": "2026-03-03T09:30:00+08:00",
  "source": "shop/web",
  "channel": "email",
  "correlation": "CMP-2026-0301",
  "data": {
    "complaint": "CMP-2026-0301",
    "category": "delivery.late",
    "description": "The parcel came a week late and nobody told me.",
    "amount_claimed": {
      "amount": "12.50",
      "currency": "EUR"
    }
  }
}"#;

const INTRODUCTION: &str = "\
# Events

Made from the table in `crates/annals-events/src/kinds.rs`; change that, then write this file anew
with `ANNALS_BLESS=1 cargo test -p annals-tests --test vocabulary`.

An event is one fact about one party, or about the ledger itself. In JSON:
";

const RULES: &str = "\
- Unknown fields are refused by their path, such as `data.total.curency`. `null` is the same as
  leaving a field out.
- Times are RFC 3339 with their offset, which is kept. A time may be long past, but not more than
  five minutes ahead of the ledger's clock: what is planned goes into the payload as a date.
- Money is a decimal in text with at most the currency's own number of digits.
- **Sealed** fields are personal: text goes in, and is turned into ciphertext under the key of the
  person it is about before it is hashed or stored. A field is the subject's data unless it says
  otherwise: `{\"text\": \"...\", \"of\": \"C-7\"}`. Exported sealed, it is `{\"sealed\": base64, \"of\": ...}`.
- A list may be left out, which is the same as empty.
- A kind's code and fields never change. A changed kind is a new version, and old events are still
  read.
";

const CUSTOM: &str = "\
A service may record kinds of its own: `x.` and lower-case letters, digits, `_` or `.`, at most 64
bytes. Their `data` is any JSON but null, at most 48 KiB; the ledger keeps it in compact form, keys
in the order given and numbers digit for digit, and looks no further. Projections over them are the
service's own. Such data is not sealed: keep personal data out of it.
";

macro_rules! collect_rules {
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
        /// The rules over several fields, by the kind that has one.
        const CHECKS: &[(&str, &str)] = &[$($( ($name, concat!("" $(, stringify!($check))?)), )*)*];
    };
}
annals_events::kind_table!(collect_rules);

/// The fields of the envelope: name, type, whether it must be given, what it says.
fn envelope() -> Vec<(&'static str, String, &'static str, &'static str)> {
    let party = "for kinds about a party";
    vec![
        (
            "id",
            EventId::type_name(),
            "yes",
            "The idempotency key: recording the same event again is acknowledged with its first position, another event under the same id is refused. An id of another form needs a `source`; its UUIDv8 is made from both, and the id is kept as `foreign_id`",
        ),
        ("kind", Code::type_name(), "yes", "One of the kinds below"),
        (
            "kind_version",
            VersionNumber::type_name(),
            "",
            "The version of the kind's fields; the current one where it is left out",
        ),
        (
            "subject",
            PartyId::type_name(),
            party,
            "The party the fact is about; left out for kinds about the ledger. E-mail addresses and international telephone numbers are refused: declare them with `identity.declared`",
        ),
        ("occurred_at", OccurredAt::type_name(), "yes", "When it was true in the world"),
        (
            "occurred_until",
            OccurredAt::type_name(),
            "",
            "The end of a period that began then; not before `occurred_at`",
        ),
        (
            "precision",
            Precision::type_name(),
            "",
            "How precisely the time is known; `second` where it is left out. A coarser time names the start of its period",
        ),
        (
            "source",
            Source::type_name(),
            "beside an id that is no UUID",
            "The system that asserts the fact",
        ),
        ("foreign_id", Code::type_name(), "", "The producer's own id, where that is no UUID"),
        ("actor", Actor::type_name(), "", "Who did it, staff by pseudonym"),
        ("channel", Channel::type_name(), "", "The way on which it came about"),
        ("touchpoint", Code::type_name(), "", "The touchpoint at which it came about"),
        ("correlation", Code::type_name(), "", "The case, order or journey it belongs to"),
        ("causation", EventId::type_name(), "", "The event that caused it"),
        ("purpose", Purpose::type_name(), "", "What its personal data is processed for"),
        (
            "lawful_basis",
            LawfulBasis::type_name(),
            "",
            "Why that is lawful (GDPR article 6, PIPL article 13)",
        ),
        (
            "evidence",
            Vec::<Evidence>::type_name(),
            "",
            "What lies outside the ledger and bears it out, by its hash",
        ),
        ("confidence", Share::type_name(), "", "How sure an inferred fact is"),
        ("data", "object".to_owned(), "where the kind requires fields", "The fields of the kind"),
        (
            "position",
            "whole number".to_owned(),
            "never",
            "Its place in the log, from 0. Assigned by the ledger; shown, and passed over when read",
        ),
        (
            "stream_version",
            "whole number".to_owned(),
            "never",
            "Its place among the events of its subject, from 1. Assigned",
        ),
        (
            "recorded_at",
            "RFC 3339 time".to_owned(),
            "never",
            "When the ledger learned it. Assigned",
        ),
    ]
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The choices decided, as the table's own introduction lists them.
fn decisions() -> String {
    let path = root().join("crates/annals-events/src/kinds.rs");
    let source = std::fs::read_to_string(path).expect("the table is there");
    let said = source.lines().map_while(|line| line.strip_prefix("//!"));
    let said: Vec<_> = said.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let list = said.iter().skip_while(|line| !line.starts_with("- "));
    list.fold(String::new(), |text, line| text + line + "\n")
}

fn reference() -> String {
    let mut text = String::from(INTRODUCTION);
    write!(text, "\n```json\n{EXAMPLE}\n```\n\n{RULES}\n## Envelope\n\n").expect("text grows");
    text.push_str("| field | type | required | meaning |\n|---|---|---|---|\n");
    for (name, type_name, required, meaning) in envelope() {
        writeln!(text, "| `{name}` | {type_name} | {required} | {meaning} |").expect("text grows");
    }
    text.push_str("\n## What was decided\n\n");
    text.push_str(&decisions());
    let mut group = "";
    for kind in kinds() {
        if group != kind.group {
            group = kind.group;
            write!(text, "\n## {group}\n").expect("text grows");
        }
        describe(&kind, &mut text);
    }
    text.push_str("\n## Structures inside events\n");
    let structures = [
        ("Actor", Actor::fields()),
        ("Evidence", Evidence::fields()),
        ("Line", Line::fields()),
        ("Answer", Answer::fields()),
    ];
    for (name, fields) in structures {
        write!(text, "\n### {name}\n\n").expect("text grows");
        table(&fields, &mut text);
    }
    write!(text, "\n## Kinds of a service's own\n\n{CUSTOM}").expect("text grows");
    writeln!(text, "Code {}, version {}.", Custom::CODE, Custom::VERSION).expect("text grows");
    text.push_str(
        "\n## Reserved codes\n\nHeld for kinds that no projection reads yet; they are refused.\n\n",
    );
    text.push_str("| code | kind |\n|---|---|\n");
    for (code, name) in RESERVED {
        writeln!(text, "| {code} | `{name}` |").expect("text grows");
    }
    text
}

fn describe(kind: &KindSpec, text: &mut String) {
    let about = match kind.about {
        About::Party => "a party",
        About::Ledger => "the ledger",
        About::Either => "either",
    };
    let KindSpec { name, code, version, doc, fields, .. } = kind;
    write!(text, "\n### {name}\n\n{doc} Code {code}, version {version}, about {about}.\n\n")
        .expect("text grows");
    table(fields, text);
    let check = CHECKS.iter().find(|(checked, _)| checked == name).map_or("", |(_, check)| *check);
    if !check.is_empty() {
        write!(text, "\nRule: {}.\n", check.replace('_', " ")).expect("text grows");
    }
}

fn table(fields: &[FieldSpec], text: &mut String) {
    text.push_str(
        "| field | type | unit | required | sealed | meaning |\n|---|---|---|---|---|---|\n",
    );
    for field in fields {
        let FieldSpec { name, type_name, unit, doc, .. } = field;
        let required = if field.required { "yes" } else { "" };
        // A structure with a sealed field inside says there whose data it is.
        let sealed = match (field.locked, type_name.starts_with("personal text")) {
            (false, _) => "",
            (true, true) => field.whose,
            (true, false) => "in part",
        };
        writeln!(text, "| `{name}` | {type_name} | {unit} | {required} | {sealed} | {doc} |")
            .expect("text grows");
    }
}

#[test]
fn the_reference_is_what_the_table_says() {
    let path = root().join("docs/events.md");
    let made = reference();
    if std::env::var("ANNALS_BLESS").as_deref() == Ok("1") {
        std::fs::write(&path, &made).expect("the file is written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = made.lines().zip(written.lines()).position(|(made, written)| made != written);
    assert!(
        made == written,
        "docs/events.md is not what the table of kinds gives (first other line: {}); write it anew: \
         ANNALS_BLESS=1 cargo test -p annals-tests --test vocabulary",
        differs.map_or("at its end".to_owned(), |line| (line + 1).to_string()),
    );
}

#[test]
fn the_example_is_an_event() {
    let example: Value = serde_json::from_str(EXAMPLE).expect("JSON");
    let event = Event::from_json(&example).expect("an event");
    assert_eq!(serde_json::to_string_pretty(&event.to_json()).as_deref().ok(), Some(EXAMPLE));
}

#[test]
fn the_envelope_in_the_reference_is_the_one_that_is_read() {
    let mut example: Value = serde_json::from_str(EXAMPLE).expect("JSON");
    example["surprise"] = json!(1);
    let error = Event::from_json(&example).expect_err("no such field");
    let (_, known) = error.expected.split_once("known here: ").expect("the known fields");
    let mut known: Vec<_> = known.split(", ").collect();
    let mut described: Vec<_> = envelope().iter().map(|(name, ..)| *name).collect();
    known.sort_unstable();
    described.sort_unstable();
    assert_eq!(known, described);
}

#[test]
fn every_kind_and_field_says_what_it_is() {
    for kind in kinds() {
        assert!(kind.doc.ends_with('.'), "{}: {}", kind.name, kind.doc);
        for field in &kind.fields {
            assert!(!field.doc.is_empty(), "{}.{}", kind.name, field.name);
        }
    }
}
