//! What can be counted about the charts: whole XML, caption and units, equal bytes, PNG of the
//! right size, and no input whatever that breaks one. What they look like is for eyes: the gallery.

use annals_chart::*;
use proptest::collection::vec;
use proptest::prelude::*;

fn caption() -> Caption {
    Caption {
        title: "Title <of> & all".to_owned(),
        n: 23_570,
        counted: "customers".to_owned(),
        as_of: "1997-09-30".to_owned(),
        source: "loyalty 1".to_owned(),
        why_empty: "nobody bought anything".to_owned(),
    }
}

/// Every chart with these numbers in every place a number can stand.
#[expect(clippy::too_many_lines, reason = "a list: one chart after the other")]
fn charts(numbers: &[f64], names: &[String]) -> Vec<(&'static str, String)> {
    let number = |index: usize| numbers.get(index % numbers.len().max(1)).copied();
    let at = |index: usize| number(index).unwrap_or_default();
    let name = |index: usize| names.get(index % names.len().max(1)).cloned().unwrap_or_default();
    let pairs: Vec<_> = (0..numbers.len()).map(|index| (at(index), at(index + 1))).collect();
    let (x_label, y_label) = ("weeks".to_owned(), "EUR".to_owned());
    let periods: Vec<_> = (0..numbers.len()).map(name).collect();
    let estimate = |index| Estimate { value: at(index), low: at(index + 1), high: at(index + 2) };
    let estimates: Vec<_> =
        (0..numbers.len()).map(|index| (index % 3 < 2).then(|| estimate(index))).collect();
    let lines: Vec<_> =
        (0..2).map(|line| TimeLine { name: name(line), estimates: estimates.clone() }).collect();
    let feature = |index| KanoFeature {
        feature: name(index),
        better: at(index),
        worse: -at(index + 1),
        category: name(index + 1),
    };
    let level = |index| TrapLevel {
        level: at(index),
        mean: at(index + 1),
        low: at(index + 2),
        high: at(index + 3),
        n: u64::MAX,
    };
    let knot = Knot { at: at(0), value: at(1), slope_below: at(2), slope_above: at(3) };
    let step = |index| Step {
        time: at(index),
        share: at(index + 1),
        low: at(index + 2),
        high: at(index + 3),
    };
    let flow = |index| Flow { from: name(index), to: name(index + 2), count: at(index) };
    let mut charts = vec![
        (
            "time series",
            TimeSeries {
                caption: caption(),
                x_label: x_label.clone(),
                y_label: y_label.clone(),
                periods: periods.clone(),
                lines,
            }
            .svg(),
        ),
        (
            "kano",
            KanoPlane { caption: caption(), features: (0..numbers.len()).map(feature).collect() }
                .svg(),
        ),
        (
            "trap",
            TrapCurve {
                caption: caption(),
                x_label: x_label.clone(),
                y_label: y_label.clone(),
                levels: (0..numbers.len()).map(level).collect(),
                knot: (numbers.len().is_multiple_of(2)).then_some(knot),
                why_none: name(0),
            }
            .svg(),
        ),
        (
            "heat map",
            HeatMap {
                caption: caption(),
                x_label: x_label.clone(),
                y_label: y_label.clone(),
                value_label: name(0),
                columns: periods.clone(),
                rows: periods.clone(),
                cells: (0..numbers.len())
                    .map(|row| (row..numbers.len()).map(|column| number(row * column)).collect())
                    .collect(),
                decimals: 400,
                base_columns: numbers.len() / 2,
            }
            .svg(),
        ),
        (
            "concentration",
            ConcentrationCurve {
                caption: caption(),
                x_label: x_label.clone(),
                y_label: y_label.clone(),
                points: pairs.clone(),
                gini: number(0),
                marks: pairs.iter().map(|(x, y)| (*x, *y, name(0))).collect(),
            }
            .svg(),
        ),
        (
            "tracking",
            TrackingPlot {
                caption: caption(),
                x_label: x_label.clone(),
                y_label: y_label.clone(),
                actual: pairs.clone(),
                model: pairs.clone(),
                model_name: name(0),
                calibration_end: number(0),
            }
            .svg(),
        ),
        (
            "activity",
            ActivityBars {
                caption: caption(),
                x_label: x_label.clone(),
                y_label: y_label.clone(),
                periods,
                layers: (0..3)
                    .map(|layer| BarLayer { name: name(layer), values: numbers.to_vec() })
                    .collect(),
            }
            .svg(),
        ),
        (
            "steps",
            StepCurves {
                caption: caption(),
                x_label: x_label.clone(),
                y_label: y_label.clone(),
                curves: (0..2)
                    .map(|curve| StepCurve {
                        name: name(curve),
                        steps: (0..numbers.len()).map(step).collect(),
                    })
                    .collect(),
            }
            .svg(),
        ),
        (
            "flow",
            StageFlow {
                caption: caption(),
                from_label: x_label.clone(),
                to_label: y_label.clone(),
                counted: "customers".to_owned(),
                stages: names.to_vec(),
                flows: (0..numbers.len()).map(flow).collect(),
            }
            .svg(),
        ),
    ];
    for scale in [AxisScale::Linear, AxisScale::Log] {
        let scatter = Scatter {
            caption: caption(),
            x_label: x_label.clone(),
            y_label: y_label.clone(),
            x_scale: scale,
            y_scale: scale,
            points: pairs.clone(),
            means: pairs.first().copied(),
            quarters: [0, 1, 2, 3].map(name),
        };
        charts.push(("scatter", scatter.svg()));
        if !pairs.is_empty() {
            let many = pairs.iter().copied().cycle().take(3_000).collect();
            charts.push(("hexagons", Scatter { points: many, ..scatter }.svg()));
        }
        let histogram = Histogram {
            caption: caption(),
            x_label: x_label.clone(),
            y_label: y_label.clone(),
            x_scale: scale,
            values: numbers.to_vec(),
            marks: pairs.iter().map(|(x, _)| (name(0), *x)).collect(),
        };
        charts.push(("histogram", histogram.svg()));
    }
    charts
}

fn shares() -> Vec<f64> {
    (0..24).map(|index| f64::from(index * 7 % 23) / 23.0).collect()
}

/// All texts of a document, in order; fails where it is not XML.
fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).expect("a chart is XML");
    let root = document.root_element();
    assert!(root.has_tag_name(("http://www.w3.org/2000/svg", "svg")));
    let texts =
        root.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")));
    texts.filter_map(|node| node.text()).map(str::to_owned).collect()
}

#[test]
fn charts_name_title_units_and_caption() {
    for (chart, svg) in charts(&shares(), &["one".to_owned(), "two".to_owned()]) {
        let texts = texts(&svg);
        let line = "n = 23,570 customers \u{b7} as of 1997-09-30 \u{b7} source: loyalty 1";
        assert!(texts.iter().any(|text| text == "Title <of> & all"), "{chart}: {texts:?}");
        assert!(texts.iter().any(|text| text == line), "{chart}: {texts:?}");
        assert!(!texts.iter().any(|text| text == "nothing to show"), "{chart}: {texts:?}");
        if chart != "kano" {
            assert!(texts.iter().any(|text| text == "weeks"), "{chart}: {texts:?}");
            assert!(texts.iter().any(|text| text == "EUR"), "{chart}: {texts:?}");
        }
    }
}

#[test]
fn empty_charts_say_so_and_why() {
    for (chart, svg) in charts(&[], &[]) {
        let texts = texts(&svg);
        assert!(texts.iter().any(|text| text == "nothing to show"), "{chart}: {texts:?}");
        assert!(texts.iter().any(|text| text == "nobody bought anything"), "{chart}: {texts:?}");
    }
}

#[test]
fn numbers_that_cannot_be_drawn_are_left_out_and_said() {
    let mut numbers = shares();
    numbers.extend([f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300]);
    for (chart, svg) in charts(&numbers, &["one".to_owned(), "two".to_owned()]) {
        let texts = texts(&svg);
        assert!(texts.iter().any(|text| text.contains("left out")), "{chart}: {texts:?}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{chart}");
    }
}

#[test]
fn columns_that_hold_the_same_everywhere_take_no_part_in_the_colours() {
    const DARKEST: &str = "rgb(8,29,88)";
    let map = |base_columns| {
        HeatMap {
            caption: caption(),
            columns: ["0", "1", "2"].map(str::to_owned).to_vec(),
            rows: vec!["1997-01".to_owned()],
            cells: vec![vec![Some(100.0), Some(15.0), Some(5.0)]],
            decimals: 1,
            base_columns,
            ..HeatMap::default()
        }
        .svg()
    };
    let cells = |svg: &str| {
        let dark = svg.lines().filter(|line| line.contains("rect") && line.contains(DARKEST));
        dark.count()
    };
    assert_eq!((cells(&map(0)), cells(&map(1))), (1, 1));
    let with_base = texts(&map(1));
    assert!(with_base.contains(&"100".to_owned()) && with_base.contains(&"15.0".to_owned()));
    let ticks = |svg: &str| texts(svg).iter().any(|text| text == "80");
    assert!(ticks(&map(0)) && !ticks(&map(1)), "the bar ends at the greatest that is coloured");
    assert!(map(3).contains(">100<"), "a map of nothing else is drawn all the same");
}

#[test]
fn same_input_gives_same_bytes_and_png_is_1200_by_800() {
    let names = ["one".to_owned(), "two".to_owned()];
    let (first, second) = (charts(&shares(), &names), charts(&shares(), &names));
    assert_eq!(first, second);
    for (chart, svg) in first.iter().take(4) {
        let picture = png(svg).expect("a chart is a picture");
        assert_eq!(picture, png(svg).expect("a chart is a picture"), "{chart}");
        let pixels = resvg::tiny_skia::Pixmap::decode_png(&picture).expect("it is PNG");
        assert_eq!((pixels.width(), pixels.height()), (1200, 800), "{chart}");
    }
}

#[test]
fn text_in_a_png_is_drawn_without_fonts_of_the_machine() {
    let svg = |text: &str| {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"99\" height=\"40\"><text x=\"5\" \
             y=\"30\" font-family=\"no such font, sans-serif\">{text}</text></svg>"
        )
    };
    assert_ne!(png(&svg("A")).expect("SVG"), png(&svg("")).expect("SVG"));
}

#[test]
fn what_is_not_svg_is_refused_in_words() {
    let error = png("a poem").expect_err("it is not SVG").to_string();
    assert!(error.starts_with("the text is not an SVG picture"), "{error}");
    let huge = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"90000\" height=\"9\"/>";
    let error = png(huge).expect_err("it is too large").to_string();
    assert!(error.contains("90000 x 9"), "{error}");
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        0.0..1.0,
        -1e3..1e6,
        Just(0.0),
        Just(-0.0),
        Just(1e15),
        Just(-1e15),
        Just(f64::MIN_POSITIVE),
        Just(f64::MAX),
        Just(1e-15),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_input_breaks_a_chart(
        numbers in vec(any_number(), 0..14),
        names in vec(any::<String>(), 0..5),
    ) {
        for (chart, svg) in charts(&numbers, &names) {
            prop_assert!(roxmltree::Document::parse(&svg).is_ok(), "{chart}: {svg}");
            prop_assert!(svg.len() < 2_000_000, "{chart}: {}", svg.len());
            let coordinates = svg.split("=\"").skip(1).filter_map(|rest| rest.split('"').next());
            for coordinate in coordinates.filter_map(|text| text.parse::<f64>().ok()) {
                prop_assert!(coordinate.abs() <= 10_000.0, "{chart}: {coordinate}");
            }
        }
    }
}
