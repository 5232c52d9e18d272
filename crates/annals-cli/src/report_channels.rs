//! The satisfaction report's tables about channels: contacts and how they were served, and whether
//! channels say the same.

use crate::failure::Failure;
use crate::output::Output;
use crate::table::{Table, at, count, decimals, percent, plain};
use serde_json::Value;

/// Differences shown in words; the JSON lists 20.
const LISTED_MAX: usize = 3;

pub(crate) fn write(report: &Value, output: &mut Output) -> Result<(), Failure> {
    contacts(at(report, "/contacts"), output)?;
    consistency(report, output)
}

fn contacts(contacts: &Value, output: &mut Output) -> Result<(), Failure> {
    output.line(&format!(
        "\nContacts: {}, {} of them begun by the customer",
        count(at(contacts, "/n")),
        count(at(contacts, "/inbound"))
    ))?;
    if at(contacts, "/n").as_u64() == Some(0) {
        return Ok(());
    }
    let titles = ["", "n", "inbound", "lost", "of n", "served in time", "of n", "settled at once"];
    let mut table = Table::new(titles, &[1, 2, 3, 4, 5, 6, 7]);
    let mut row = |name: String, contacts: &Value| {
        table.row([
            name,
            count(at(contacts, "/n")),
            count(at(contacts, "/inbound")),
            count(at(contacts, "/lost")),
            count(at(contacts, "/service_level/n")),
            percent(at(contacts, "/service_level/rate")),
            count(at(contacts, "/first_contact_resolution/n")),
            percent(at(contacts, "/first_contact_resolution/rate")),
        ]);
    };
    row("all".to_owned(), contacts);
    for (place, what) in [("/by_channel", "channel"), ("/by_form", "form"), ("/by_queue", "queue")]
    {
        for (name, contacts) in at(contacts, place).as_object().into_iter().flatten() {
            row(format!("{what} {name}"), contacts);
        }
    }
    output.table(&table)?;
    for (name, share) in
        [("served in time", "/service_level"), ("settled at once", "/first_contact_resolution")]
    {
        if let Value::String(why) = at(contacts, &format!("{share}/why")) {
            output.line(&format!(" {name} is withheld: {why}"))?;
        }
    }
    Ok(())
}

/// The same on every channel: prices, answers, and who asks again elsewhere.
fn consistency(report: &Value, output: &mut Output) -> Result<(), Failure> {
    let (prices, answers, asked) = (
        at(report, "/price_consistency"),
        at(report, "/answer_consistency"),
        at(report, "/asked_again"),
    );
    output.line("\nThe same on every channel? Each share with its 95 % interval")?;
    let titles = ["", "compared", "not the same", "share", "from", "to"];
    let mut table = Table::new(titles, &[1, 2, 3, 4, 5]);
    let mut withheld = Vec::new();
    for (name, measure, found) in [
        ("price of a product in a month", prices, "/differing"),
        ("answer on a topic in a month", answers, "/differing"),
        ("question asked again elsewhere", asked, "/elsewhere"),
    ] {
        table.row([
            name.to_owned(),
            count(at(measure, "/n")),
            count(at(measure, found)),
            percent(at(measure, "/rate")),
            percent(at(measure, "/wilson_95/0")),
            percent(at(measure, "/wilson_95/1")),
        ]);
        if let Value::String(why) = at(measure, "/why") {
            withheld.push(format!(" {name} is withheld: {why}"));
        }
    }
    output.table(&table)?;
    withheld.iter().try_for_each(|why| output.line(why))?;
    listed(prices, output, |price| {
        let means = by_channel(price, |channel| decimals(at(channel, "/mean"), 2));
        format!(
            "{} in {}: {means} {}, {} apart",
            plain(at(price, "/product")),
            plain(at(price, "/month")),
            plain(at(price, "/currency")),
            percent(at(price, "/spread"))
        )
    })?;
    listed(answers, output, |answer| {
        let product = match at(answer, "/product") {
            Value::Null => String::new(),
            product => format!(" of {}", plain(product)),
        };
        let (topic, month) = (plain(at(answer, "/topic")), plain(at(answer, "/month")));
        let most = by_channel(answer, most_frequent);
        format!("{topic}{product} in {month}, most often: {most}")
    })
}

/// The first differences in words, and how many more there are.
fn listed(
    measure: &Value,
    output: &mut Output,
    words: impl Fn(&Value) -> String,
) -> Result<(), Failure> {
    let listed = at(measure, "/listed").as_array().map_or(&[][..], Vec::as_slice);
    for difference in listed.iter().take(LISTED_MAX) {
        output.line(&format!(" {}", words(difference)))?;
    }
    let differing = at(measure, "/differing").as_u64().unwrap_or_default();
    output.more(usize::try_from(differing).unwrap_or(usize::MAX).saturating_sub(LISTED_MAX))
}

fn by_channel(difference: &Value, word: impl Fn(&Value) -> String) -> String {
    let channels = at(difference, "/by_channel").as_object().into_iter().flatten();
    let words: Vec<_> = channels.map(|(name, said)| format!("{name} {}", word(said))).collect();
    words.join(", ")
}

fn most_frequent(answers: &Value) -> String {
    let counted = || at(answers, "").as_object().into_iter().flatten();
    let most = counted().filter_map(|(_, n)| n.as_u64()).max();
    let leading = counted().filter(|(_, n)| n.as_u64() == most).map(|(answer, _)| answer.as_str());
    leading.collect::<Vec<_>>().join(" or ")
}
