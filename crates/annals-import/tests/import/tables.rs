//! Tables: every malformed value has its line and column, and costs no row but its own.

use crate::reading::{Read, read, read_table};
use annals_events::Event;
use proptest::prelude::*;
use std::fmt::Write as _;

/// A mapping with one event, whose fields follow.
fn purchase(more: &str, fields: &str) -> String {
    format!(
        "source = \"test\"\n{more}\n[[event]]\nkind = \"purchase.completed\"\nid = [\"n\"]\n[event.fields]\n\
         subject = {{ column = \"who\" }}\noccurred_at = {{ column = \"day\" }}\n{fields}"
    )
}

const TOTAL: &str = "data.total = { column = \"sum\", currency = \"EUR\" }";

fn simple(input: &str) -> Read {
    read_table(input, &purchase("", TOTAL))
}

fn amounts(read: &Read) -> Vec<String> {
    let amount =
        |event: &Event| event.to_json()["data"]["total"]["amount"].as_str().map(str::to_owned);
    read.events.iter().filter_map(amount).collect()
}

#[test]
fn every_malformed_value_has_its_line_and_column_and_good_rows_go_in() {
    let input = "n,who,day,sum\n\
        1,a,2026-01-01,1.00\n\
        2,a,2026-13-01,1.00\n\
        3,a,,1.00\n\
        4,a,2026-01-01,1.005\n\
        5,a,2026-01-01,one\n\
        6,a,2026-01-01,-1.00\n\
        7,+8613800138000,2026-01-01,1.00\n\
        8,a,2026-01-01\n\
        9,a,2026-01-01,1.00,more\n\
        ,a,2026-01-01,1.00\n\
        11,\"a\"b,2026-01-01,1.00\n\
        12,a,2026-01-01,99999999999999999999\n\
        13,a,2026-01-01,2\n";
    let read = simple(input);
    let places: Vec<&str> =
        read.errors.iter().filter_map(|error| error.split(": expected").next()).collect();
    assert_eq!(
        places,
        [
            "line 3, column day",
            "line 4, column day",
            "line 5, column sum",
            "line 6, column sum",
            "line 7, column sum",
            "line 8, column who",
            "line 9",
            "line 10",
            "line 11, column n",
            "line 12",
            "line 13, column sum",
        ]
    );
    assert_eq!(amounts(&read), ["1.00", "2.00"]);
    assert_eq!((read.counts.rows, read.counts.events, read.counts.rejected), (13, 2, 11));
}

#[test]
fn text_that_is_not_utf_8_costs_its_own_row() {
    let mapping = annals_import::Mapping::parse(&purchase("", TOTAL)).expect("a mapping");
    let input = b"\xEF\xBB\xBFn,who,day,sum\r\n1,M\xFCller,2026-01-01,1\r\n2,b,2026-01-01,1\r\n";
    let read = read(input, annals_import::ImportSource::Csv(Box::new(mapping)));
    assert_eq!(read.errors, ["line 2, column 4: expected UTF-8 text, got the byte 0xfc"]);
    assert_eq!(read.counts.events, 1);
}

#[test]
fn a_header_without_the_mapped_columns_ends_the_reading() {
    let read = simple("n,who,when,sum\n1,a,2026-01-01,1\n");
    assert_eq!(read.errors, ["line 1: expected a column day, got n, who, when, sum"]);
    let twice = simple("n,who,day,sum,day\n1,a,2026-01-01,1,2026-01-01\n");
    assert!(twice.errors[0].starts_with("line 1: expected one column day"), "{:?}", twice.errors);
    assert_eq!(simple("").errors, ["line 1: expected a header line, got an empty file"]);
    assert_eq!(simple("\u{FEFF}n,who,day,sum\n").errors, Vec::<String>::new());
}

#[test]
fn columns_go_by_number_where_there_is_no_header() {
    let mapping = "source = \"test\"\n[file]\nheader = false\ndelimiter = \"|\"\ncomment = \"#\"\nskip_lines = 1\n\
        [[event]]\nkind = \"purchase.completed\"\nid = [1, 2]\n[event.fields]\nsubject = { column = 2 }\n\
        occurred_at = { column = 3 }\ndata.total = { column = 4, currency = { column = 5 } }";
    let input = "export of today\n1|a|2026-01-01|7|JPY\n# note\n2|a|2026-01-01|1.5|JPY\n3|a|2026-01-01|1|jpy\n";
    let read = read_table(input, mapping);
    assert_eq!(amounts(&read), ["7"]);
    assert_eq!(
        read.errors,
        [
            "line 4, column 4: expected an amount of JPY as a plain decimal with at most 0 digits after the point, got \"1.5\"",
            "line 5, column 5: expected an ISO 4217 currency code such as EUR, got jpy",
        ]
    );
    let key = |event: &Event| event.envelope().foreign_id.as_ref().map(ToString::to_string);
    assert_eq!(key(&read.events[0]).as_deref(), Some("1|a#1"));
}

#[test]
fn keys_that_differ_never_give_the_same_id_and_equal_ones_are_counted() {
    let mapping = purchase("", TOTAL).replace("[\"n\"]", "[\"n\", \"sum\"]");
    let mapping = mapping
        .replace("source = \"test\"", "source = \"test\"\n[file]\ndelimiter = \";\"\ntrim = false");
    let mapping = mapping.replace("\"n\", \"sum\"", "\"n\", \"m\"");
    let input = "n;m;who;day;sum\na|;b;c;2026-01-01;1\na;|b;c;2026-01-01;1\na\\;|b;c;2026-01-01;1\na|;b;c;2026-01-01;1\n";
    let read = read_table(input, &mapping);
    let keys: Vec<_> = read
        .events
        .iter()
        .filter_map(|event| event.envelope().foreign_id.as_ref().map(ToString::to_string))
        .collect();
    assert_eq!(keys, ["a\\||b#1", "a|\\|b#1", "a\\\\|\\|b#1", "a\\||b#2"]);
    let long = "x".repeat(300);
    let read = read_table(&format!("n;m;who;day;sum\n{long};b;c;2026-01-01;1\n"), &mapping);
    let key = read.events[0].envelope().foreign_id.as_ref().map(ToString::to_string);
    assert!(key.is_some_and(|key| key.starts_with("sha256:") && key.ends_with("#1")));
}

#[test]
fn values_are_made_as_the_mapping_says() {
    let mapping = "source = \"test\"\n[file]\nnull = [\"-\"]\n[[event]]\nkind = \"survey.answered\"\nid = [\"n\"]\n\
        [event.fields]\nsubject = { template = \"{site}/{who}\", prefix = \"P:\" }\noccurred_at = { column = \"day\" }\n\
        channel = { column = \"via\", map = { W = \"web\", P = \"phone\" }, otherwise = \"branch\", if_empty = \"app\" }\n\
        actor = { actor_type = \"employee\", id = { column = \"agent\", optional = true } }\n\
        [event.fields.data]\ninstrument = \"nps\"\ninstrument_version = 1\n\
        response_time = { column = \"seconds\", optional = true }\n\
        answers = [\n  { item = \"nps\", scale = { column = \"nps\", min = 0, max = 10, optional = true } },\n\
          { item = \"why\", text = { column = \"why\", optional = true } },\n]\n";
    let header = "n,site,who,day,via,agent,nps,why,seconds\n";
    let json = |row: &str| {
        let read = read_table(&format!("{header}{row}\n"), mapping);
        assert_eq!(read.errors, Vec::<String>::new());
        read.events[0].to_json()
    };
    let whole = json("1,x,7,2026-01-01,P,ag-3,10,good,30");
    assert_eq!(whole["subject"], "P:x/7");
    assert_eq!(whole["channel"], "phone");
    assert_eq!(whole["actor"]["id"], "ag-3");
    assert_eq!(whole["data"]["answers"][0]["scale"]["value"], 10);
    assert_eq!(whole["data"]["answers"][1]["text"], "good");
    assert_eq!(whole["data"]["response_time"], 30);
    let sparse = json("1,x,7,2026-01-01,-,-,-,good,-");
    assert_eq!(sparse["channel"], "app");
    assert!(sparse.get("actor").is_none(), "a table without any of its cells is left out");
    assert_eq!(sparse["data"]["answers"].as_array().map(Vec::len), Some(1));
    assert_eq!(json("1,x,7,2026-01-01,Z,-,3,-,-")["channel"], "branch");
    let refused = read_table(&format!("{header}1,x,7,2026-01-01,W,-,11,-,-\n"), mapping);
    assert_eq!(
        refused.errors,
        ["line 2, column nps: expected a whole number from 0 to 10, got \"11\""]
    );
    let none = read_table(&format!("{header}1,x,7,2026-01-01,W,-,-,-,-\n"), mapping);
    assert_eq!(none.errors, ["line 2, data.answers: expected at least one answer, got none"]);
}

#[test]
fn amounts_are_multiplied_and_added_up_exactly_or_refused() {
    let fields = "data.total = { sum = { column = \"price\", currency = \"EUR\", times = { column = \"qty\" } } }";
    let mapping = purchase("", fields).replace("id = ", "grouping = \"anywhere\"\ngroup_by = ");
    let read = read_table(
        "n,who,day,price,qty\n1,a,2026-01-01,1.25,0.8\n2,b,2026-01-01,0.333,1\n1,a,2026-01-01,0.1,30\n",
        &mapping,
    );
    assert_eq!(amounts(&read), ["4.00"]);
    assert_eq!(read.lines, [(2, 4)]);
    assert_eq!(
        read.errors,
        [
            "line 3, column price: expected an amount of EUR that has 2 digits after the point, got \"0.333\""
        ]
    );
}

#[test]
fn filters_choose_rows_and_refuse_what_they_cannot_compare() {
    let when = "when = [{ column = \"sum\", above = 0 }, { column = \"who\", none_of = [\"test\", \"demo\"] }]";
    let input = "n,who,day,sum\n1,a,2026-01-01,0\n2,a,2026-01-01,0.5\n3,test,2026-01-01,1\n4,a,2026-01-01,x\n5,a,2026-01-01,\n";
    let read = read_table(input, &purchase(when, TOTAL));
    assert_eq!(amounts(&read), ["0.50"]);
    assert_eq!(read.counts.skipped, 3);
    assert_eq!(read.errors, ["line 5, column sum: expected a number such as 1234.50, got \"x\""]);
}

/// One purchase per `n`, its total the sum of its rows.
fn grouped(grouping: &str) -> String {
    let fields = "data.total = { sum = { column = \"sum\", currency = \"EUR\" } }";
    let group = format!("grouping = \"{grouping}\"\ngroup_by = ");
    purchase("", fields).replace("id = ", &group)
}

#[test]
fn a_group_beside_an_unreadable_row_is_left_out_and_not_built_without_it() {
    let input = "n,who,day,sum\n1,a,2026-01-01,1\n1,a\n1,a,2026-01-01,1\n2,a,2026-01-01,2\n3,a\n3,a,2026-01-01,3\n4,a,2026-01-01,4\n";
    let read = read_table(input, &grouped("consecutive"));
    assert_eq!(amounts(&read), ["4.00"], "2 and 3 stand beside the unreadable row 6");
    assert_eq!(read.errors[1], "line 3: expected 4 columns, got 2; lines left out with it: 2, 4");
    let read = read_table(input, &grouped("anywhere"));
    assert_eq!(amounts(&read), Vec::<String>::new(), "the unreadable row may belong to any");
}

#[test]
fn a_consecutive_group_that_comes_again_is_refused() {
    let input = "n,who,day,sum\n1,a,2026-01-01,1\n2,a,2026-01-01,1\n1,a,2026-01-01,1\n";
    let read = read_table(input, &grouped("consecutive"));
    assert_eq!(amounts(&read), ["1.00", "1.00"]);
    assert!(
        read.errors[0].starts_with("line 4, column n: expected the rows of an event one after")
    );
}

/// Amounts of a few invoices in some order of rows.
fn invoices() -> impl Strategy<Value = Vec<(u8, i64)>> {
    proptest::collection::vec((0_u8..6, 0_i64..100_000), 0..40)
}

proptest! {
    #[test]
    fn groups_add_up_to_what_their_rows_say_wherever_they_stand(rows in invoices()) {
        let table = |rows: &[(u8, i64)]| {
            let mut text = "n,who,day,sum\n".to_owned();
            for (invoice, cents) in rows {
                writeln!(text, "i{invoice},a,2026-01-01,{}.{:02}", cents / 100, cents % 100).expect("a string takes all");
            }
            text
        };
        let mut expected = std::collections::BTreeMap::new();
        for (invoice, cents) in &rows {
            *expected.entry(format!("i{invoice}#1")).or_insert(0) += cents;
        }
        let totals = |read: Read| -> std::collections::BTreeMap<String, i64> {
            read.events.iter().map(|event| {
                let json = event.to_json();
                let amount = json["data"]["total"]["amount"].as_str().expect("an amount").replace('.', "");
                (json["foreign_id"].as_str().expect("a key").to_owned(), amount.parse().expect("cents"))
            }).collect()
        };
        let mut sorted = rows.clone();
        sorted.sort_by_key(|(invoice, _)| *invoice);
        prop_assert_eq!(totals(read_table(&table(&rows), &grouped("anywhere"))), expected.clone());
        prop_assert_eq!(totals(read_table(&table(&sorted), &grouped("consecutive"))), expected);
    }
}
