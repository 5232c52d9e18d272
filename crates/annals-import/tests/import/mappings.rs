//! Mappings: what cannot work is refused when the mapping is read, with its place.

use annals_import::Mapping;

const RIGHT: &str = r#"source = "shop/till"

[[event]]
kind = "purchase.completed"
id = ["receipt"]

[event.fields]
subject = { column = "customer" }
occurred_at = { column = "time" }
channel = "branch"
data.total = { column = "total", currency = "EUR" }
"#;

/// The error of the right mapping with one piece replaced.
fn refused(piece: &str, by: &str) -> String {
    assert!(RIGHT.contains(piece), "{piece}");
    Mapping::parse(&RIGHT.replace(piece, by))
        .map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
}

#[test]
fn the_mapping_that_the_others_differ_from_is_right() {
    assert!(Mapping::parse(RIGHT).is_ok());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn what_cannot_work_is_refused_with_line_and_column() {
    let cases = [
        (
            "source = \"shop/till\"",
            "source = \"a b\"",
            "line 1, column 10: expected a URI reference",
        ),
        ("source = \"shop/till\"", "", "line 1, column 1: expected source"),
        (
            "purchase.completed",
            "purchase.complete",
            "line 4, column 8: expected a kind of the vocabulary",
        ),
        ("id = [\"receipt\"]", "", "line 3, column 1: expected id"),
        ("id = [\"receipt\"]", "group_by = [\"receipt\"]", "line 5, column 12: expected grouping"),
        ("id = [\"receipt\"]", "id = []", "line 5, column 6: expected at least one column"),
        ("id = [\"receipt\"]", "id = [0]", "line 5, column 7: expected a column's number, from 1"),
        (
            "id = [\"receipt\"]",
            "id = [\"receipt\"]\nwhen = [{ column = \"a\" }]",
            "line 6, column 9: expected one of equals",
        ),
        (
            "id = [\"receipt\"]",
            "id = [\"receipt\"]\nid_suffix = \"A\"",
            "line 6, column 13: expected 1 to 32",
        ),
        (
            "subject = { column = \"customer\" }",
            "",
            "expected subject (party id, 1 to 64 bytes), which every event needs",
        ),
        (
            "occurred_at =",
            "occured_at =",
            "line 9, column 1: expected data or one of the fields subject, occurred_at",
        ),
        ("channel = \"branch\"", "channel = \"shop\"", "line 10, column 11: expected one of phone"),
        (
            "channel = \"branch\"",
            "channel = { column = \"c\", map = { a = \"shop\" } }",
            "line 10, column 39: expected one of phone",
        ),
        (
            "data.total",
            "data.totl",
            "line 11, column 6: expected one of the fields of purchase.completed: order, lines, total, margin, got totl",
        ),
        (
            "data.total",
            "data.margin",
            "expected total (money: {amount: decimal as text, currency: code}), which purchase.completed needs, got nothing",
        ),
        (
            "currency = \"EUR\"",
            "currency = \"EURO\"",
            "line 11, column 45: expected an ISO 4217 currency code",
        ),
        (", currency = \"EUR\"", "", "expected currency"),
        (
            "column = \"total\"",
            "colum = \"total\"",
            "line 11, column 16: expected column, template, sum, or amount, currency, got colum",
        ),
        (
            "column = \"total\"",
            "column = \"total\", round = true",
            "line 11, column 34: expected one of the keys column",
        ),
        (
            "column = \"total\"",
            "template = \"{total\"",
            "line 11, column 27: expected text with columns in braces",
        ),
        (
            "{ column = \"time\" }",
            "{ column = \"time\", formats = [\"[dya]\"] }",
            "line 9, column 45: expected a format description",
        ),
        (
            "{ column = \"time\" }",
            "{ column = \"time\", as = \"date\" }",
            "expected no as: the field is a time",
        ),
        (
            "{ column = \"customer\" }",
            "{ sum = { column = \"customer\" } }",
            "expected sum for money",
        ),
        (
            "{ column = \"customer\" }",
            "{ column = \"customer\", take = \"last\" }",
            "take only in an event with group_by",
        ),
        ("{ column = \"customer\" }", "[\"a\"]", "line 8, column 11: expected text, got a list"),
        (
            "[[event]]",
            "[file]\ndelimiter = \"ab\"\n[[event]]",
            "line 4, column 13: expected one character",
        ),
        ("[[event]]", "[file]\ncolumns = [\"a\"]\n[[event]]", "columns only with header = false"),
        (
            "[[event]]",
            "[file]\nheader = false\ncolumns = [\"a\"]\n[[event]]",
            "expected one of the columns a",
        ),
        (
            "[[event]]",
            "time_zone = \"Mars/Olympus\"\n[[event]]",
            "line 3, column 13: expected an IANA time zone",
        ),
        ("[[event]]", "colour = 1\n[[event]]", "line 3, column 1: expected one of the keys source"),
        ("[[event]]", "[[event]", "expected TOML"),
        ("[event.fields]", "[event.field]", "expected fields"),
    ];
    for (piece, by, expected) in cases {
        let error = refused(piece, by);
        assert!(error.contains(expected), "{by}\ngave {error}");
        assert!(error.starts_with("mapping line "), "{error}");
    }
}

#[test]
fn two_events_of_one_mapping_never_share_ids() {
    let event = RIGHT
        .split_once("[[event]]")
        .map(|(_, event)| format!("[[event]]{event}"))
        .expect("an event");
    let error = Mapping::parse(&format!("{RIGHT}\n{event}")).expect_err("both have the same ids");
    assert!(error.to_string().contains("an id_suffix that no other event"), "{error}");
    let suffixed = event.replace("id =", "id_suffix = \"other\"\nid =");
    assert!(Mapping::parse(&format!("{RIGHT}\n{suffixed}")).is_ok());
}

#[test]
fn every_kind_of_the_vocabulary_is_known_to_mappings() {
    for kind in annals_events::kinds() {
        let mapping = RIGHT.replace("purchase.completed", kind.name);
        if let Err(error) = Mapping::parse(&mapping) {
            assert!(!error.to_string().contains("a kind of the vocabulary"), "{error}");
        }
    }
    let own = RIGHT
        .replace("purchase.completed", "x.shop.visit")
        .replace(", currency", ", as = \"money\", currency");
    assert!(Mapping::parse(&own).is_ok());
}
