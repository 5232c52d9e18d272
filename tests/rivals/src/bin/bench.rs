//! `bench`: every speed the log promises, measured end to end and held against its gate.
//!
//! Prints the table, and with `--write` puts it into docs/benchmarks.md. Ends with 1 where a gate
//! does not hold, so that a script can tell.

use annals_rivals::machine;
use annals_rivals::report::{table, write_between};
use annals_rivals::sections::child::{Task, run};
use annals_rivals::sections::{Section, Sizes, measure};
use clap::Parser;
use std::process::ExitCode;

/// Every speed the log promises.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    sizes: Sizes,
    /// These sections alone
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Section>,
    /// Write the table to docs/benchmarks.md
    #[arg(long)]
    write: bool,
    /// What a process of its own is to do
    #[arg(long, value_enum, hide = true)]
    child: Option<Task>,
}

async fn bench(arguments: &Arguments) -> Result<bool, String> {
    let sizes = &arguments.sizes;
    if let Some(task) = arguments.child {
        run(task, &sizes.directory).await?;
        return Ok(true);
    }
    std::fs::create_dir_all(&sizes.directory).map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    for section in Section::ALL {
        if arguments.only.is_empty() || arguments.only.contains(section) {
            eprintln!("{section:?} ...");
            let measured = measure(*section, sizes).await?;
            eprint!("{}", table(&measured));
            rows.extend(measured);
        }
    }
    let text = format!(
        "{}. Medians of {} rounds, in brackets the lowest and the highest.\n\n{}",
        machine::description(&sizes.directory),
        sizes.rounds,
        table(&rows)
    );
    println!("{text}");
    if arguments.write {
        write_between("bench", &text)?;
    }
    Ok(rows.iter().all(|row| row.holds != Some(false)))
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    match bench(&Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
