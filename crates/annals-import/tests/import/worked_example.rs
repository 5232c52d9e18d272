//! The worked example of docs/import.md: what the page shows is what comes out.

use crate::reading::read_table;
use annals_events::Event;
use annals_import::Mapping;

const MAPPING: &str = include_str!("../../../../docs/examples/import/invoices.toml");
const INVOICES: &str = include_str!("../../../../docs/examples/import/invoices.csv");
const FAULTY: &str = include_str!("../../../../docs/examples/import/invoices-faulty.csv");
const PAGE: &str = include_str!("../../../../docs/import.md");

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

#[test]
fn every_mapping_and_every_date_format_of_the_page_works() {
    let blocks = PAGE.split("```toml\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let mappings: Vec<_> = blocks.map(|(mapping, _)| mapping).collect();
    assert_eq!(mappings.len(), 4);
    for mapping in &mappings {
        assert!(Mapping::parse(mapping).is_ok(), "{:?}\n{mapping}", Mapping::parse(mapping).err());
    }
    let till = read_table(
        "receipt,customer,time,total,payment\n5001,17,2026-03-02 09:30,12.50,card\n5002,,2026-03-02 09:41,3.20,cash\n",
        mappings[0],
    );
    assert_eq!((till.counts.events, till.counts.skipped, till.errors.len()), (1, 1, 0));
    let dates = PAGE.split_once("| written | format |").map(|(_, rest)| rest).expect("a table");
    let rows = dates.lines().skip(2).take_while(|line| line.starts_with('|'));
    let mut formats = 0;
    for row in rows {
        let cells: Vec<_> = row.split('`').collect();
        let mapping = format!(
            "source = \"test\"\n[[event]]\nkind = \"promise.kept\"\nid = [\"n\"]\n[event.fields]\nsubject = \"a\"\n\
             occurred_at = {{ column = \"time\", formats = [\"{}\"] }}\ndata.promise = \"p\"",
            cells[3]
        );
        let read = read_table(&format!("n,time\n1,{}\n", cells[1]), &mapping);
        assert_eq!(read.errors, Vec::<String>::new(), "{row}");
        formats += read.counts.events;
    }
    assert_eq!(formats, 10);
}
