//! The American and the European index against independent implementations.
//!
//! `fixtures/ecsi_answers.csv`: 120 simulated answer sets (numpy 2.4, seed 20261122: seven latents
//! along the paths of the model, rounded and clipped to 1 to 10). `fixtures/ecsi_reference.json`:
//! the Python package plspm 0.5.7 on it (path scheme, mode A, indicators standardised with divisor
//! n beforehand, tolerance 1e-22), weights scaled to latents of variance 1, and the indices; a
//! second implementation in numpy over scores, not correlations, agreed with plspm to 4e-14.

use crate::ledger::{
    assert_close, at, population, population_under, rules, state, survey, time, view,
};
use annals_projection::Projection as _;
use annals_satisfaction::{Satisfaction, SatisfactionState};
use serde_json::{Value, json};

fn customers() -> Vec<SatisfactionState> {
    let mut lines = include_str!("fixtures/ecsi_answers.csv").lines();
    let items: Vec<&str> = lines.next().expect("a head").split(',').collect();
    let row = |line: &str| {
        let values = line.split(',').map(|value| value.parse().expect("a number"));
        let answers: Vec<_> =
            items.iter().zip(values).map(|(item, value)| (*item, 1, 10, value)).collect();
        state(vec![at(time("2026-03-03T04:00:00Z"), survey(&answers))])
    };
    lines.map(row).collect()
}

fn reference() -> Value {
    serde_json::from_str(include_str!("fixtures/ecsi_reference.json")).expect("JSON")
}

fn close(found: &Value, expected: &Value, within: f64) {
    let (found, expected) = (found.as_f64().expect("a number"), expected.as_f64().expect("one"));
    assert!((found - expected).abs() < within, "{found} is not {expected}");
}

#[test]
fn the_path_model_agrees_with_an_independent_implementation() {
    let (shown, reference) = (population(customers(), "2026-03-31"), reference());
    let ecsi = &shown["ecsi"];
    assert_eq!(ecsi["n"], 120, "{ecsi}");
    for (latent, weights) in reference["outer_weights"].as_object().expect("weights") {
        for (item, weight) in weights.as_object().expect("weights") {
            close(&ecsi["outer_weights"][latent][item], weight, 1e-6);
        }
        close(&ecsi["index"][latent], &reference["index"][latent], 1e-5);
    }
    for (found, expected) in ecsi["paths"]
        .as_array()
        .expect("paths")
        .iter()
        .zip(reference["paths"].as_array().expect("paths"))
    {
        assert_eq!((&found["from"], &found["to"]), (&expected["from"], &expected["to"]));
        close(&found["coefficient"], &expected["coefficient"], 1e-6);
    }
    for (latent, r2) in reference["r2"].as_object().expect("r2") {
        close(&ecsi["r2"][latent], r2, 1e-6);
    }
    assert_eq!(ecsi["r2"].get("image"), None, "nothing acts on the image");
}

/// The three items of satisfaction are the three of the American index, by their aliases.
#[test]
fn the_index_weighs_equally_as_given_or_by_the_path_model() {
    let customers = customers();
    let text = |weights| {
        let text = Satisfaction::BUILT_IN_RULES;
        Satisfaction::parse_rules(&text.replace("weights = \"equal\"", weights)).expect("rules")
    };
    let ask =
        |weights| population_under(customers.clone(), "2026-03-31", &text(weights))["acsi"].clone();
    let equal = ask("weights = \"equal\"");
    let mean = |item: &str| equal["means"][item].as_f64().expect("a mean");
    let (one, two, three) = (mean("acsi1"), mean("acsi2"), mean("acsi3"));
    assert_eq!(equal["n"], 120);
    assert_close(&equal["score"], 100.0 * (one + two + three - 3.0) / 27.0);
    let given = ask("weights = [2, 1, 1]");
    assert_close(&given["score"], 100.0 * (2.0 * one + two + three - 4.0) / 36.0);
    assert_eq!(given["weights"], json!({"acsi1": 0.5, "acsi2": 0.25, "acsi3": 0.25}));
    close(&ask("weights = \"pls\"")["score"], &reference()["index"]["satisfaction"], 1e-5);
}

/// By hand: sets (10, 10, 10) and (1, 4, 7): scores 100 and 100 × 9 / 27 = 33.333; mean 66.667,
/// standard deviation 47.1405, standard error 33.3333.
#[test]
fn the_index_agrees_with_the_one_by_hand() {
    let acsi = |values: [i16; 3]| {
        survey(&[
            ("overall", 1, 10, values[0]),
            ("ACSI2", 1, 10, values[1]),
            ("ideal", 1, 10, values[2]),
        ])
    };
    let events = [[10, 10, 10], [1, 4, 7]].map(|set| at(time("2026-03-03T04:00:00Z"), acsi(set)));
    let shown = view(&state(events.to_vec()), "2026-03-31");
    assert_close(&shown["acsi"]["score"], 200.0 / 3.0);
    assert_close(&shown["acsi"]["interval_95"][0], 66.666_667 - 1.959_964 * 33.333_333);
    assert_eq!(shown["acsi"]["interval_95"][1], 100.0);
}

#[test]
fn what_the_path_model_cannot_be_fitted_on_is_said() {
    let few = population(customers().into_iter().take(29).collect(), "2026-03-31");
    let why = few["ecsi"]["why"].as_str().expect("a reason");
    assert_eq!(why, "n = 29 customers with all 24 items answered: at least 30 are needed");
    assert_eq!(few["ecsi"]["index"], Value::Null);

    let items = || reference()["outer_weights"].clone();
    let names: Vec<String> = items()
        .as_object()
        .expect("latents")
        .values()
        .flat_map(|latent| latent.as_object().expect("items").keys().cloned().collect::<Vec<_>>())
        .collect();
    let alike = |value: &dyn Fn(usize, usize) -> i16| {
        let row = |customer| {
            let value = |item| value(customer, item);
            let answers: Vec<_> = names
                .iter()
                .enumerate()
                .map(|(item, name)| (name.as_str(), 1, 10, value(item)))
                .collect();
            state(vec![at(time("2026-03-03T04:00:00Z"), survey(&answers))])
        };
        population((0..40).map(row).collect(), "2026-03-31")["ecsi"].clone()
    };
    let flat = alike(&|customer, item| {
        if item == 2 { 5 } else { i16::try_from(customer % 10 + 1).expect("small") }
    });
    assert_eq!(flat["why"], "all customers answered imag3 alike");
    let same = alike(&|customer, _| i16::try_from(customer % 10 + 1).expect("small"));
    assert!(same["why"].as_str().expect("a reason").contains("cannot be told apart"), "{same}");
}

#[test]
fn answer_sets_with_items_missing_or_off_scale_are_left_out_and_counted() {
    let whole = survey(&[("acsi1", 1, 10, 9), ("acsi2", 1, 10, 9), ("acsi3", 1, 10, 9)]);
    let named = |answers: &[(&str, i16, i16, i16)]| {
        let mut survey = survey(answers);
        survey.instrument = "acsi-3".parse().expect("a code");
        survey
    };
    let shown = view(
        &state(vec![
            at(time("2026-03-01T04:00:00Z"), whole),
            at(time("2026-03-02T04:00:00Z"), named(&[("acsi1", 1, 10, 1), ("acsi2", 1, 10, 1)])),
            at(time("2026-03-03T04:00:00Z"), named(&[("acsi1", 1, 5, 1), ("other", 1, 10, 1)])),
        ]),
        "2026-03-31",
    );
    assert_eq!((&shown["acsi"]["n"], &shown["acsi"]["incomplete"]), (&json!(1), &json!(2)));
    assert_eq!(
        shown["acsi"]["why"],
        "n = 1 for all 3 items of acsi: at least 2 answers are needed"
    );
    let [acsi, unknown] = &shown["instruments"].as_array().expect("reports")[..] else {
        panic!("two instruments: {}", shown["instruments"]);
    };
    assert_eq!(acsi["missing"], json!({"acsi1": 1, "acsi2": 1, "acsi3": 2}));
    assert_eq!(
        acsi["why"],
        "2 of 2 surveys have items missing; 1 answers are not on 1 to 10; 1 answers are to unknown items"
    );
    assert_eq!((&unknown["instrument"], &unknown["known"]), (&json!("touch"), &json!(false)));
    assert!(unknown["why"].as_str().expect("a reason").contains("not declared"));
}

/// A ruleset of before the instruments stays readable: its measures are the same, the new ones say
/// what is missing.
#[test]
fn an_older_ruleset_stays_readable() {
    let text = Satisfaction::BUILT_IN_RULES;
    let old = text.split("# Survey instruments").next().expect("the old part");
    let old = Satisfaction::parse_rules(&old.replace("version = 3", "version = 1")).expect("rules");
    let (then, now) = (
        population_under(customers(), "2026-03-31", &old),
        population_under(customers(), "2026-03-31", &rules()),
    );
    assert_eq!(then["nps"], now["nps"]);
    assert_eq!(then["acsi"]["why"], "the ruleset has no section [acsi]");
    assert_eq!(then["ecsi"]["why"], "the ruleset has no section [ecsi]");
}
