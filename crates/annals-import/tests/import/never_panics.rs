//! Whatever comes in, reading neither panics nor forgets to say where a fault lies.

use crate::reading::{Read, read};
use annals_import::{CloudEvents, ImportSource, Mapping, Preset};
use proptest::prelude::*;

fn sources() -> Vec<ImportSource> {
    let table = |text: &str| {
        ImportSource::Csv(Box::new(Mapping::parse(text).expect("the mapping is right")))
    };
    let mut sources: Vec<_> = Preset::all().iter().map(|preset| table(preset.text())).collect();
    sources.push(table(include_str!("../../../../docs/examples/import/invoices.toml")));
    sources.push(ImportSource::JsonLines);
    sources.push(ImportSource::CloudEvents(CloudEvents::default()));
    sources
}

/// Every refusal says where; counts agree with what came out.
fn holds(read: &Read) {
    assert!(read.errors.iter().all(|error| error.starts_with("line ")), "{:?}", read.errors);
    assert_eq!(read.events.len() as u64, read.counts.events);
    assert!(read.errors.len() as u64 >= read.counts.rejected);
}

/// Bytes in which the characters that mean something are frequent.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        3 => any::<u8>(),
        7 => proptest::sample::select(b"\n\r\t \",;|{}[]:.#+-0123456789aZ\\\xEF\xBB\xBF".to_vec()),
    ];
    proptest::collection::vec(byte, 0..400)
}

/// A good file with a piece of it replaced.
fn damaged(good: &'static str) -> impl Strategy<Value = Vec<u8>> {
    (any::<prop::sample::Index>(), 0_usize..40, bytes()).prop_map(move |(at, length, mut piece)| {
        let good = good.as_bytes();
        let start = at.index(good.len() + 1);
        let end = (start + length).min(good.len());
        piece.truncate(12);
        [&good[..start], &piece, &good[end..]].concat()
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_read_to_their_end(input in bytes()) {
        for source in sources() {
            holds(&read(&input, source));
        }
    }

    #[test]
    fn damaged_tables_are_read_to_their_end(
        master in damaged(include_str!("../data/cdnow_master_excerpt.txt")),
        complaints in damaged(include_str!("../data/cfpb_synthetic.csv")),
        invoices in damaged(include_str!("../../../../docs/examples/import/invoices.csv")),
    ) {
        let [cdnow, _, cfpb, shop, ..] = &sources()[..] else { panic!("six sources") };
        holds(&read(&master, cdnow.clone()));
        holds(&read(&complaints, cfpb.clone()));
        holds(&read(&invoices, shop.clone()));
    }

    #[test]
    fn damaged_mappings_are_refused_with_a_place_or_work(
        mapping in damaged(include_str!("../../../../docs/examples/import/invoices.toml")),
        cfpb in damaged(include_str!("../../presets/cfpb.toml")),
    ) {
        for text in [mapping, cfpb] {
            let text = String::from_utf8_lossy(&text);
            match Mapping::parse(&text) {
                Err(error) => prop_assert!(error.line >= 1 && error.column >= 1),
                Ok(mapping) => {
                    let invoices = include_bytes!("../../../../docs/examples/import/invoices.csv");
                    holds(&read(invoices, ImportSource::Csv(Box::new(mapping))));
                }
            }
        }
    }

    #[test]
    fn arbitrary_text_is_no_mapping_or_one(text in "\\PC{0,200}") {
        if let Err(error) = Mapping::parse(&text) {
            prop_assert!(error.line >= 1 && error.column >= 1);
        }
    }

    #[test]
    fn damaged_json_is_read_to_its_end(
        lines in damaged("{\"id\":\"0190b2f4-6f0e-7c3a-9d51-3f6d1c2a7b10\",\"kind\":\"payment.overdue\",\"subject\":\"C-1\",\"occurred_at\":\"2026-03-03T09:30:00Z\",\"data\":{\"invoice\":\"1\",\"amount\":{\"amount\":\"1\",\"currency\":\"EUR\"},\"due\":\"2026-01-01\"}}\n"),
        cloud in damaged("{\"specversion\":\"1.0\",\"type\":\"promise.kept\",\"source\":\"s\",\"id\":\"1\",\"subject\":\"C-1\",\"time\":\"2026-03-03T09:30:00Z\",\"data\":{\"promise\":\"1\"}}\n"),
    ) {
        holds(&read(&lines, ImportSource::JsonLines));
        holds(&read(&cloud, ImportSource::CloudEvents(CloudEvents::default())));
    }
}
