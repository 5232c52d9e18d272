//! Charts of the satisfaction report.

use crate::chart::{caption, number, rows, whole};
use crate::table::{at, plain};
use annals_chart::{
    Estimate, KanoFeature, KanoPlane, Knot, TimeLine, TimeSeries, TrapCurve, TrapLevel,
};
use serde_json::Value;

/// NPS by month.
pub(crate) fn nps(report: &Value) -> String {
    by_month(
        report,
        "nps",
        ("/score", "/interval_95", 1.0),
        ("Net Promoter Score by month, with 95 % intervals", "NPS (points, -100 to 100)"),
    )
}

/// CSAT by month.
pub(crate) fn csat(report: &Value) -> String {
    by_month(
        report,
        "csat",
        ("/share", "/wilson_95", 100.0),
        (
            "Satisfied customers (CSAT) by month, with 95 % intervals",
            "answers that are satisfied (%)",
        ),
    )
}

fn by_month(
    report: &Value,
    measure: &str,
    (value, interval, factor): (&str, &str, f64),
    (title, y_label): (&str, &str),
) -> String {
    let months = rows(report, &format!("/over_time/{measure}"));
    let estimate = |month: &Value| {
        let value = factor * number(month, value)?;
        let end = |end: &str| number(month, &format!("{interval}/{end}"));
        Some(Estimate {
            value,
            low: end("0").map_or(value, |low| factor * low),
            high: end("1").map_or(value, |high| factor * high),
        })
    };
    let answers = months.iter().map(|month| whole(month, "/n")).sum();
    let why = format!("no month has enough answers to {measure}");
    TimeSeries {
        caption: caption(report, title, (answers, "answers"), why),
        x_label: "month".to_owned(),
        y_label: y_label.to_owned(),
        periods: months.iter().map(|month| plain(at(month, "/month"))).collect(),
        lines: vec![TimeLine {
            name: measure.to_owned(),
            estimates: months.iter().map(estimate).collect(),
        }],
    }
    .svg()
}

/// The Kano plane.
pub(crate) fn kano(report: &Value) -> String {
    let found = rows(report, "/kano");
    let feature = |feature: &Value| {
        Some(KanoFeature {
            feature: plain(at(feature, "/feature")),
            better: number(feature, "/better")?,
            worse: number(feature, "/worse")?,
            category: category(&plain(at(feature, "/category_mode"))).to_owned(),
        })
    };
    let answers = found.iter().map(|feature| whole(feature, "/n")).sum();
    let why = "no pair of Kano questions was answered";
    KanoPlane {
        caption: caption(
            report,
            "Kano: what pleases and what is missed",
            (answers, "answers"),
            why,
        ),
        features: found.iter().filter_map(feature).collect(),
    }
    .svg()
}

/// A category of Kano's as people call it.
fn category(letter: &str) -> &str {
    match letter {
        "A" => "attractive (A)",
        "O" => "one-dimensional (O)",
        "M" => "must-be (M)",
        "I" => "indifferent (I)",
        "R" => "reverse (R)",
        "Q" => "questionable (Q)",
        other => other,
    }
}

/// Loyalty by level of satisfaction.
pub(crate) fn trap(report: &Value) -> String {
    let trap = at(report, "/trap");
    let level = |level: &Value| {
        let mean = number(level, "/loyalty")?;
        let n = whole(level, "/n");
        let bound = |place| number(level, place).unwrap_or(mean);
        let (low, high) = (bound("/interval_95/0"), bound("/interval_95/1"));
        Some(TrapLevel { level: number(level, "/level")?, mean, low, high, n })
    };
    let levels: Vec<_> = rows(trap, "/levels").iter().filter_map(level).collect();
    let why = plain(at(trap, "/why"));
    let n = (whole(trap, "/n"), "customers");
    let satisfaction: Vec<_> = rows(trap, "/satisfaction").iter().map(plain).collect();
    TrapCurve {
        caption: caption(report, "Loyalty by satisfaction", n, &why),
        x_label: format!("satisfaction ({}, level of its scale)", satisfaction.join(", ")),
        y_label: format!("mean loyalty ({})", plain(at(trap, "/loyalty"))),
        knot: knot(trap, &levels),
        levels,
        // The chart says "none here" itself.
        why_none: why.trim_start_matches("none here: ").to_owned(),
    }
    .svg()
}

/// The fitted line, where there is a trap. Least squares leave residuals that sum to zero, which
/// gives the height of the line at the knot.
fn knot(trap: &Value, levels: &[TrapLevel]) -> Option<Knot> {
    if at(trap, "/found").as_bool() != Some(true) {
        return None;
    }
    let at = number(trap, "/knot")?;
    let (slope_below, slope_above) = (number(trap, "/slope_below")?, number(trap, "/slope_above")?);
    let (mut sum, mut customers) = (0.0, 0.0);
    for level in levels {
        let from_knot = level.level - at;
        let slope = if from_knot < 0.0 { slope_below } else { slope_above };
        let weight = crate::chart::float(level.n);
        sum += weight * (level.mean - slope * from_knot);
        customers += weight;
    }
    (customers > 0.0).then(|| Knot { at, value: sum / customers, slope_below, slope_above })
}
