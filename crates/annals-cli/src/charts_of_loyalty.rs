//! Charts of the loyalty report.

use crate::chart::{caption, float, number, rows, whole};
use crate::failure::Failure;
use crate::model_fit::ModelFit;
use crate::question::Question;
use crate::table::{at, percent, plain};
use annals::events::Money;
use annals::loyalty::{Horizon, Loyalty, calibration, customer_segments, purchase_forecasts};
use annals_chart::{AxisScale, ConcentrationCurve, HeatMap, Histogram, Scatter, TrackingPlot};
use serde_json::Value;

/// Customers by recency and frequency.
pub(crate) fn rfm(report: &Value) -> String {
    let scores = at(report, "/rfm").as_object();
    let digit =
        |score: &str, place: usize| score.chars().nth(place).and_then(|digit| digit.to_digit(10));
    let all = || scores.into_iter().flatten();
    let tiles = all().filter_map(|(score, _)| digit(score, 0)).max().unwrap_or(0);
    let cell = |recency: u32, frequency: u32| {
        let here = all().filter(|(score, _)| {
            (digit(score, 0), digit(score, 1)) == (Some(recency), Some(frequency))
        });
        here.map(|(_, customers)| customers.as_f64().unwrap_or(0.0)).sum::<f64>()
    };
    let n = (whole(report, "/customers"), "customers");
    let why = plain(at(report, "/why"));
    HeatMap {
        caption: caption(report, "Customers by recency and frequency", n, why),
        x_label: "frequency score (1 seldom, highest often)".to_owned(),
        y_label: "recency score (1 long ago, highest recently)".to_owned(),
        value_label: "customers".to_owned(),
        columns: (1..=tiles).map(|tile| tile.to_string()).collect(),
        rows: (1..=tiles).rev().map(|tile| tile.to_string()).collect(),
        cells: (1..=tiles)
            .rev()
            .map(|recency| (1..=tiles).map(|frequency| Some(cell(recency, frequency))).collect())
            .collect(),
        decimals: 0,
        base_columns: 0,
    }
    .svg()
}

/// Purchase days and money of each customer, in units of the currency.
async fn purchases(question: Question<'_, Loyalty>) -> Result<Vec<(f64, f64)>, Failure> {
    let ask = question.ask(|_, customers, context| {
        let segments = customer_segments(customers, context);
        let units = |money: Money| money.amount().parse::<f64>().ok();
        let points = segments
            .iter()
            .filter_map(|row| Some((f64::from(row.frequency), units(row.monetary?)?)));
        points.collect::<Vec<_>>()
    });
    ask.await
}

fn why_no_money(report: &Value) -> String {
    match at(report, "/why") {
        Value::Null => "nobody has bought anything".to_owned(),
        why => plain(why),
    }
}

/// Customers by frequency and average purchase.
pub(crate) async fn behaviour(
    question: Question<'_, Loyalty>,
    report: &Value,
) -> Result<String, Failure> {
    let points: Vec<_> =
        purchases(question).await?.into_iter().map(|(days, money)| (days, money / days)).collect();
    let matrix = at(report, "/behaviour_matrix");
    let mean = |name: &str| number(matrix, name);
    let title = "Behaviour: how often and how much at a time";
    let counted = (u64::try_from(points.len()).unwrap_or(u64::MAX), "customers");
    let chart = Scatter {
        caption: caption(report, title, counted, why_no_money(report)),
        x_label: "purchase days (count)".to_owned(),
        y_label: format!("average purchase ({})", plain(at(report, "/currency"))),
        x_scale: AxisScale::Log,
        y_scale: AxisScale::Log,
        points,
        means: mean("/mean_frequency").zip(mean("/mean_average_purchase")),
        quarters: ["big spender", "best", "uncertain", "frequent"].map(str::to_owned),
    };
    Ok(chart.svg())
}

/// Cumulative shares of revenue, the most valuable customers first.
pub(crate) async fn concentration(
    question: Question<'_, Loyalty>,
    report: &Value,
) -> Result<String, Failure> {
    const POINTS_MAX: usize = 400;
    let mut spent: Vec<f64> =
        purchases(question).await?.into_iter().map(|(_, money)| money).collect();
    spent.sort_by(|one, other| other.total_cmp(one));
    let (total, customers) = (spent.iter().sum::<f64>(), spent.len());
    let every = customers.div_ceil(POINTS_MAX).max(1);
    let mut points = vec![(0.0, 0.0)];
    let mut so_far = 0.0;
    for (index, money) in spent.iter().enumerate() {
        so_far += money;
        let number = index + 1;
        if total > 0.0 && (number.is_multiple_of(every) || number == customers) {
            points.push((float(number) / float(customers), so_far / total));
        }
    }
    let figures = at(report, "/concentration");
    // The percentages are the ruleset's and part of the names.
    let mark = |(name, share): (&String, &Value)| {
        let top = name.strip_prefix("top_")?.strip_suffix("_percent_share")?;
        let top_share = top.parse::<f64>().ok()? / 100.0;
        Some((top_share, share.as_f64()?, format!("{top} % bring {}", percent(share))))
    };
    let counted = (u64::try_from(customers).unwrap_or(u64::MAX), "customers");
    let chart = ConcentrationCurve {
        caption: caption(report, "Concentration of revenue", counted, why_no_money(report)),
        x_label: "share of customers, the most valuable first (%)".to_owned(),
        y_label: "share of revenue (%)".to_owned(),
        points: if total > 0.0 { points } else { Vec::new() },
        gini: number(figures, "/gini"),
        marks: figures.as_object().into_iter().flatten().filter_map(mark).collect(),
    };
    Ok(chart.svg())
}

/// Customers by their value in the next twelve months.
pub(crate) async fn clv(
    question: Question<'_, Loyalty>,
    report: &Value,
) -> Result<String, Failure> {
    let end = at(report, "/fit/calibration_end").as_str().and_then(|day| day.parse().ok());
    let fit = match end {
        Some(end) => ModelFit::find(question, Some(end)).await?,
        None => None,
    };
    let values = match &fit {
        Some(fit) => {
            let ask = question.ask(|_, customers, context| {
                let data = calibration(customers, fit.calibration_end, context);
                let forecasts = purchase_forecasts(&data, &fit.models, Horizon::default());
                // What is worth less than a hundredth is worth nothing, and not years of the axis.
                let hundredths = |value: f64| (value * 100.0).round() / 100.0;
                let values = forecasts.iter().filter_map(|forecast| forecast.clv_12m);
                values.map(hundredths).collect::<Vec<_>>()
            });
            ask.await?
        }
        None => Vec::new(),
    };
    let why = "no models were fitted: give --calibration-end, or record a fit with --fit";
    let counted = (u64::try_from(values.len()).unwrap_or(u64::MAX), "customers");
    let mut sorted = values.clone();
    sorted.sort_by(f64::total_cmp);
    let median = sorted.get(sorted.len() / 2).map(|value| ("median".to_owned(), *value));
    let mean = (!values.is_empty())
        .then(|| ("mean".to_owned(), values.iter().sum::<f64>() / float(values.len())));
    let title = "What customers are worth in the next 12 months (BG/NBD, Gamma-Gamma)";
    let chart = Histogram {
        caption: caption(report, title, counted, why),
        x_label: format!("discounted value of 12 months ({})", plain(at(report, "/currency"))),
        y_label: "customers".to_owned(),
        x_scale: AxisScale::Log,
        values,
        marks: median.into_iter().chain(mean).collect(),
    };
    Ok(chart.svg())
}

/// Repeat purchases, actual against the model.
pub(crate) fn tracking(report: &Value) -> String {
    let tracking = at(report, "/tracking");
    let weeks = rows(tracking, "/weeks");
    let line = |name: &str| {
        let point = |week: &Value| Some((number(week, "/week")?, number(week, name)?));
        weeks.iter().filter_map(point).collect()
    };
    let calibration = |week: &&Value| at(week, "/calibration").as_bool() == Some(true);
    let why = "no models were fitted: give --calibration-end, or record a fit with --fit";
    let title = "Repeat purchases since the first week, actual against expected";
    TrackingPlot {
        caption: caption(report, title, (whole(tracking, "/customers"), "customers"), why),
        x_label: format!("weeks since {}", plain(at(tracking, "/first_day"))),
        y_label: "cumulative repeat purchase days (count)".to_owned(),
        actual: line("/actual"),
        model: line("/expected"),
        model_name: "BG/NBD".to_owned(),
        calibration_end: weeks.iter().rfind(calibration).and_then(|week| number(week, "/week")),
    }
    .svg()
}
