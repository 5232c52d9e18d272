//! The figures of a population: sums that must come out, and states that survive storage.

mod story;

use annals_events::codec::{state_from_bytes, state_to_bytes};
use annals_events::{PartyId, Zone};
use annals_lifecycle::{Lifecycle, LifecyclePopulation, LifecycleState};
use annals_projection::{Projection as _, fold};
use proptest::prelude::*;
use std::collections::BTreeSet;
use story::{Moment, Word, ask, built_in, config, day, events, jumble, projection, state, story};

fn customers(told: &[Vec<Moment>]) -> Vec<(PartyId, LifecycleState)> {
    let id = |number: usize| PartyId::new(&format!("c-{number:04}")).expect("a party");
    told.iter().enumerate().map(|(number, told)| (id(number), state(told))).collect()
}

fn population(told: &[Vec<Moment>], today: i32) -> LifecyclePopulation {
    let customers = customers(told);
    ask(&built_in(), day(today), |projection, context| {
        projection.population(&Vec::from_iter(&customers), context)
    })
}

fn bought_in(told: &[Moment], today: i32) -> BTreeSet<annals_events::Month> {
    let days = told.iter().filter(|(at, _, word)| *word == Word::Buy && *at <= today);
    days.map(|(at, _, _)| day(*at).month()).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn activity_transitions_and_cohorts_add_up(
        told in prop::collection::vec(story(), 0..12), today in 0..1500_i32,
    ) {
        let figures = population(&told, today);
        let months: Vec<_> = told.iter().map(|told| bought_in(told, today)).collect();
        let active = |month| months.iter().filter(|own| own.contains(&month)).count() as u64;
        let first = months.iter().filter_map(|own| own.first()).min();
        prop_assert_eq!(figures.activity.first().map(|row| &row.month), first);
        for row in &figures.activity {
            prop_assert_eq!(row.new + row.returning + row.resurrecting, active(row.month));
            prop_assert_eq!(row.dormant, active(row.month.plus(-1)) - row.returning);
            // The same month, cut by cohort instead of by activity.
            let cells = figures.cohorts.iter().filter_map(|cohort| {
                let offset = usize::try_from(row.month.since(cohort.cohort)).ok()?;
                cohort.retained.get(offset)
            });
            prop_assert_eq!(cells.sum::<u64>(), active(row.month));
        }
        let through = day(today).month();
        for cohort in &figures.cohorts {
            prop_assert_eq!(cohort.retained.len(), (0..=through.since(cohort.cohort)).count());
            prop_assert_eq!(cohort.retained.first(), Some(&cohort.size));
        }
        let steps = months.iter().filter_map(|own| own.first()).map(|first| through.since(*first));
        let steps: u64 = steps.map(|months| u64::from(months.unsigned_abs())).sum();
        let counted = figures.transitions.iter().flat_map(|(_, row)| row.iter());
        prop_assert_eq!(counted.map(|(_, count)| *count).sum::<u64>(), steps);
        for (_, stages) in figures.stages.iter() {
            prop_assert_eq!(stages.iter().map(|(_, count)| *count).sum::<u64>(), figures.customers);
        }
    }

    #[test]
    fn population_stages_are_those_of_the_views(
        told in prop::collection::vec(story(), 1..8), today in 0..1500_i32,
    ) {
        let (rules, figures) = (built_in(), population(&told, today));
        for scheme in &rules.schemes {
            let views = customers(&told).into_iter().map(|(_, state)| {
                ask(&rules, day(today), |projection, context| projection.view(&state, context))
            });
            let shown = views.filter_map(|view| view.stages.get(&scheme.id).cloned());
            let shown: Vec<_> = shown.collect();
            for (stage, count) in figures.stages.get(&scheme.id).expect("listed").iter() {
                let here = shown.iter().filter(|shown| shown.stage.as_deref() == Some(stage));
                prop_assert_eq!(here.count() as u64, *count, "{}", stage);
            }
            let moves = figures.stage_transitions.get(&scheme.id).expect("listed").iter();
            let counted: u64 = moves.flat_map(|(_, row)| row.iter()).map(|(_, count)| *count).sum();
            let told = shown.iter().map(|shown| shown.history.len().saturating_sub(1) as u64);
            prop_assert_eq!(counted, told.sum::<u64>());
        }
    }

    #[test]
    fn a_state_may_be_stored_between_any_two_events(told in story()) {
        let events = events(&told);
        let mut stored = LifecycleState::default();
        for event in &events {
            projection().apply(&mut stored, event);
            let bytes = state_to_bytes(&stored).expect("a state has a stored form");
            stored = state_from_bytes(&bytes).expect("its own bytes");
        }
        prop_assert_eq!(stored, fold(&projection(), &events));
    }

    #[test]
    fn any_events_in_any_order_have_a_view(told in jumble(), today in -120_000..95_000_i32) {
        let customers = customers(std::slice::from_ref(&told));
        let shown = ask(&built_in(), day(today), |projection, context| {
            let views = customers.iter().map(|(_, state)| projection.view(state, context));
            let views: Vec<_> = views.collect();
            let customers = Vec::from_iter(&customers);
            serde_json::to_string(&(views, projection.population(&customers, context)))
        });
        prop_assert!(shown.is_ok());
    }

    #[test]
    fn bytes_that_are_no_state_are_refused_without_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        if let Ok(state) = state_from_bytes::<LifecycleState>(&bytes) {
            let shown = ask(&built_in(), day(0), |projection, context| {
                projection.view(&state, context)
            });
            prop_assert!(serde_json::to_string(&shown).is_ok());
        }
    }
}

#[test]
fn an_empty_ledger_has_all_keys_and_no_rows() {
    let shown = serde_json::to_value(population(&[], 0)).expect("JSON");
    let zeros = serde_json::json!({"N": 0, "A": 0, "R": 0, "D": 0});
    assert_eq!(shown["activity"], serde_json::json!([]));
    assert_eq!(shown["cohorts"], serde_json::json!([]));
    assert_eq!(
        shown["transitions"],
        serde_json::json!({"N": zeros, "A": zeros, "R": zeros, "D": zeros})
    );
    assert_eq!(shown["stages"]["activity"]["dormant"], 0);
}

#[test]
fn days_are_counted_in_the_ledgers_zone() {
    // 23:30 in UTC is the next morning in Shanghai: two occasions there, one in UTC.
    let told = [(0, 80_000, Word::Buy), (0, 30_000, Word::Buy)];
    let shanghai = Lifecycle::new(Zone::named("Asia/Shanghai").expect("a zone"));
    assert_eq!(fold(&shanghai, &events(&told)).occasions.until(day(9)), [day(0), day(1)]);
    assert_eq!(state(&told).occasions.until(day(9)), [day(0)]);
}

/// A purchase a fortnight for two years: less than two bytes an occasion.
#[test]
fn stored_states_are_small() {
    let told: Vec<Moment> = (0..52).map(|number| (number * 14, 0, Word::Buy)).collect();
    let bytes = state_to_bytes(&state(&told)).expect("a stored form");
    assert!(bytes.len() < 90, "{} bytes", bytes.len());
}
