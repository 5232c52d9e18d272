//! Complaints against their deadlines, in the days of the ruleset's calendar.

use crate::ledger::{assert_close, at, code, population, received, rules, state, time};
use crate::ledger::{view, view_under};
use annals_events::{
    ComplaintClosed, ComplaintDecisionCommunicated, ComplaintReceived, ComplaintWithdrawn, Date,
    Event, Payload, YesNoUnknown,
};
use annals_projection::Projection as _;
use annals_satisfaction::{Satisfaction, SatisfactionState};
use serde_json::{Value, json};

/// The Friday before the Spring Festival of 2026: the Saturday is worked, the next working day is
/// Tuesday the 24th.
const RECEIVED: &str = "2026-02-13T02:00:00Z";
/// Three working days later.
const DUE: &str = "2026-02-25";

fn summary(complaint: &str) -> Event {
    let complaint = ComplaintReceived { category: code("summary"), ..received(complaint) };
    at(time(RECEIVED), complaint)
}

fn decided(complaint: &str) -> Payload {
    let complaint = code(complaint);
    let (method, language) = (None, None);
    ComplaintDecisionCommunicated { complaint, method, external_recourse_told: true, language }
        .into()
}

fn on(day: &str, payload: impl Into<Payload>) -> Event {
    at(time(&format!("{day}T15:59:59Z")), payload)
}

fn standing(events: Vec<Event>, day: &str) -> Value {
    view(&state(events), day)["complaints"]["cases"][0]["deadline"].clone()
}

#[test]
fn a_deadline_in_working_days_skips_the_festival_and_counts_the_saturday_worked_for_it() {
    let shown = |standing: &str, working_days: u32, working_days_over: u32| {
        json!({
            "name": "summary",
            "due_on": DUE,
            "standing": standing,
            "working_days": working_days,
            "working_days_over": working_days_over,
        })
    };
    let received = || vec![summary("k")];
    assert_eq!(standing(received(), DUE), shown("pending", 3, 0));
    assert_eq!(standing(received(), "2026-02-26"), shown("overdue", 4, 1));
    // Saturday the 28th is worked, Sunday is not.
    assert_eq!(standing(received(), "2026-03-01"), shown("overdue", 6, 3));
    let then = |event| [received(), vec![event]].concat();
    assert_eq!(standing(then(on(DUE, decided("k"))), "2026-12-31"), shown("in_time", 3, 0));
    assert_eq!(standing(then(on("2026-02-26", decided("k"))), "2026-12-31"), shown("late", 4, 1));
    let withdrawn = ComplaintWithdrawn { complaint: code("k"), reason: None };
    let withdrawn = then(on("2026-02-14", withdrawn));
    assert_eq!(standing(withdrawn, "2026-12-31"), shown("withdrawn", 1, 0));
    let before = then(on("2026-02-12", decided("k")));
    assert_eq!(standing(before, "2026-12-31"), shown("backwards", 0, 0));
}

#[test]
fn a_closing_without_a_decision_counts_as_one_and_without_a_receipt_nothing_is_due() {
    let closed = || ComplaintClosed {
        complaint: code("k"),
        closure: code("done"),
        satisfied: YesNoUnknown::Yes,
        recurrence_of: None,
    };
    let shown = standing(vec![summary("k"), on(DUE, closed())], "2026-12-31");
    assert_eq!(shown["standing"], "in_time");
    assert_eq!(standing(vec![on(DUE, closed())], "2026-12-31"), Value::Null);
}

/// In time, late, overdue, pending (received the day before) and withdrawn.
fn five() -> Vec<SatisfactionState> {
    let plain = at(time("2026-03-30T02:00:00Z"), received("p"));
    let withdrawn = ComplaintWithdrawn { complaint: code("w"), reason: None };
    vec![
        state(vec![summary("a"), on(DUE, decided("a")), summary("o"), plain]),
        state(vec![summary("b"), on("2026-02-26", decided("b"))]),
        state(vec![summary("w"), on(DUE, withdrawn)]),
    ]
}

#[test]
fn the_rate_is_of_those_decided_or_overdue() {
    let shown = &population(five(), "2026-03-31")["complaints"]["deadlines"];
    for (key, expected) in
        [("in_time", 1), ("late", 1), ("overdue", 1), ("pending", 1), ("withdrawn", 1)]
    {
        assert_eq!(shown[key], expected, "{key}");
    }
    assert_close(&shown["rate"], 1.0 / 3.0);
    assert_eq!(shown["by_deadline"]["plain"]["pending"], 1);
    assert_eq!(shown["by_deadline"]["summary"]["in_time"], 1);
    assert_eq!(shown["by_deadline"].get("complex"), None);
}

#[test]
fn another_calendar_or_none_judges_the_same_states_anew() {
    let late = state(vec![summary("k"), on("2026-02-26", decided("k"))]);
    let text = Satisfaction::BUILT_IN_RULES;
    let under = |text: &str| {
        let rules = Satisfaction::parse_rules(text).expect("rules");
        view_under(&late, "2026-12-31", &rules)["complaints"].clone()
    };
    assert_eq!(under(text)["deadlines"]["late"], 1);
    let not_worked = text.replacen("\"2026-02-14\", ", "", 1);
    assert_eq!(under(&not_worked)["deadlines"]["in_time"], 1);
    let without = text.split("# When a complaint must be decided").next().expect("the start");
    let shown = under(without);
    assert_eq!(shown["deadlines"]["why"], "the ruleset has no section [[deadline]]");
    assert_eq!(shown["deadlines"]["without_deadline"], 1);
    assert_eq!(shown["cases"][0]["deadline"], Value::Null);
}

#[test]
fn the_calendar_that_comes_along_has_the_days_announced() {
    let calendar = rules().calendar;
    let working_days = |year: i32| {
        let days = (0..366).map(|day| first_of(year).plus_days(day));
        days.filter(|day| day.year_month_day().0 == year && calendar.is_working(*day)).count()
    };
    // 365 days less weekends and holidays, as both years' calendars print them.
    assert_eq!((working_days(2025), working_days(2026)), (248, 248));
    // Nothing is guessed for a year that is not announced: weekends only.
    assert_eq!(working_days(2027), 261);
}

fn first_of(year: i32) -> Date {
    Date::from_calendar(year, 1, 1).expect("a day")
}
