//! The history of stages against the plain meaning of the rules: decided anew on every single day,
//! from the story itself, by code that shares nothing with the fold.

#![expect(
    clippy::indexing_slicing,
    reason = "evenings are counted from the first day of the story"
)]

mod story;

use annals_events::{Date, Month};
use annals_lifecycle::{
    Condition, Fact, LifecycleRules, LifecycleView, Scheme, SchemeKind, Spell, Stage,
};
use annals_projection::Projection as _;
use proptest::prelude::*;
use std::collections::BTreeSet;
use story::{Moment, Word, ask, built_in, config, date, day, state, story};

/// All facts on the evening of a day, as (numerator, denominator), and which of them something
/// happened to on that day.
struct Evening {
    values: Vec<(Fact, Option<(i128, i128)>)>,
    touched: BTreeSet<Fact>,
}

const OF_OCCASIONS: [Fact; 4] =
    [Fact::Occasions, Fact::SilenceDays, Fact::TenureDays, Fact::RhythmRatio];

fn evening(told: &[Moment], today: i32) -> Evening {
    let told: Vec<_> = told.iter().filter(|(day, _, _)| *day <= today).collect();
    let first = told.first().map_or(today, |(day, _, _)| *day);
    let days = |is: fn(&Word) -> bool| -> BTreeSet<i32> {
        told.iter().filter(|(_, _, word)| is(word)).map(|(day, _, _)| *day).collect()
    };
    let bought = days(|word| *word == Word::Buy);
    let contacts = days(|word| matches!(word, Word::Contact | Word::Enquire(_) | Word::Feel(_)));
    let refunds = days(|word| *word == Word::Refund);
    let trusted: Vec<(i32, u8)> = told
        .iter()
        .filter_map(|(day, _, word)| match word {
            Word::Trust(percent) => Some((*day, *percent)),
            _ => None,
        })
        .collect();
    let trust_days = days(|word| matches!(word, Word::Trust(_)));
    let mut enquiries = BTreeSet::new();
    let (mut complaints, mut subscriptions) = (BTreeSet::new(), BTreeSet::new());
    let (mut churned, mut closed, mut registered) = (false, false, false);
    let mut touched = BTreeSet::new();
    for (day, _, word) in &told {
        let open = |is_new: bool, fact: &'static [Fact]| if is_new { fact } else { &[] };
        // Whether it brings a customer back who is gone, and the facts it changes.
        let (returns, changed): (bool, &[Fact]) = match word {
            Word::Buy => (true, &OF_OCCASIONS),
            Word::Contact | Word::Feel(_) => (false, &[Fact::Contacts, Fact::ContactSilenceDays]),
            Word::Refund => (false, &[Fact::Refunds]),
            Word::Register => (false, &[Fact::Registered]),
            Word::Complain(number) | Word::Reopen(number) => {
                (false, open(complaints.insert(*number), &[Fact::ComplaintsOpen]))
            }
            Word::CloseComplaint(number) | Word::Withdraw(number) => {
                (false, open(complaints.remove(number), &[Fact::ComplaintsOpen]))
            }
            Word::Subscribe(number) | Word::Resume(number) => {
                (true, open(subscriptions.insert(*number), &[Fact::SubscriptionsActive]))
            }
            Word::Pause(number) | Word::Cancel(number) => {
                (false, open(subscriptions.remove(number), &[Fact::SubscriptionsActive]))
            }
            Word::Enquire(number) => {
                enquiries.insert(*number);
                (false, &[Fact::EnquiriesOpen, Fact::Contacts, Fact::ContactSilenceDays])
            }
            Word::AnswerEnquiry(number) => {
                (false, open(enquiries.remove(number), &[Fact::EnquiriesOpen]))
            }
            Word::Trust(_) => (false, &[Fact::Trust, Fact::TrustAnswers]),
            Word::Churn => (false, open(!churned, &[Fact::ChurnDeclared])),
            Word::End => (false, open(!closed, &[Fact::Closed])),
            Word::Reactivate | Word::WinBack => (true, &[]),
            Word::Offer(_)
            | Word::Accept(_)
            | Word::Decline(_)
            | Word::Act(_)
            | Word::Dissatisfied
            | Word::KeyContactLeft
            | Word::SpeakAgainst
            | Word::Fault(_)
            | Word::Assert(..) => (false, &[]),
        };
        if *day == today {
            touched.extend(changed);
            if returns && (churned || closed) {
                touched.extend([Fact::ChurnDeclared, Fact::Closed]);
            }
        }
        churned = (churned && !returns) || *word == Word::Churn;
        closed = (closed && !returns) || *word == Word::End;
        registered |= *word == Word::Register;
    }
    let whole = |value: usize| Some((value as i128, 1));
    let since = |day: Option<&i32>| day.map(|day| (i128::from(today - day), 1));
    let rhythm = match (bought.first(), bought.last()) {
        (Some(first), Some(last)) if first < last => {
            let gaps = bought.len() as i128 - 1;
            Some((i128::from(today - last) * gaps * 1_000_000, i128::from(last - first)))
        }
        _ => None,
    };
    let value = |fact: Fact| match fact {
        Fact::Occasions => whole(bought.len()),
        Fact::SilenceDays => since(bought.last()),
        Fact::TenureDays => since(bought.first()),
        Fact::RhythmRatio => rhythm,
        Fact::KnownDays => since(Some(&first)),
        Fact::Contacts => whole(contacts.len()),
        Fact::ContactSilenceDays => since(contacts.last()),
        Fact::ComplaintsOpen => whole(complaints.len()),
        Fact::SubscriptionsActive => whole(subscriptions.len()),
        Fact::Refunds => whole(refunds.len()),
        Fact::EnquiriesOpen => whole(enquiries.len()),
        Fact::TrustAnswers => whole(trust_days.len()),
        Fact::Trust => trusted.last().map(|(_, percent)| (i128::from(*percent), 1)),
        Fact::Registered => whole(usize::from(registered)),
        Fact::ChurnDeclared => whole(usize::from(churned)),
        Fact::Closed => whole(usize::from(closed)),
    };
    Evening { values: Fact::ALL.into_iter().map(|fact| (fact, value(fact))).collect(), touched }
}

/// The stage the rules alone give on an evening.
fn decided<'s>(evening: &Evening, stages: &'s [Stage]) -> &'s str {
    let holds = |condition: &Condition| {
        let known = evening.values.iter().find(|(fact, _)| *fact == condition.fact);
        known.and_then(|(_, value)| *value).is_some_and(|(value, over)| {
            i128::from(condition.min) * over <= value && value <= i128::from(condition.max) * over
        })
    };
    let first = stages.iter().find(|stage| stage.when.iter().any(|all| all.iter().all(holds)));
    &first.expect("the last stage always holds").id
}

/// The stage on each evening from the first day of the story, assertions included.
fn naive(told: &[Moment], evenings: &[Evening], scheme: &Scheme) -> Vec<String> {
    let SchemeKind::Stages(stages) = &scheme.kind else { panic!("a scheme by conditions") };
    let read: BTreeSet<_> =
        stages.iter().flat_map(|stage| stage.when.iter().flatten()).map(|all| all.fact).collect();
    let decided: Vec<_> = evenings.iter().map(|evening| decided(evening, stages)).collect();
    let first = told.first().map_or(0, |(day, _, _)| *day);
    let stage = |today: usize| {
        let asserted = told.iter().rev().find_map(|(day, _, word)| {
            let since = usize::try_from(day - first).expect("stories go forward");
            let Word::Assert(of, stage) = word else { return None };
            let counts =
                since <= today && *of == scheme.id && stages.iter().any(|known| known.id == *stage);
            counts.then_some((since, *stage))
        });
        let contradicted = |stage: &str, day: usize| {
            !evenings[day].touched.is_disjoint(&read) && decided[day] != stage
        };
        match asserted {
            Some((since, stage)) if !(since + 1..=today).any(|day| contradicted(stage, day)) => {
                stage.to_owned()
            }
            _ => decided[today].to_owned(),
        }
    };
    (0..evenings.len()).map(stage).collect()
}

/// The stage a history gives for a day.
fn told_by(history: &[Spell], today: Date) -> &str {
    let spell =
        history.iter().find(|spell| spell.from <= today && spell.to.is_none_or(|to| today < to));
    spell.map_or("nothing", |spell| spell.stage.as_str())
}

fn view(told: &[Moment], rules: &LifecycleRules, today: i32) -> LifecycleView {
    let state = state(told);
    ask(rules, day(today), |projection, context| projection.view(&state, context))
}

fn is_well_formed(history: &[Spell]) -> bool {
    let pairs = || history.iter().zip(history.iter().skip(1));
    pairs().all(|(one, next)| {
        one.to == Some(next.from) && one.from < next.from && one.stage != next.stage
    }) && history.last().is_none_or(|last| last.to.is_none())
}

/// One table of conditions over any facts, with bounds of the size stories have.
fn conditions() -> impl Strategy<Value = Vec<Condition>> {
    let condition = (prop::sample::select(Fact::ALL.to_vec()), 0..200_i64, 0..3_u8).prop_map(
        |(fact, bound, side)| {
            let bound = match fact {
                Fact::RhythmRatio => bound * 30_303,
                Fact::SilenceDays
                | Fact::TenureDays
                | Fact::KnownDays
                | Fact::ContactSilenceDays => bound,
                Fact::Trust => bound % 101,
                _ if fact.is_yes_or_no() => bound % 2,
                _ => bound % 5,
            };
            match side {
                0 => Condition { fact, min: bound, max: i64::MAX },
                1 => Condition { fact, min: 0, max: bound },
                _ => Condition { fact, min: bound / 2, max: bound },
            }
        },
    );
    prop::collection::vec(condition, 1..4)
}

fn drawn_scheme() -> impl Strategy<Value = Scheme> {
    prop::collection::vec(prop::collection::vec(conditions(), 1..3), 1..5).prop_map(|rules| {
        let all = rules.into_iter().chain([vec![Vec::new()]]).enumerate();
        let stages =
            all.map(|(place, when)| Stage { id: format!("s{place}"), lever: None, when }).collect();
        Scheme { id: "drawn".to_owned(), kind: SchemeKind::Stages(stages), life_order: Vec::new() }
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn history_is_that_of_deciding_on_every_single_day(
        told in story(), drawn in drawn_scheme(), more_days in 0..900_i32, cut in 0..2_u8,
    ) {
        let mut rules = built_in();
        rules.schemes.push(drawn);
        let last = told.last().map_or(0, |(day, _, _)| *day);
        // Half of the questions are about a day in the middle of the story.
        let today = if cut == 0 { last * (more_days % 10) / 10 } else { last + more_days };
        let view = view(&told, &rules, today);
        let first = told.first().map_or(0, |(day, _, _)| *day);
        let evenings: Vec<_> = (first..=today).map(|at| evening(&told, at)).collect();
        for scheme in &rules.schemes {
            let shown = view.stages.get(&scheme.id).expect("every scheme is shown");
            let history = &shown.history;
            prop_assert!(is_well_formed(history), "{:?}", history);
            let begins = history.first().map(|spell| spell.from);
            prop_assert_eq!(begins, (first <= today).then(|| day(first)));
            prop_assert_eq!(&shown.stage, &history.last().map(|spell| spell.stage.clone()));
            if scheme.id == "activity" {
                continue;
            }
            for (at, expected) in (first..).zip(naive(&told, &evenings, scheme)) {
                let found = told_by(history, day(at));
                prop_assert_eq!(found, expected, "{} on {}", &scheme.id, day(at));
            }
        }
    }

    #[test]
    fn activity_history_is_the_definition_applied_to_every_month(
        told in story(), more_days in 0..200_i32,
    ) {
        let today = day(told.last().map_or(0, |(day, _, _)| *day) + more_days);
        let bought = told.iter().filter(|(_, _, word)| *word == Word::Buy);
        let months: BTreeSet<Month> = bought.map(|(number, _, _)| day(*number).month()).collect();
        let view = view(&told, &built_in(), today.days_since(day(0)));
        let history = &view.stages.get("activity").expect("shown").history;
        let mut at = view.known_since.expect("something happened");
        while at <= today {
            let month = at.month();
            let (this, before) = (months.contains(&month), months.contains(&month.plus(-1)));
            let expected = match (this, before) {
                (true, _) if months.first() == Some(&month) => "new",
                (true, true) => "returning",
                (true, false) => "resurrecting",
                (false, true) => "dormant",
                (false, false) => "inactive",
            };
            prop_assert_eq!(told_by(history, at), expected, "on {}", at);
            if month == today.month() {
                prop_assert_eq!(view.activity.state, expected);
            }
            at = at.plus_days(1);
        }
    }
}

/// Asserted on a day, until a later fact that the scheme reads makes the rules say otherwise.
#[test]
fn an_assertion_holds_until_a_later_fact_contradicts_it() {
    let told = [
        (0, 0, Word::Buy),
        (10, 0, Word::Buy),
        (10, 1, Word::Assert("lifecycle-5", "maturity")),
        (12, 0, Word::Contact),
        (100, 0, Word::Buy),
    ];
    let before = view(&told, &built_in(), 99);
    let stage = before.stages.get("lifecycle-5").expect("shown");
    assert_eq!((stage.stage.as_deref(), stage.asserted), (Some("maturity"), true));
    assert_eq!(stage.since, Some(day(10)), "no contact contradicts it: the scheme reads none");
    let after = view(&told, &built_in(), 100);
    let stage = after.stages.get("lifecycle-5").expect("shown");
    assert_eq!((stage.stage.as_deref(), stage.asserted), (Some("growth"), false));
}

#[test]
fn a_purchase_after_churn_on_the_same_day_brings_the_customer_back() {
    let stage = |told: &[Moment]| {
        let view = view(told, &built_in(), 20);
        view.stages.get("lifecycle-5").and_then(|stage| stage.stage.clone())
    };
    let told = [(0, 0, Word::Buy), (9, 0, Word::Churn), (9, 1, Word::Buy)];
    assert_eq!(stage(&told).as_deref(), Some("growth"));
    let told = [(0, 0, Word::Buy), (9, 0, Word::Buy), (9, 1, Word::Churn)];
    assert_eq!(stage(&told).as_deref(), Some("termination"));
}

/// A year of silence, with the days the bounds name: half a year and two years after 1997-01-01.
#[test]
fn stages_change_on_the_very_day_a_bound_is_reached() {
    let told = [(0, 0, Word::Buy)];
    let view = view(&told, &built_in(), 800);
    let history = &view.stages.get("lifecycle-5").expect("shown").history;
    let found: Vec<_> = history.iter().map(|spell| (spell.stage.as_str(), spell.from)).collect();
    let expected = [
        ("growth", date("1997-01-01")),
        ("decline", date("1997-06-30")),
        ("termination", date("1999-01-01")),
    ];
    assert_eq!(found, expected);
}
