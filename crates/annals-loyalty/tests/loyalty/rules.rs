//! A wrong ruleset is refused with its place.

use crate::events::built_in;
use annals_loyalty::Loyalty;
use annals_projection::Projection;

/// The rules that come with the projection, one piece of text replaced.
fn refused(piece: &str, with: &str) -> String {
    let text = Loyalty::BUILT_IN_RULES.replacen(piece, with, 1);
    assert_ne!(text, Loyalty::BUILT_IN_RULES, "{piece} is in the built-in rules");
    let error = Loyalty::parse_rules(&text).expect_err(with);
    let line = text.lines().position(|line| line.contains(with)).expect("the line") + 1;
    assert_eq!(error.line, Some(line), "{with}: {error}");
    assert!(error.column.is_some(), "{error}");
    error.what
}

#[test]
fn wrong_values_and_unknown_keys_are_refused_with_line_and_column() {
    for (piece, with, expected) in [
        ("name = \"loyalty\"", "name = \"lifecycle\"", "the name \"loyalty\", came lifecycle"),
        ("version = 2", "version = 0", "a version from 1, came 0"),
        ("tiles = 5", "tiles = 10", "2 to 9 tiles, came 10"),
        ("tiles = 5", "tiles = 5.0", "floating point"),
        ("tiles = 5", "tyles = 5", "unknown field `tyles`"),
        ("revenue_percent = 80", "revenue_percent = 101", "whole percent, 1 to 100, came 101"),
        ("period = \"year\"", "period = \"decade\"", "one of day, week, month, quarter, year"),
        ("retention = 0.8", "retention = 1.2", "a share from 0 to 1"),
        ("retention = 0.8", "retention = nan", "a share from 0 to 1"),
        ("discount = 0.1", "discount = -0.1", "a discount rate from 0 to 10"),
        ("margin_share = 0.3", "margin_share = 0.0000001", "at most six places"),
        ("# reporting_currency = \"EUR\"", "reporting_currency = \"EURO\"", "ISO 4217"),
        ("[clv]", "[cvl]", "unknown field `cvl`"),
        ("[rfm]", "[rfm", "unclosed table"),
    ] {
        let what = refused(piece, with);
        assert!(what.contains(expected), "{with}: {what}");
    }
}

#[test]
fn a_missing_section_or_key_is_named() {
    for (piece, missing) in [("[rfm]\n", "rfm"), ("period = \"year\"", "period")] {
        let text = Loyalty::BUILT_IN_RULES.replace(piece, "").replace("tiles = 5", "");
        let error = Loyalty::parse_rules(&text).expect_err(missing).to_string();
        assert!(error.contains("missing field"), "{error}");
    }
}

#[test]
fn the_optional_parts_may_be_left_out() {
    let (without_clv, _) = Loyalty::BUILT_IN_RULES.split_once("[clv]").expect("the section");
    let rules = Loyalty::parse_rules(without_clv).expect("rules without lifetime value");
    assert_eq!((rules.clv, rules.reporting_currency), (None, None));
    let text = Loyalty::BUILT_IN_RULES.replace("margin_share = 0.3", "");
    let rules = Loyalty::parse_rules(&text).expect("rules without a margin share");
    assert_eq!(rules.clv.map(|clv| clv.margin_share), Some(None));
    assert_eq!(built_in().clv.map(|clv| clv.retention.to_string()), Some("0.8".to_owned()));
}
