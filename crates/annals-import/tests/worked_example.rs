//! The worked example of docs/import.md: what the page shows is what comes out.

mod common;

use annals_events::Event;
use common::read_table;

const MAPPING: &str = include_str!("../../../docs/examples/import/invoices.toml");
const INVOICES: &str = include_str!("../../../docs/examples/import/invoices.csv");
const FAULTY: &str = include_str!("../../../docs/examples/import/invoices-faulty.csv");
const PAGE: &str = include_str!("../../../docs/import.md");

#[test]
fn the_page_shows_the_files_and_what_comes_of_them() {
    for file in [MAPPING, INVOICES, FAULTY] {
        assert!(PAGE.contains(file), "the page shows another file than this:\n{file}");
    }
    let read = read_table(INVOICES, MAPPING);
    assert_eq!(read.errors, Vec::<String>::new());
    let counts = (read.counts.rows, read.counts.events, read.counts.skipped);
    assert_eq!(counts, (5, 3, 1));
    assert_eq!(read.lines, [(3, 4), (5, 5), (6, 6)]);
    for event in &read.events {
        let json = event.to_json().to_string();
        assert!(PAGE.contains(&json), "the page shows another event than this:\n{json}");
    }
    let amounts: Vec<_> = read.events.iter().map(amount).collect();
    assert_eq!(amounts, ["1266.80", "4.95", "1249.00"]);
}

#[test]
fn the_page_shows_what_is_said_of_faulty_rows() {
    let read = read_table(FAULTY, MAPPING);
    for error in &read.errors {
        assert!(PAGE.contains(error), "the page shows another error than this:\n{error}");
    }
    assert_eq!(read.errors.len(), 8, "{:#?}", read.errors);
    assert_eq!(read.counts.events, 1, "the rows beside a faulty one go in all the same");
    assert_eq!(read.lines, [(13, 13)]);
}

fn amount(event: &Event) -> String {
    let data = &event.to_json()["data"];
    let money = data.get("total").or_else(|| data.get("amount")).expect("money");
    money["amount"].as_str().expect("an amount").to_owned()
}
