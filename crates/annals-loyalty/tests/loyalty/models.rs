//! The fitted models against the published figures, an independent program and their own limits.

use crate::events::{built_in, customer, day, event, loyalty, money, purchase};
use annals_events::{Money, PartyId, Payload, RecordedEvent, Zone};
use annals_loyalty::{
    BgNbd, Calibration, FitError, GammaGamma, Horizon, LoyaltyModels, LoyaltyRules, LoyaltyState,
    RepeatHistory, RepeatValue, calibration, fit_bg_nbd, fit_gamma_gamma, fit_pareto_nbd,
    purchase_forecasts, tracking,
};
use annals_projection::{AsOf, Rates, ViewContext, fold};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const END: &str = "1997-09-30";

/// The published CDNOW sample: 2,357 customers, 1997-01-01 to 1998-06-30.
fn sample() -> Vec<(PartyId, LoyaltyState)> {
    let usd = "USD".parse().expect("a currency");
    let mut events: BTreeMap<&str, Vec<RecordedEvent>> = BTreeMap::new();
    for (number, row) in (0..).zip(include_str!("../fixtures/cdnow_sample.txt").lines()) {
        let fields: Vec<_> = row.split_whitespace().collect();
        let [id, date, cents] = fields[..] else { panic!("three columns: {row}") };
        let date = day(&format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]));
        let payload = purchase(Money::new(cents.parse().expect("cents"), usd));
        events.entry(id).or_default().push(event(number, id, date, 0, payload));
    }
    let state = |(id, events): (_, Vec<_>)| (customer(id), fold(&loyalty(), &events));
    events.into_iter().map(state).collect()
}

fn calibrated<T>(
    states: &[(PartyId, LoyaltyState)],
    end: &str,
    ask: impl FnOnce(&Calibration<'_>, &ViewContext<'_, LoyaltyRules>) -> T,
) -> T {
    let (zone, rules, rates) = (Zone::utc(), built_in(), Rates::default());
    let as_of = AsOf::date(day("1998-06-30"), &zone);
    let context = ViewContext::new(as_of, &zone, &rules, &rates);
    ask(&calibration(&Vec::from_iter(states), day(end), &context), &context)
}

fn history(repeats: u32, last_repeat_days: u32, observed_days: u32) -> RepeatHistory {
    RepeatHistory { repeats, last_repeat_days, observed_days }
}

fn independent() -> Value {
    serde_json::from_str(include_str!("../fixtures/cdnow_sample_models.json")).expect("JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("a number, not {value}"))
}

fn assert_close(what: &str, found: f64, expected: f64, relative: f64) {
    let off = (found - expected).abs();
    assert!(off <= relative * expected.abs(), "{what}: {found} is not {expected}");
}

/// Fader, Hardie & Lee 2005 (both papers), as printed.
#[test]
fn fits_of_the_sample_are_the_published_ones_to_all_printed_digits() {
    let states = sample();
    let models = calibrated(&states, END, |calibration, _| LoyaltyModels::fit(calibration));
    let shown = serde_json::to_value(&models).expect("JSON");
    for (model, key, digits, expected) in [
        ("bg_nbd", "r", 3, "0.243"),
        ("bg_nbd", "alpha", 3, "4.414"),
        ("bg_nbd", "a", 3, "0.793"),
        ("bg_nbd", "b", 3, "2.426"),
        ("bg_nbd", "log_likelihood", 1, "-9582.4"),
        ("pareto_nbd", "r", 3, "0.553"),
        ("pareto_nbd", "alpha", 3, "10.578"),
        ("pareto_nbd", "s", 3, "0.606"),
        ("pareto_nbd", "beta", 3, "11.669"),
        ("pareto_nbd", "log_likelihood", 1, "-9595.0"),
        ("gamma_gamma", "p", 2, "6.25"),
        ("gamma_gamma", "q", 2, "3.74"),
        ("gamma_gamma", "v", 2, "15.44"),
    ] {
        let found = number(&shown[model][key]);
        assert_eq!(format!("{found:.digits$}"), expected, "{model}.{key}");
    }
    assert_eq!(
        (&shown["bg_nbd"]["customers"], &shown["gamma_gamma"]["customers"]),
        (&json!(2357), &json!(946))
    );
    assert!(shown.get("models_why").is_none());
    let expected = models.bg_nbd.expect("fitted").expected_purchases(&history(2, 213, 272), 39.0);
    assert_eq!(format!("{expected:.3}"), "1.226", "E[Y(39) | x = 2, t_x = 30.43, T = 38.86]");
}

#[test]
fn fits_of_the_sample_equal_those_of_an_independent_program() {
    let states = sample();
    let models = calibrated(&states, END, |calibration, _| LoyaltyModels::fit(calibration));
    let shown = serde_json::to_value(&models).expect("JSON");
    let independent = independent();
    for model in ["bg_nbd", "pareto_nbd", "gamma_gamma"] {
        for (key, expected) in independent[model].as_object().expect("an object") {
            let relative = if key == "log_likelihood" { 1e-11 } else { 2e-6 };
            let name = format!("{model}.{key}");
            assert_close(&name, number(&shown[model][key]), number(expected), relative);
        }
    }
}

#[test]
fn forecasts_equal_the_printed_formulas_evaluated_with_fifty_digits() {
    let independent = independent();
    let parameter = |model: &str, key: &str| number(&independent[model][key]);
    let bg = |key| parameter("bg_nbd", key);
    let gg = |key| parameter("gamma_gamma", key);
    let models = LoyaltyModels {
        bg_nbd: Some(BgNbd {
            r: bg("r"),
            alpha: bg("alpha"),
            a: bg("a"),
            b: bg("b"),
            log_likelihood: bg("log_likelihood"),
            customers: 2357,
            iterations: 0,
        }),
        gamma_gamma: Some(GammaGamma {
            p: gg("p"),
            q: gg("q"),
            v: gg("v"),
            log_likelihood: gg("log_likelihood"),
            customers: 946,
            iterations: 0,
        }),
        ..LoyaltyModels::default()
    };
    for asked in independent["forecasts"].as_array().expect("rows") {
        let count =
            |key: &str| u32::try_from(asked[key].as_u64().expect("a count")).expect("small");
        let id = customer("c1");
        let (history, z) =
            (history(count("x"), count("t_x_days"), count("t_days")), number(&asked["z"]));
        let minor_units = format!("{:.0}", z * 100.0 * history.x()).parse().expect("cents");
        let calibration = Calibration {
            end: day(END),
            customers: vec![annals_loyalty::CalibratedCustomer {
                customer: &id,
                history,
                repeat_minor_units: Some(minor_units),
            }],
            currency: Some("USD".parse().expect("a currency")),
            why: None,
        };
        let rows = purchase_forecasts(&calibration, &models, Horizon::default());
        let shown = serde_json::to_value(&rows[0]).expect("JSON");
        for key in ["p_alive", "expected_purchases", "expected_value", "clv_12m"] {
            assert_close(
                &format!("{key} of {asked}"),
                number(&shown[key]),
                number(&asked[key]),
                1e-10,
            );
        }
        assert_eq!(shown["mean_value"].is_null(), history.repeats == 0);
        assert_close("t", number(&shown["t"]), f64::from(history.observed_days) / 7.0, 1e-15);
    }
}

/// The two special parameters where the printed formula divides by nothing.
#[test]
fn expectations_are_smooth_where_the_printed_formula_is_undefined() {
    let model = |a: f64, b: f64| BgNbd {
        r: 0.3,
        alpha: 4.0,
        a,
        b,
        log_likelihood: 0.0,
        customers: 1,
        iterations: 0,
    };
    for (a, b, history) in [(1.0, 2.5, history(3, 100, 200)), (0.4, 0.6, history(0, 0, 90))] {
        let at = model(a, b).expected_purchases(&history, 39.0);
        let beside = model(a + 1e-7, b).expected_purchases(&history, 39.0);
        assert_close("beside", at, beside, 1e-6);
        assert!(at > 0.0);
    }
}

/// The published tracking: 4,882 repeat purchases of the sample's customers in 78 weeks, which the
/// model misses by a few percent (figures 2 and 3 of the paper, read off).
#[test]
fn tracking_follows_the_actual_repeat_occasions_in_calibration_and_holdout() {
    let states = sample();
    let tracking = calibrated(&states, END, |calibration, context| {
        let histories: Vec<_> = calibration.customers.iter().map(|row| row.history).collect();
        tracking(
            &Vec::from_iter(&states),
            day(END),
            &fit_bg_nbd(&histories).expect("a fit"),
            context,
        )
    });
    assert_eq!((tracking.customers, tracking.weeks.len()), (2357, 78));
    let calibration_weeks = tracking.weeks.iter().filter(|week| week.calibration).count();
    assert_eq!(calibration_weeks, 39);
    for pair in tracking.weeks.windows(2) {
        assert!(pair[0].actual <= pair[1].actual && pair[0].expected < pair[1].expected);
    }
    for (week, tolerance) in [(39, 0.03), (78, 0.05)] {
        let week = tracking.weeks[week - 1];
        let actual = u32::try_from(week.actual).expect("small").into();
        assert_close(&format!("week {}", week.week), week.expected, actual, tolerance);
    }
    let occasions: u64 = states
        .iter()
        .map(|(_, state)| {
            let (rules, rates) = (built_in(), Rates::default());
            u64::from(crate::events::view(state, "1998-06-30", &rules, &rates).repeat_purchases)
        })
        .sum();
    assert!(tracking.weeks[77].actual <= occasions, "days after the last whole week do not count");
}

#[test]
fn a_recorded_fit_is_read_back_to_the_same_bits_and_a_broken_one_is_refused() {
    let states = sample();
    let (models, events) = calibrated(&states, END, |calibration, _| {
        let models = LoyaltyModels::fit(calibration);
        let events = models.to_events(day(END), calibration.data_digest());
        (models, events)
    });
    let mut learned = LoyaltyModels::default();
    for event in &events {
        assert!(learned.learn(event).expect("its own event"));
        let stored = Payload::from(event.clone()).to_json();
        assert_eq!(stored["as_of"], END);
    }
    assert_eq!(learned, models);
    let mut other = events[0].clone();
    other.model = "churn_forest".parse().expect("a code");
    assert_eq!(learned.learn(&other), Ok(false));
    other.model = "pareto_nbd".parse().expect("a code");
    let error = learned.learn(&other).expect_err("parameters of another model").to_string();
    assert!(error.contains("pareto_nbd") && error.contains("fit the model again"), "{error}");
}

#[test]
fn the_digest_depends_on_the_data_and_not_on_the_order_of_customers() {
    let mut states = sample();
    let digest =
        |states: &[_], end| calibrated(states, end, |calibration, _| calibration.data_digest());
    let before = digest(&states, END);
    assert_ne!(digest(&states, "1997-10-01"), before);
    states.reverse();
    assert_eq!(digest(&states, END), before);
    states.pop();
    assert_ne!(digest(&states, END), before);
}

#[test]
fn what_cannot_be_fitted_says_why_and_shows_nothing() {
    assert_eq!(fit_bg_nbd(&[]), Err(FitError::NoCustomers));
    let once = [history(0, 0, 100), history(0, 0, 7)];
    assert_eq!(fit_bg_nbd(&once), Err(FitError::NobodyReturned { customers: 2 }));
    assert_eq!(fit_pareto_nbd(&once), Err(FitError::NobodyReturned { customers: 2 }));
    assert_eq!(fit_gamma_gamma(&[]), Err(FitError::NoRepeatValues));
    let worthless = RepeatValue { repeats: 3, mean_value: 0.0 };
    assert_eq!(fit_gamma_gamma(&[worthless]), Err(FitError::NoRepeatValues));

    let single = [history(3, 200, 210)];
    for error in [fit_bg_nbd(&single).map(|_| ()), fit_pareto_nbd(&single).map(|_| ())] {
        let error = error.expect_err("one customer determines no distribution").to_string();
        assert!(error.contains("did not converge"), "{error}");
    }
    let alike = [RepeatValue { repeats: 2, mean_value: 5.0 }; 4];
    let error = fit_gamma_gamma(&alike).expect_err("no variance").to_string();
    assert!(error.contains("did not converge"), "{error}");
}

#[test]
fn withheld_money_leaves_the_models_of_frequency_standing() {
    let mut states = sample();
    let yen = event(1, "zz", day("1997-02-01"), 0, purchase(money("100", "JPY")));
    states.push((customer("zz"), fold(&loyalty(), [&yen])));
    let (models, rows) = calibrated(&states, END, |calibration, _| {
        let models = LoyaltyModels::fit(calibration);
        let rows = purchase_forecasts(calibration, &models, Horizon::default());
        (models.clone(), serde_json::to_value(rows).expect("JSON"))
    });
    assert_eq!(models.bg_nbd.map(|model| model.customers), Some(2358));
    assert_eq!(models.gamma_gamma, None);
    assert!(models.models_why["gamma_gamma"].contains("reporting_currency"));
    assert!(rows[0]["why"].as_str().is_some_and(|why| why.contains("reporting_currency")));
    assert_eq!((&rows[0]["clv_12m"], &rows[0]["mean_value"]), (&Value::Null, &Value::Null));
    assert!(rows[0]["expected_purchases"].is_f64());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..crate::properties::beside_the_source() })]

    /// Whatever the data: a fit with finite numbers and probabilities, or a reason.
    #[test]
    fn any_histories_give_a_sensible_fit_or_a_reason(
        rows in proptest::collection::vec((0..6_u32, 0..400_u32, 0..400_u32), 0..30),
    ) {
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(x, one, other)| {
                let last = if x == 0 { 0 } else { one.min(other) };
                history(x, last, one.max(other))
            })
            .collect();
        if let Ok(model) = fit_bg_nbd(&rows) {
            prop_assert!(model.log_likelihood.is_finite());
            for row in &rows {
                let p = model.p_alive(row);
                prop_assert!((0.0..=1.0).contains(&p));
                let (soon, late) =
                    (model.expected_purchases(row, 4.0), model.expected_purchases(row, 40.0));
                prop_assert!(soon.is_finite() && 0.0 <= soon && soon <= late, "{} {}", soon, late);
            }
        }
        if let Ok(model) = fit_pareto_nbd(&rows) {
            prop_assert!(model.log_likelihood.is_finite());
        }
    }
}
