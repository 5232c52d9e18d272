//! What makes a text no ruleset, and where the error points.

use annals_projection::{Projection as _, RulesetError};
use annals_satisfaction::Satisfaction;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn refused(from: &str, to: &str) -> RulesetError {
    let text = Satisfaction::BUILT_IN_RULES.replacen(from, to, 1);
    assert_ne!(text, Satisfaction::BUILT_IN_RULES, "{from} is not in the rules");
    let error = Satisfaction::parse_rules(&text).expect_err("a refusal");
    let line = Satisfaction::BUILT_IN_RULES.lines().position(|line| line.starts_with(from));
    assert_eq!(error.line, line.map(|index| index + 1), "{error}");
    assert!(error.column.is_some());
    error
}

#[test]
fn the_rules_that_come_along_are_read() {
    assert!(Satisfaction::parse_rules(Satisfaction::BUILT_IN_RULES).is_ok());
}

#[test]
fn bad_rules_are_refused_with_line_column_and_reason() {
    for (from, to, reason) in [
        ("promoter_min = 9", "promotor_min = 9", "unknown field `promotor_min`"),
        ("promoter_min = 9", "promoter_min = 11", "expected promoter_min within 0 to 10, got 11"),
        ("promoter_min = 9", "promoter_min = nine", ""),
        ("promoter_min = 9", "promoter_min = 9.5", "floating point"),
        ("detractor_max = 6", "detractor_max = 9", "below promoter_min (9), got 9"),
        ("satisfied_min = 4", "satisfied_min = 0", "expected satisfied_min within 1 to 5"),
        ("easy_min = 5", "easy_min = 8", "expected easy_min within 1 to 7"),
        ("max = 10", "max = -1", "min below max"),
        ("n_min = 2", "n_min = 0", "at least 1, got 0"),
        ("version = 4", "version = 0", "version from 1"),
        ("name = \"satisfaction\"", "name = \"loyalty\"", "expected name \"satisfaction\""),
        ("items = [\"csat\"]", "items = [\"nps\"]", "named twice"),
        ("items = [\"csat\"]", "items = []", "at least one"),
        ("items = [\"csat\"]", "items = [\" \"]", "an id or code"),
        ("upheld = [\"upheld\", \"partly_upheld\"]", "upheld = [\"won\"]", "one of upheld"),
    ] {
        let error = refused(from, to);
        assert!(error.what.contains(reason), "{to}: {error}");
    }
    for (from, to, reason) in [
        ("table = \"classic\"", "table = \"classical\"", "expected classic or pouliot"),
        ("weights = \"equal\"", "weights = [1, 2]", "expected 3 numbers of 0 or more"),
        ("weights = \"equal\"", "weights = [0, 0, 0]", "not all 0"),
        ("weights = \"equal\"", "weights = \"even\"", "expected equal, pls or 3 numbers"),
        ("rows_min = 30", "rows_min = 2", "at least 3"),
        ("satisfaction = \"satisfaction\"", "satisfaction = \"joy\"", "expected a latent"),
        ("window_days = 180", "window_days = 0", "1 to 36525 days, got 0"),
        ("windows_days = [90, 180, 365]", "windows_days = [90, -1]", "1 to 36525 days, got -1"),
        ("functional = [\"service\"", "functional = [\"price\"", "not both"),
        ("repurchase_days = 365", "repurchase = 365", "unknown field `repurchase`"),
    ] {
        let error = refused(from, to);
        assert!(error.what.contains(reason), "{to}: {error}");
    }
    for (from, to, reason) in [
        (
            "weekend = [\"saturday\", \"sunday\"]",
            "weekend = [\"caturday\"]",
            "expected one of monday",
        ),
        ("name = \"complex\"", "name = \"plain\"", "deadline plain is named twice"),
        ("working_days = 3", "working_days = 0", "1 to 36525 days, got 0"),
        ("duration_max_seconds = 600", "duration_max_seconds = 0", "at least 1 second"),
        ("\"phone\", \"face_to_face\"", "\"web\", \"face_to_face\"", "web is virtual already"),
        ("\"phone\", \"face_to_face\"", "\"horn\", \"face_to_face\"", "one of phone"),
        ("working_days = 3", "weeks = 3", "unknown field `weeks`"),
        ("calendar_days = 15", "", "either calendar_days or working_days"),
        ("categories = [\"summary\"]", "categories = [\"complex\"]", "has the deadline complex"),
        ("categories = [\"summary\"]", "categories = []", "at least one category"),
        ("categories = [\"summary\"]", "", "plain is for all others already"),
        ("\"2025-01-01\"", "\"2025-02-29\"", "a date such as 2026-03-31"),
        ("\"2025-01-01\"", "\"2025-01-28\"", "holiday 2025-01-28 is named twice"),
        ("\"2026-01-04\"", "\"2026-01-05\"", "a weekend that is no holiday, got 2026-01-05"),
        ("\"2026-01-04\"", "\"2026-01-03\"", "a weekend that is no holiday, got 2026-01-03"),
        (
            "\"loyalty\"],\n    [\"expectation\"",
            "\"imag1\"],\n    [\"expectation\"",
            "expected a latent",
        ),
        ("[\"complaints\", \"loyalty\"]", "[\"loyalty\", \"complaints\"]", "listed after it"),
        ("items = [\"cusco\"] }", "items = [\"cusa1\"] }", "belongs to two latents"),
        ("items = [\"cusco\"] }", "items = [\"csat\"] }", "expected an item of the instrument"),
        ("overall = \"acsi1\"", "overall = \"acsi9\"", "expected an item of the instrument"),
        ("also = [\"acsi-3\", \"acsi3\"]", "also = [\"NPS\"]", "instrument NPS is named twice"),
        ("perceived = [\"p1\", ", "perceived = [", "as many items"),
    ] {
        let text = Satisfaction::BUILT_IN_RULES.replacen(from, to, 1);
        assert_ne!(text, Satisfaction::BUILT_IN_RULES, "{from} is not in the rules");
        let error = Satisfaction::parse_rules(&text).expect_err(to);
        assert!(error.line.is_some() && error.what.contains(reason), "{to}: {error}");
    }
    let error = refused("detractor_max = 6", "detractor_max = 9");
    assert_eq!(error.column, Some("detractor_max = ".len() + 1), "{error}");
}

#[test]
fn a_missing_key_is_named() {
    let text = Satisfaction::BUILT_IN_RULES.replace("easy_min = 5", "");
    let error = Satisfaction::parse_rules(&text).expect_err("a refusal");
    assert!(error.what.contains("easy_min"), "{error}");
    assert!(Satisfaction::parse_rules("").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_text_makes_the_parser_panic(from in 0_usize..9500, garbage in "\\PC{0,12}") {
        let text = Satisfaction::BUILT_IN_RULES;
        let cut = text.char_indices().map(|(at, _)| at).nth(from).unwrap_or(text.len());
        let (head, tail) = text.split_at(cut);
        drop(Satisfaction::parse_rules(&format!("{head}{garbage}{tail}")));
        drop(Satisfaction::parse_rules(&garbage));
    }
}
