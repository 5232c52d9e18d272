//! The satisfaction report as tables.

use crate::failure::Failure;
use crate::output::Output;
use crate::table::{NOTHING, Table, at, count, decimals, percent, plain};
use crate::{report_channels, report_experience};
use serde_json::Value;

pub(crate) fn write(report: &Value, output: &mut Output) -> Result<(), Failure> {
    output.line(&format!(
        "Satisfaction as of {} ({} customers)",
        plain(at(report, "/as_of")),
        count(at(report, "/customers"))
    ))?;
    answers(report, output)?;
    models(report, output)?;
    kano(report, output)?;
    complaints(at(report, "/complaints"), output)?;
    deadlines(at(report, "/complaints/deadlines"), output)?;
    report_channels::write(report, output)?;
    report_experience::write(report, output)?;
    peak_end(at(report, "/peak_end"), output)
}

fn answers(report: &Value, output: &mut Output) -> Result<(), Failure> {
    let (nps, csat, ces) = (at(report, "/nps"), at(report, "/csat"), at(report, "/ces"));
    output.line("\nAnswers to surveys, each with its 95 % interval")?;
    let mut table =
        Table::new(["measure", "n", "value", "from", "to", "what it is"], &[1, 2, 3, 4]);
    let score = |place: &str| decimals(at(nps, place), 1);
    table.row([
        "NPS".to_owned(),
        count(at(nps, "/n")),
        score("/score"),
        score("/interval_95/0"),
        score("/interval_95/1"),
        "% promoters (9-10) less % detractors (0-6)".to_owned(),
    ]);
    let share = |measure: &Value, name: &str, share: &str, what: &str| {
        [
            name.to_owned(),
            count(at(measure, "/n")),
            percent(at(measure, share)),
            percent(at(measure, "/wilson_95/0")),
            percent(at(measure, "/wilson_95/1")),
            what.to_owned(),
        ]
    };
    table.row(share(csat, "CSAT", "/share", "answers 4 or 5 of 5"));
    table.row(share(ces, "CES", "/share_5_7", "answers 5 to 7 of 7 that it was easy"));
    output.table(&table)?;
    output.line(&format!(
        " {} promoters, {} passives, {} detractors; mean CSAT {} of 5, mean CES {} of 7",
        count(at(nps, "/promoters")),
        count(at(nps, "/passives")),
        count(at(nps, "/detractors")),
        decimals(at(csat, "/mean"), 2),
        decimals(at(ces, "/mean"), 2)
    ))?;
    for (name, measure) in [("NPS", nps), ("CSAT", csat), ("CES", ces)] {
        if let Value::String(why) = at(measure, "/why") {
            output.line(&format!(" {name} is withheld: {why}"))?;
        }
    }
    Ok(())
}

/// The indices and the trap report: each with its figure, or why there is none.
fn models(report: &Value, output: &mut Output) -> Result<(), Failure> {
    let shown = |measure: &Value, text: String| match at(measure, "/why") {
        Value::String(why) if text.is_empty() || text == NOTHING => format!("{NOTHING} ({why})"),
        _ => format!("{text} (n = {})", count(at(measure, "/n"))),
    };
    let (acsi, ecsi, trap) = (at(report, "/acsi"), at(report, "/ecsi"), at(report, "/trap"));
    let latents = at(ecsi, "/index").as_object().into_iter().flatten();
    let latents = latents.map(|(name, index)| format!("{name} {}", decimals(index, 1)));
    let latents = latents.collect::<Vec<_>>().join(", ");
    output.line("\nFrom 0 to 100, and where satisfaction turns into loyalty")?;
    output.table(&Table::pairs([
        ("satisfaction index, 3 questions (ACSI)", shown(acsi, decimals(at(acsi, "/score"), 1))),
        ("satisfaction index, path model (ECSI)", shown(ecsi, latents)),
        ("trap", plain(at(trap, "/why"))),
    ]))
}

fn kano(report: &Value, output: &mut Output) -> Result<(), Failure> {
    let features = at(report, "/kano").as_array().map_or(&[][..], Vec::as_slice);
    if features.is_empty() {
        return Ok(());
    }
    output.line("\nKano: what features do when they are there (better) and when not (worse)")?;
    let titles = ["feature", "n", "category", "better", "worse", "category's lead"];
    let mut table = Table::new(titles, &[1, 3, 4, 5]);
    for feature in features {
        table.row([
            plain(at(feature, "/feature")),
            count(at(feature, "/n")),
            plain(at(feature, "/category_mode")),
            decimals(at(feature, "/better"), 2),
            decimals(at(feature, "/worse"), 2),
            percent(at(feature, "/category_strength")),
        ]);
    }
    output.table(&table)
}

fn complaints(complaints: &Value, output: &mut Output) -> Result<(), Failure> {
    let number = |name: &str| count(at(complaints, &format!("/{name}")));
    output.line(&format!(
        "\nComplaints: {} received of {} customers ({} with more than one)",
        number("received"),
        number("complainants"),
        number("repeat_complainants")
    ))?;
    let mut table = Table::new(
        ["open", "closed", "withdrawn", "resolved", "reopened", "upheld", "oldest open, days"],
        &[0, 1, 2, 3, 4, 5, 6],
    );
    table.row([
        number("open"),
        number("closed"),
        number("withdrawn"),
        number("resolved"),
        number("reopened"),
        percent(at(complaints, "/upheld/rate")),
        number("oldest_open_days"),
    ]);
    output.table(&table)?;
    output.line("\nDays from receipt")?;
    let mut table = Table::new(["to", "n", "median", "90 % within"], &[1, 2, 3]);
    for (step, name) in [
        ("acknowledgement", "days_to_acknowledge"),
        ("decision", "days_to_decide"),
        ("closing", "days_to_close"),
    ] {
        let days = at(complaints, &format!("/{name}"));
        table.row([
            step.to_owned(),
            count(at(days, "/n")),
            decimals(at(days, "/median_days"), 2),
            decimals(at(days, "/p90_days"), 2),
        ]);
    }
    output.table(&table)?;
    by_category(at(complaints, "/by_category/counts"), output)
}

/// The most frequent categories.
fn by_category(counts: &Value, output: &mut Output) -> Result<(), Failure> {
    const SHOWN_MAX: usize = 5;
    let Some(counts) = counts.as_object().filter(|counts| !counts.is_empty()) else {
        return Ok(());
    };
    let mut rows: Vec<_> = counts.iter().collect();
    // Most first, equal ones by name.
    rows.sort_by_key(|(_, count)| std::cmp::Reverse(count.as_u64()));
    let shown: Vec<_> =
        rows.iter().take(SHOWN_MAX).map(|(name, n)| format!("{name} {}", count(n))).collect();
    let more = rows.len().saturating_sub(SHOWN_MAX);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    output.line(&format!(" about: {}{more}", shown.join(", ")))
}

/// Complaints against the day they had to be decided by.
fn deadlines(deadlines: &Value, output: &mut Output) -> Result<(), Failure> {
    let in_time = match at(deadlines, "/why") {
        Value::String(why) => format!("{NOTHING} ({why})"),
        _ => format!(
            "{} (95 % interval {} to {})",
            percent(at(deadlines, "/rate")),
            percent(at(deadlines, "/wilson_95/0")),
            percent(at(deadlines, "/wilson_95/1"))
        ),
    };
    output.line(&format!("\nDecided by the day they were due: {in_time}"))?;
    let named = at(deadlines, "/by_deadline").as_object().into_iter().flatten();
    let counts = ["in_time", "late", "overdue", "pending", "withdrawn", "backwards"];
    let mut table = Table::new(
        ["deadline", "in time", "late", "overdue", "pending", "withdrawn", "dated backwards"],
        &[1, 2, 3, 4, 5, 6],
    );
    for (name, cases) in named.chain([(&"all".to_owned(), deadlines)]) {
        let cells = counts.map(|of| count(at(cases, &format!("/{of}"))));
        table.row([name.clone()].into_iter().chain(cells));
    }
    output.table(&table)?;
    match at(deadlines, "/without_deadline").as_u64() {
        None | Some(0) => Ok(()),
        Some(_) => output.line(&format!(
            " {} more of categories without a deadline",
            count(at(deadlines, "/without_deadline"))
        )),
    }
}

fn peak_end(peak_end: &Value, output: &mut Output) -> Result<(), Failure> {
    let mean = decimals(at(peak_end, "/mean"), 2);
    let why = match at(peak_end, "/why") {
        Value::String(why) if mean == NOTHING => format!(" ({why})"),
        _ => String::new(),
    };
    output.line(&format!(
        "\nPeak-end, -5 to 5: {mean}{why} over {} episodes; mean of all {} moments {}",
        count(at(peak_end, "/n")),
        count(at(peak_end, "/moments")),
        decimals(at(peak_end, "/mean_valence"), 2)
    ))
}
