//! Charts of the lifecycle report.

use crate::chart::{caption, number, rows, whole};
use crate::failure::Failure;
use crate::table::{at, plain};
use annals_chart::{ActivityBars, BarLayer, Flow, HeatMap, StageFlow, Step, StepCurve, StepCurves};
use serde_json::Value;

/// Customers by month.
pub(crate) fn activity(report: &Value) -> String {
    let months = rows(report, "/activity");
    let layer = |name: &str, sign: f64| BarLayer {
        name: name.to_owned(),
        values: months
            .iter()
            .map(|month| sign * number(month, &format!("/{name}")).unwrap_or(0.0))
            .collect(),
    };
    ActivityBars {
        caption: caption(
            report,
            "Customers who bought, by month; below zero those who stopped that month",
            (whole(report, "/customers_with_occasions"), "customers"),
            "nobody has bought anything",
        ),
        x_label: "month".to_owned(),
        y_label: "customers (count)".to_owned(),
        periods: months.iter().map(|month| plain(at(month, "/month"))).collect(),
        layers: vec![
            layer("returning", 1.0),
            layer("resurrecting", 1.0),
            layer("new", 1.0),
            layer("dormant", -1.0),
        ],
    }
    .svg()
}

/// Retention of those who first bought in a month.
pub(crate) fn cohorts(report: &Value) -> String {
    let cohorts = rows(report, "/cohorts");
    let rates = |cohort: &Value| -> Vec<Option<f64>> {
        let rates = rows(cohort, "/retained_rates").iter();
        rates.map(|rate| rate.as_f64().map(|rate| 100.0 * rate)).collect()
    };
    let cells: Vec<_> = cohorts.iter().map(rates).collect();
    let columns = cells.iter().map(Vec::len).max().unwrap_or(0);
    let named = |cohort: &Value| {
        format!("{} ({})", plain(at(cohort, "/cohort")), plain(at(cohort, "/size")))
    };
    HeatMap {
        caption: caption(
            report,
            "Retention: how many of a month's new customers bought so many months later",
            (whole(report, "/customers_with_occasions"), "customers"),
            "nobody has bought anything",
        ),
        x_label: "months since the first purchase".to_owned(),
        y_label: "month of the first purchase (customers)".to_owned(),
        value_label: "% of the cohort".to_owned(),
        columns: (0..columns).map(|month| month.to_string()).collect(),
        rows: cohorts.iter().map(named).collect(),
        cells,
        decimals: 1,
        base_columns: 1,
    }
    .svg()
}

/// Time to the second purchase, and to being lost.
pub(crate) fn survival(report: &Value) -> String {
    let step = |step: &Value| {
        Some(Step {
            time: number(step, "/t_days")?,
            share: number(step, "/s")?,
            low: number(step, "/lower")?,
            high: number(step, "/upper")?,
        })
    };
    let curve = |name: &str, place: &str| {
        let start = Step { time: 0.0, share: 1.0, low: 1.0, high: 1.0 };
        let steps: Vec<_> = rows(report, place).iter().filter_map(step).collect();
        (!steps.is_empty()).then(|| StepCurve {
            name: name.to_owned(),
            steps: [start].into_iter().chain(steps).collect(),
        })
    };
    let curves =
        [curve("no second purchase yet", "/survival"), curve("not lost yet", "/survival_churn")];
    StepCurves {
        caption: caption(
            report,
            "Time from the first purchase to the second (Kaplan-Meier, 95 % band)",
            (whole(report, "/customers_with_occasions"), "customers"),
            "nobody has bought anything",
        ),
        x_label: "days since the first purchase".to_owned(),
        y_label: "customers it has not happened to (%)".to_owned(),
        curves: curves.into_iter().flatten().collect(),
    }
    .svg()
}

/// Moves between the stages of a scheme, the first one unless it is named.
pub(crate) fn stages(report: &Value, wanted: Option<&str>) -> Result<String, Failure> {
    let schemes = at(report, "/stage_transitions").as_object();
    let known = || schemes.into_iter().flatten();
    let scheme = match wanted {
        None => known().next(),
        Some(wanted) => Some(known().find(|(name, _)| *name == wanted).ok_or_else(|| {
            let names: Vec<_> = known().map(|(name, _)| name.as_str()).collect();
            Failure::Usage(format!("expected a scheme of {}, got {wanted}", names.join(", ")))
        })?),
    };
    let (name, moves) = scheme.map_or(("", &Value::Null), |(name, moves)| (name.as_str(), moves));
    let from_each = moves.as_object().into_iter().flatten();
    let flows: Vec<_> = from_each
        .flat_map(|(from, to)| {
            let to_each = to.as_object().into_iter().flatten();
            to_each.map(|(to, count)| Flow {
                from: from.clone(),
                to: to.clone(),
                count: count.as_f64().unwrap_or(0.0),
            })
        })
        .collect();
    let moves = moves.as_object().into_iter().flat_map(|from| from.values());
    let counts = moves.filter_map(Value::as_object).flat_map(|to| to.values());
    let total = counts.filter_map(Value::as_u64).sum();
    let stages = at(report, "/stages").as_object().and_then(|schemes| schemes.get(name));
    let stages = stages.and_then(Value::as_object);
    let flow = StageFlow {
        caption: caption(
            report,
            format!("Moves between the stages of the scheme {name}"),
            (total, "moves"),
            "no customer has moved from one stage to another",
        ),
        from_label: "from".to_owned(),
        to_label: "to".to_owned(),
        counted: "moves".to_owned(),
        stages: stages.into_iter().flat_map(|stages| stages.keys().cloned()).collect(),
        flows,
    };
    Ok(flow.svg())
}
