//! Rulesets: what is refused, where, and why.

mod story;

use annals_lifecycle::{Fact, Lifecycle, LifecycleRules, SchemeKind, Sign};
use annals_projection::Projection as _;
use proptest::prelude::*;
use story::{built_in, config};

const HEAD: &str =
    "name = \"lifecycle\"\nversion = 1\n[[scheme]]\nid = \"own\"\nkind = \"stages\"\n";

/// Asserts that stages after the head are refused at a line (of the whole text) and column.
fn refused(stages: &str, line: usize, column: usize, why: &str) {
    refused_text(&format!("{HEAD}{stages}"), line, column, why);
}

fn refused_text(text: &str, line: usize, column: usize, why: &str) {
    let error = LifecycleRules::parse(text).expect_err(text);
    assert_eq!((error.line, error.column), (Some(line), Some(column)), "{error}\n{text}");
    assert!(error.to_string().contains(why), "{error}");
}

#[test]
fn the_built_in_rules_have_the_five_schemes_with_their_stages() {
    let rules = built_in();
    let ids: Vec<_> = rules.schemes.iter().map(|scheme| scheme.id.as_str()).collect();
    assert_eq!(ids, ["lifecycle-5", "relationship-5", "A-E", "acquire-enhance-retain", "activity"]);
    let stages: Vec<_> = rules.schemes.iter().map(annals_lifecycle::Scheme::stage_ids).collect();
    assert_eq!(stages[0], ["termination", "potential", "decline", "maturity", "growth"]);
    assert_eq!(stages[4], ["new", "returning", "resurrecting", "dormant", "inactive"]);
}

#[test]
fn unknown_keys_and_facts_are_refused_where_they_stand() {
    refused_text("name = \"lifecycle\"\nversion = 1\nfoo = 2\n", 3, 1, "foo");
    refused("colour = \"red\"\n", 6, 1, "colour");
    refused("[[scheme.stage]]\nid = \"a\"\nif = 3\n", 8, 1, "if");
    refused(
        "[[scheme.stage]]\nid = \"a\"\nwhen = [{ occasion_min = 3 }]\n",
        8,
        11,
        "\"occasion_min\" is no fact; known here: occasions_min, occasions_max",
    );
    refused("[[scheme.stage]]\nid = \"a\"\nwhen = [{ closed_min = 1 }]\n", 8, 11, "is no fact");
    refused("[[scheme.stage]]\nid = \"a\"\nwhen = [{ occasions = 1 }]\n", 8, 11, "is no fact");
}

#[test]
fn values_of_the_wrong_sort_are_refused_where_they_stand() {
    let when =
        |conditions: &str| format!("[[scheme.stage]]\nid = \"a\"\nwhen = [{{ {conditions} }}]\n");
    refused(&when("occasions_min = -1"), 8, 27, "whole number of 0 or more");
    refused(&when("occasions_min = 1.5"), 8, 27, "whole number of 0 or more");
    refused(&when("silence_days_min = \"30\""), 8, 30, "whole number of 0 or more");
    refused(&when("rhythm_ratio_min = inf"), 8, 30, "such as 2.5");
    refused(&when("rhythm_ratio_min = \"2\""), 8, 30, "such as 2.5");
    refused(&when("closed = 1"), 8, 20, "true or false");
    refused_text("name = \"loyalty\"\nversion = 1\n", 1, 8, "expected name = \"lifecycle\"");
    refused_text("name = \"lifecycle\"\nversion = 0\n", 2, 11, "1 or more");
    refused_text("name = \"lifecycle\"\nversion = 1\n[[scheme]\n", 3, 10, "");
    let kind = "name = \"lifecycle\"\nversion = 1\n[[scheme]]\nid = \"x\"\nkind = \"y\"\n";
    refused_text(kind, 5, 8, "calendar_month_activity");
}

#[test]
fn doubly_named_stages_and_schemes_are_refused() {
    let twice =
        "[[scheme.stage]]\nid = \"a\"\nwhen = [{ closed = true }]\n[[scheme.stage]]\nid = \"a\"\n";
    refused(twice, 10, 6, "stage \"a\" is written twice");
    refused(
        "none = \"a\"\n[[scheme.stage]]\nid = \"a\"\nwhen = [{ closed = true }]\n",
        6,
        8,
        "twice",
    );
    let again = "[[scheme.stage]]\nid = \"a\"\n[[scheme]]\nid = \"own\"\nkind = \"stages\"\n";
    refused(again, 9, 6, "scheme \"own\" is written twice");
}

#[test]
fn stages_nobody_can_enter_are_refused() {
    let after_all =
        "[[scheme.stage]]\nid = \"a\"\n[[scheme.stage]]\nid = \"b\"\nwhen = [{ closed = true }]\n";
    refused(after_all, 9, 6, "\"b\" can never be entered");
    let narrower = "[[scheme.stage]]\nid = \"a\"\nwhen = [{ occasions_min = 2 }]\n\
                    [[scheme.stage]]\nid = \"b\"\nwhen = [{ occasions_min = 3, closed = true }]\n\
                    [[scheme.stage]]\nid = \"c\"\n";
    refused(narrower, 10, 6, "\"b\" can never be entered");
    let between_them = "[[scheme.stage]]\nid = \"a\"\nwhen = [{ silence_days_max = 9 }]\n\
                        [[scheme.stage]]\nid = \"b\"\nwhen = [{ silence_days_min = 10 }]\n\
                        [[scheme.stage]]\nid = \"c\"\nwhen = [{ occasions_min = 5 }]\n\
                        [[scheme.stage]]\nid = \"d\"\n";
    refused(between_them, 13, 6, "\"c\" can never be entered");
    let contradiction =
        "[[scheme.stage]]\nid = \"a\"\nwhen = [{ occasions_min = 3, occasions_max = 2 }]\n";
    refused(contradiction, 8, 9, "can never hold together");
    let unknowable =
        "[[scheme.stage]]\nid = \"a\"\nwhen = [{ silence_days_min = 3, occasions_max = 0 }]\n";
    refused(unknowable, 8, 9, "can never hold together");
    refused("none = \"b\"\n[[scheme.stage]]\nid = \"a\"\n", 6, 8, "\"b\" can never be entered");
}

/// A ratio can lie between two neighbouring bounds; a count cannot.
#[test]
fn a_gap_between_ratios_is_a_gap_and_one_between_counts_is_none() {
    let scheme = |low: &str, high: &str| {
        format!(
            "{HEAD}[[scheme.stage]]\nid = \"a\"\nwhen = [{{ {low} }}]\n\
             [[scheme.stage]]\nid = \"b\"\n\
             when = [{{ {high} }}, {{ occasions_max = 1 }}]\n[[scheme.stage]]\nid = \"c\"\n"
        )
    };
    let ratios = scheme("rhythm_ratio_max = 2", "rhythm_ratio_min = 2.000001");
    assert!(LifecycleRules::parse(&ratios).is_ok());
    let meeting = scheme("rhythm_ratio_max = 2", "rhythm_ratio_min = 2");
    assert!(LifecycleRules::parse(&meeting).is_err());
    let counts = scheme("contacts_max = 2", "contacts_min = 3");
    assert!(LifecycleRules::parse(&counts).is_err());
}

#[test]
fn schemes_that_leave_somebody_without_a_stage_are_refused_unless_they_say_what_none_is() {
    let open = "[[scheme.stage]]\nid = \"a\"\nwhen = [{ occasions_min = 1 }]\n";
    refused(open, 4, 6, "leaves some customers without a stage");
    refused("", 4, 6, "leaves some customers without a stage");
    let named = LifecycleRules::parse(&format!("{HEAD}none = \"other\"\n{open}")).expect("rules");
    assert_eq!(named.schemes[0].stage_ids(), ["a", "other"]);
    let closed =
        format!("{HEAD}{open}[[scheme.stage]]\nid = \"b\"\nwhen = [{{ occasions_max = 0 }}]\n");
    assert!(LifecycleRules::parse(&closed).is_ok(), "the two leave nobody out");
}

#[test]
fn an_activity_scheme_has_a_name_for_none_and_no_stages() {
    let head = "name = \"lifecycle\"\nversion = 1\n[[scheme]]\nid = \"m\"\n\
                kind = \"calendar_month_activity\"\n";
    refused_text(head, 5, 8, "expected none");
    refused_text(&format!("{head}none = \"new\"\n"), 6, 8, "one of the four");
    let staged = format!("{head}none = \"x\"\n[[scheme.stage]]\nid = \"a\"\n");
    refused_text(&staged, 8, 6, "no stages of its own");
    let rules = LifecycleRules::parse(&format!("{head}none = \"x\"\n")).expect("rules");
    let expected = SchemeKind::CalendarMonthActivity { none: "x".to_owned() };
    assert_eq!(rules.schemes[0].kind, expected);
}

/// The parts beside schemes: what is refused, where, and why.
#[test]
fn parts_that_say_nothing_or_the_impossible_are_refused_where_they_stand() {
    let scheme = "kind = \"calendar_month_activity\"\nnone = \"x\"\n";
    let head = format!("name = \"lifecycle\"\nversion = 1\n[[scheme]]\nid = \"m\"\n{scheme}");
    let refused = |part: &str, line, column, why: &str| {
        refused_text(&format!("{head}{part}"), line, column, why);
    };
    refused("[lapse]\nthresholds_days = [30, 30]\n", 8, 24, "above the one before");
    refused("[lapse]\nthresholds_days = []\n", 8, 19, "at least one number");
    refused("[lapse]\nthresholds_days = [0]\n", 8, 20, "expected 1 to");
    refused("[lapse]\ndays = [1]\n", 8, 1, "unknown field");
    refused("[markov]\ndiscount_rate_monthly = 0\n", 8, 25, "above 0");
    let reward = "reward = { N = 1, A = 1, R = 1, D = 0 }\n";
    refused(&format!("[markov]\ndiscount_rate_monthly = 0.01\n{reward}"), 8, 25, "currency");
    let alert = |level: &str, id: &str, when: &str| {
        format!(
            "[[alert]]\nid = \"{id}\"\nlevel = \"{level}\"\nbecause = \"b\"\n\
             within_days = 9\nwhen = {when}\n"
        )
    };
    refused(&alert("loud", "a", "[{ occasions_min = 1 }]"), 9, 9, "warning");
    refused(&alert("notice", &"a".repeat(41), "[{ occasions_min = 1 }]"), 8, 6, "at most 40");
    refused(&alert("notice", "a", "[]"), 12, 8, "at least one table");
    refused(&alert("notice", "a", "[{}]"), 12, 9, "nothing is watched");
    refused(&alert("notice", "a", "[{ moods_min = 1 }]"), 12, 11, "is no fact or sign");
    let contrary = "[{ worst_fault_min = 4, worst_fault_max = 2 }]";
    refused(&alert("notice", "a", contrary), 12, 9, "never hold together");
    let order = head.replace("none =", "life_order = [\"old\"]\nnone =");
    refused_text(&order, 6, 15, "stages of the scheme");
}

/// The page people write their own schemes from.
#[test]
fn the_documentation_shows_every_fact_and_the_rules_as_they_are() {
    let page = include_str!("../../../docs/projections/lifecycle.md");
    let texts = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let read: Vec<_> = texts.map(|text| LifecycleRules::parse(text).expect(text)).collect();
    assert_eq!(read[0].schemes[0].stage_ids(), ["gone", "regular", "guest"]);
    assert_eq!(read[1], built_in());
    for fact in Fact::ALL {
        let name = fact.name();
        let row = if fact.is_yes_or_no() {
            format!("| `{name}` |")
        } else {
            format!("| `{name}_min`, `{name}_max` |")
        };
        assert!(page.contains(&row), "{row}");
    }
    for sign in Sign::ALL {
        let row = format!("| `{0}_min`, `{0}_max` |", sign.name());
        assert!(page.contains(&row), "{row}");
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_text_makes_the_reader_panic(
        place in 0..4000_usize, put in ".{0,12}", cut in 0..40_usize,
    ) {
        let text: Vec<char> = Lifecycle::BUILT_IN_RULES.chars().collect();
        let place = place.min(text.len());
        let head = text.iter().take(place);
        let tail = text.iter().skip(place + cut).copied();
        let broken: String = head.copied().chain(put.chars()).chain(tail).collect();
        if let Err(error) = LifecycleRules::parse(&broken) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
