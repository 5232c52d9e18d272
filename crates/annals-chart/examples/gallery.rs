//! Writes one picture of every chart into a folder, with plausible made-up numbers, to be looked at
//! whenever the drawing changes: `cargo run -p annals-chart --example gallery -- FOLDER`.
//!
//! What a chart looks like is for eyes to judge; tests hold only what can be counted.

use annals_chart::{
    ActivityBars, AxisScale, BarLayer, Caption, ConcentrationCurve, Estimate, Flow, HeatMap,
    Histogram, KanoFeature, KanoPlane, Knot, Scatter, StageFlow, Step, StepCurve, StepCurves,
    TimeLine, TimeSeries, TrackingPlot, TrapCurve, TrapLevel, png,
};
use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder? give it as the argument")?;
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    let charts = [
        ("01-nps", nps().svg()),
        ("02-kano", kano().svg()),
        ("03-trap", trap(true).svg()),
        ("04-trap-none", trap(false).svg()),
        ("05-rfm", rfm().svg()),
        ("06-cohorts", cohorts(12).svg()),
        ("07-cohorts-36", cohorts(36).svg()),
        ("08-behaviour-few", behaviour(600).svg()),
        ("09-behaviour-many", behaviour(20_000).svg()),
        ("10-concentration", concentration().svg()),
        ("11-clv-linear", clv(AxisScale::Linear).svg()),
        ("12-clv-log", clv(AxisScale::Log).svg()),
        ("13-tracking", tracking().svg()),
        ("14-activity", activity().svg()),
        ("15-survival", survival().svg()),
        ("16-flow", flow().svg()),
        ("17-empty", empty().svg()),
        ("18-flow-many", many_stages().svg()),
        ("19-kano-crowded", crowded().svg()),
    ];
    for (name, svg) in charts {
        std::fs::write(folder.join(format!("{name}.png")), png(&svg)?)?;
        std::fs::write(folder.join(format!("{name}.svg")), svg)?;
    }
    Ok(())
}

/// Numbers that look random and are always the same (Knuth's multiplier).
struct Numbers(u64);

impl Numbers {
    /// 0 up to, not including, 1.
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 33).unwrap_or(0)) / f64::from(1_u32 << 31)
    }

    /// Around 0, spread about 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

fn caption(title: &str, n: u64, counted: &str) -> Caption {
    Caption {
        title: title.to_owned(),
        n,
        counted: counted.to_owned(),
        as_of: "2026-06-30".to_owned(),
        source: "satisfaction 1, ruleset satisfaction-2026.1, position 1,204,511".to_owned(),
        why_empty: "no survey was answered before 2026-06-30; the first answer is of 2026-07-04"
            .to_owned(),
    }
}

fn months(count: u32) -> Vec<String> {
    (0..count).map(|month| format!("{}-{:02}", 2024 + month / 12, month % 12 + 1)).collect()
}

fn nps() -> TimeSeries {
    let mut numbers = Numbers(7);
    let mut line = |name: &str, start: f64, half: f64| TimeLine {
        name: name.to_owned(),
        estimates: (0..30)
            .map(|month| {
                let value = start + f64::from(month) * 0.8 + numbers.normal() * 4.0;
                let half = half + numbers.next() * 3.0;
                (month != 17 && month != 19).then_some(Estimate {
                    value,
                    low: value - half,
                    high: value + half,
                })
            })
            .collect(),
    };
    TimeSeries {
        caption: caption("Net Promoter Score by month, with 95 % intervals", 12_844, "answers"),
        x_label: "month".to_owned(),
        y_label: "NPS (points, \u{2212}100 to 100)".to_owned(),
        periods: months(30),
        lines: vec![line("shop", -6.0, 5.0), line("telephone", -22.0, 8.0)],
    }
}

fn kano() -> KanoPlane {
    let features = [
        ("delivery on the same day", 0.71, -0.22, "attractive"),
        ("free returns", 0.66, -0.64, "one-dimensional"),
        ("honest stock figures", 0.24, -0.81, "must-be"),
        ("invoice as PDF", 0.22, -0.78, "must-be"),
        ("secure payment", 0.20, -0.83, "must-be"),
        ("gift wrapping", 0.34, -0.11, "indifferent"),
        ("loyalty points", 0.41, -0.18, "indifferent"),
        ("advice by telephone", 0.58, -0.55, "one-dimensional"),
        ("a person within a minute", 0.60, -0.58, "one-dimensional"),
        ("size advice from a photograph", 0.78, -0.09, "attractive"),
        ("repair instead of replacement", 0.69, -0.27, "attractive"),
        ("newsletter", 0.08, -0.03, "indifferent"),
        ("parcel tracking", 0.52, -0.70, "one-dimensional"),
        ("plain language", 0.97, -0.98, "one-dimensional"),
    ];
    let feature = |(feature, better, worse, category): (&str, f64, f64, &str)| KanoFeature {
        feature: feature.to_owned(),
        better,
        worse,
        category: category.to_owned(),
    };
    KanoPlane {
        caption: caption("Kano plane: what features add and what they cost", 412, "respondents"),
        features: features.into_iter().map(feature).collect(),
    }
}

fn crowded() -> KanoPlane {
    let mut numbers = Numbers(23);
    let title = "Kano plane of everything that was ever asked about, in all countries and channels";
    let mut caption = caption(title, 412, "respondents");
    caption.source = caption.source.repeat(3);
    let feature = |index: i32| KanoFeature {
        feature: format!("feature number {index}"),
        better: (0.7 + numbers.normal() * 0.07).clamp(0.0, 1.0),
        worse: (-0.4 + numbers.normal() * 0.07).clamp(-1.0, 0.0),
        category: format!("category {}", index % 9),
    };
    KanoPlane { caption, features: (0..60).map(feature).collect() }
}

fn trap(found: bool) -> TrapCurve {
    let levels = (1..=10_u32).map(|level| {
        let at = f64::from(level);
        let jump = if found && at > 7.5 { (at - 7.5) * 1.1 } else { 0.0 };
        let slope = if found { 0.18 } else { 0.55 };
        let mean = 3.0 + slope * at + jump + f64::from(level * 7 % 3) * 0.12;
        let half = 0.5 / at.sqrt();
        let n = u64::from(level * level * 13);
        TrapLevel { level: at, mean, low: mean - half, high: mean + half, n }
    });
    TrapCurve {
        caption: caption("Satisfaction trap: recommendation by satisfaction", 5_005, "customers"),
        x_label: "overall satisfaction (1 to 10)".to_owned(),
        y_label: "would recommend (0 to 10, mean)".to_owned(),
        levels: levels.collect(),
        knot: found.then_some(Knot { at: 7.5, value: 4.5, slope_below: 0.18, slope_above: 1.27 }),
        why_none:
            "the slope above the best knot (0.56) is not clearly steeper than below it (0.54)"
                .to_owned(),
    }
}

fn rfm() -> HeatMap {
    let names = |letter: &str, order: [u32; 5]| order.map(|it| format!("{letter}{it}")).to_vec();
    let mut numbers = Numbers(3);
    let cell = |row: i32, column: i32, noise: f64| {
        let near = f64::from((row + column - 4).abs());
        (2_600.0 * (-near / 1.6).exp() + noise * 90.0).round()
    };
    HeatMap {
        caption: caption("RFM: customers by recency and frequency", 23_570, "customers"),
        x_label: "frequency (fifths, F5 the most frequent)".to_owned(),
        y_label: "recency (fifths, R5 the most recent)".to_owned(),
        value_label: "customers (count)".to_owned(),
        columns: names("F", [1, 2, 3, 4, 5]),
        rows: names("R", [5, 4, 3, 2, 1]),
        cells: (0..5)
            .map(|row| {
                (0..5).map(|column| Some(cell(4 - row, 4 - column, numbers.next()))).collect()
            })
            .collect(),
        decimals: 0,
        base_columns: 0,
    }
}

fn cohorts(count: u32) -> HeatMap {
    let share = |cohort: u32, month: u32| {
        let noise = f64::from((cohort * 7 + month * 13) % 11) * 0.4;
        if month == 0 { 100.0 } else { 18.0 + 40.0 / f64::from(month + 1) + noise }
    };
    let row = |cohort: u32| {
        (0..count).map(|month| (month < count - cohort).then(|| share(cohort, month))).collect()
    };
    HeatMap {
        caption: caption("Retention by cohort: share that bought again", 18_220, "customers"),
        x_label: "months since the first purchase".to_owned(),
        y_label: "month of the first purchase".to_owned(),
        value_label: "% of the cohort".to_owned(),
        columns: (0..count).map(|month| month.to_string()).collect(),
        rows: months(count).iter().map(|month| format!("{month} (n 412)")).collect(),
        cells: (0..count).map(row).collect(),
        decimals: 1,
        base_columns: 1,
    }
}

fn behaviour(count: usize) -> Scatter {
    let mut numbers = Numbers(11);
    let points: Vec<_> = (0..count)
        .map(|_| {
            let purchases = (numbers.normal() * 0.9 + 0.8).exp().ceil();
            (purchases, (numbers.normal() * 0.6 + 3.4).exp())
        })
        .collect();
    Scatter {
        caption: caption(
            "Behaviour matrix: frequency against average purchase",
            20_000,
            "customers",
        ),
        x_label: "purchases in 12 months (count, logarithmic)".to_owned(),
        y_label: "average purchase (EUR, logarithmic)".to_owned(),
        x_scale: AxisScale::Log,
        y_scale: AxisScale::Log,
        points,
        means: Some((3.7, 35.9)),
        quarters: ["large but rare", "best", "uncertain", "small but frequent"].map(str::to_owned),
    }
}

fn concentration() -> ConcentrationCurve {
    ConcentrationCurve {
        caption: caption("Concentration of revenue", 23_570, "customers"),
        x_label: "share of customers, the most valuable first (%)".to_owned(),
        y_label: "share of revenue (%)".to_owned(),
        points: (0..=200)
            .map(|step| {
                let share = f64::from(step) / 200.0;
                (share, 1.0 - (1.0 - share).powf(4.2))
            })
            .collect(),
        gini: Some(0.615),
        marks: vec![
            (0.1, 0.357, "10 % bring 36 %".to_owned()),
            (0.2, 0.608, "20 % bring 61 %".to_owned()),
            (0.5, 0.946, "50 % bring 95 %".to_owned()),
        ],
    }
}

fn clv(x_scale: AxisScale) -> Histogram {
    let mut numbers = Numbers(5);
    Histogram {
        caption: caption("Customer lifetime value of the next 12 months", 23_570, "customers"),
        x_label: "CLV (EUR, 12 months, 1 % a month)".to_owned(),
        y_label: "customers (count)".to_owned(),
        x_scale,
        values: (0..23_570)
            .map(|index| if index % 9 == 0 { 0.0 } else { (numbers.normal() * 0.8 + 3.5).exp() })
            .collect(),
        marks: vec![("median".to_owned(), 33.0), ("mean".to_owned(), 45.6)],
    }
}

fn tracking() -> TrackingPlot {
    let actual = |week: f64| 4_900.0 * (1.0 - (-week / 45.0).exp());
    TrackingPlot {
        caption: caption("BG/NBD held against what happened", 2_357, "customers"),
        x_label: "weeks since 1997-01-01".to_owned(),
        y_label: "cumulative repeat purchases (count)".to_owned(),
        actual: (0..=78)
            .map(|week| (f64::from(week), actual(f64::from(week)) + f64::from(week * 5 % 3) * 9.0))
            .collect(),
        model: (0..=78)
            .map(|week| (f64::from(week), actual(f64::from(week)) * 0.975 + 20.0))
            .collect(),
        model_name: "BG/NBD, fitted on weeks 0 to 39".to_owned(),
        calibration_end: Some(39.0),
    }
}

fn activity() -> ActivityBars {
    let layer = |name: &str, size: f64, wave: u32| BarLayer {
        name: name.to_owned(),
        values: (0..30_u32)
            .map(|month| (size * (1.0 + f64::from((month * wave) % 7) / 9.0)).round())
            .collect(),
    };
    ActivityBars {
        caption: caption("Activity by month", 18_220, "customers"),
        x_label: "month".to_owned(),
        y_label: "customers (count)".to_owned(),
        periods: months(30),
        layers: vec![
            layer("returning", 820.0, 3),
            layer("new", 310.0, 5),
            layer("resurrecting", 90.0, 2),
            layer("dormant", -260.0, 4),
        ],
    }
}

fn survival() -> StepCurves {
    let curve = |name: &str, rate: f64| StepCurve {
        name: name.to_owned(),
        steps: (0..60)
            .map(|step| {
                let time = f64::from(step * 12);
                let share = (-time * rate).exp();
                let half = 0.004 * f64::from(step).sqrt() + 0.0005 * f64::from(step);
                Step { time, share, low: share - half.min(share), high: (share + half).min(1.0) }
            })
            .collect(),
    };
    StepCurves {
        caption: caption("Survival by channel (Kaplan-Meier, 95 % bands)", 6_204, "customers"),
        x_label: "days since the first purchase".to_owned(),
        y_label: "still active (%)".to_owned(),
        curves: vec![curve("shop", 0.0011), curve("online", 0.0018), curve("telephone", 0.0024)],
    }
}

fn flow() -> StageFlow {
    let flow = |(from, to, count): (&str, &str, u32)| Flow {
        from: from.to_owned(),
        to: to.to_owned(),
        count: f64::from(count),
    };
    let flows = [
        ("prospect", "prospect", 610),
        ("prospect", "new", 240),
        ("new", "active", 310),
        ("new", "at risk", 120),
        ("new", "lost", 14),
        ("active", "active", 1_480),
        ("active", "at risk", 260),
        ("active", "dormant", 44),
        ("at risk", "active", 95),
        ("at risk", "dormant", 180),
        ("at risk", "lost", 33),
        ("dormant", "active", 21),
        ("dormant", "dormant", 402),
        ("dormant", "lost", 130),
        ("lost", "lost", 290),
        ("lost", "active", 9),
    ];
    StageFlow {
        caption: caption("From stage to stage in the first half of 2026", 4_238, "customers"),
        from_label: "2025-12-31".to_owned(),
        to_label: "2026-06-30".to_owned(),
        counted: "customers".to_owned(),
        stages: ["prospect", "new", "active", "at risk", "dormant", "lost"]
            .map(str::to_owned)
            .to_vec(),
        flows: flows.into_iter().map(flow).collect(),
    }
}

fn many_stages() -> StageFlow {
    let name = |index: u32| format!("stage {index}");
    let mut flows = Vec::new();
    for index in 0..20_u32 {
        for to in [index, (index + 1) % 20, (index * 7) % 20] {
            let count = f64::from(1 + index * index % 37);
            flows.push(Flow { from: name(index), to: name(to), count });
        }
    }
    StageFlow { stages: (0..20).map(name).collect(), flows, ..flow() }
}

fn empty() -> TimeSeries {
    let bad = Estimate { value: f64::NAN, low: 0.0, high: 1.0 };
    let line = TimeLine { name: "shop".to_owned(), estimates: vec![None, Some(bad)] };
    TimeSeries { lines: vec![line], ..nps() }
}
