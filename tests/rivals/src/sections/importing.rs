//! Rows of a CSV file into a ledger: mapped, grouped by order, sealed where that is due, appended.

use crate::measure::Rounds;
use crate::report::{Row, rate};
use crate::sections::Sizes;
use crate::store::text;
use crate::workload::mixed;
use annals::import::{ImportReader, ImportSource, Mapping};
use annals::{Annals, Options};
use annals_events::Zone;
use std::fmt::Write as _;
use std::fs::File;
use std::time::Instant;

const MAPPING: &str = r#"
source = "shop/orders"
time_zone = "Europe/Berlin"

[file]
delimiter = ","

[[event]]
kind = "purchase.completed"
group_by = ["order"]
grouping = "consecutive"

[event.fields]
subject = { column = "customer" }
occurred_at = { column = "time", formats = ["[year]-[month]-[day] [hour]:[minute]"] }
channel = "web"
data.order = { column = "order" }
data.total = { sum = { column = "amount", currency = "EUR" } }
data.lines = { each_row = { sku = { column = "article" }, quantity = { column = "quantity" } } }
"#;

/// A file of orders with two rows each on average.
fn orders(rows: u64) -> String {
    let mut file = String::from("order,customer,time,article,quantity,amount\n");
    let (mut order, mut left) = (0_u64, 0);
    for row in 0..rows {
        if left == 0 {
            order += 1;
            left = 1 + mixed(order) % 3;
        }
        left -= 1;
        let (random, seconds) = (mixed(row ^ 0xabcd), order);
        let (day, minute) = (1 + seconds / 1440 % 28, seconds % 60);
        let (month, hour) = (1 + seconds / 40_320 % 12, seconds / 60 % 24);
        let customer = mixed(order) % (rows / 20 + 1);
        let (article, quantity, cents) = (random % 5000, 1 + random % 4, random % 9000 + 100);
        let amount = format!("{}.{:02}", cents / 100, cents % 100);
        // Nothing can fail when a text grows.
        let _ = writeln!(
            file,
            "O-{order:09},C-{customer:07},2024-{month:02}-{day:02} {hour:02}:{minute:02},\
             A-{article:04},{quantity},{amount}"
        );
    }
    file
}

/// Imports a file of so many rows into a new ledger.
///
/// # Errors
/// With what went wrong.
pub async fn import(sizes: &Sizes) -> Result<Vec<Row>, String> {
    let file = sizes.directory.join("orders.csv");
    std::fs::write(&file, orders(sizes.rows)).map_err(text)?;
    let directory = sizes.directory.join("imported");
    let (mut rates, mut events) = (Rounds::default(), 0);
    for _ in 0..sizes.rounds {
        drop(std::fs::remove_dir_all(&directory));
        let zone = Zone::named("Europe/Berlin").map_err(text)?;
        let ledger =
            Annals::create(&directory, zone.clone(), Options::new()).await.map_err(text)?;
        let mapping = Mapping::parse(MAPPING).map_err(text)?;
        let started = Instant::now();
        let input = File::open(&file).map_err(text)?;
        let mut rows = ImportReader::new(input, ImportSource::Csv(Box::new(mapping)), zone);
        let report = ledger.import(&mut rows, None, &|_| ()).await.map_err(text)?;
        rates.push(report.rows as f64 / started.elapsed().as_secs_f64());
        ledger.close().await.map_err(text)?;
        if report.rows != sizes.rows || report.rejected_total > 0 {
            return Err(format!("the import came to {report:?}"));
        }
        events = report.appended;
    }
    std::fs::remove_dir_all(directory).map_err(text)?;
    std::fs::remove_file(file).map_err(text)?;
    Ok(vec![Row {
        work: format!("import of {} CSV rows, grouped by order into {events} events", sizes.rows),
        measured: rates.spread(rate),
        ratio: String::new(),
        gate: ">= 150k rows/s".to_owned(),
        holds: Some(rates.median() >= 150e3),
    }])
}
