//! The command `annals`: reads its arguments, runs one subcommand, and says how it went.
//!
//! One file per subcommand. Data goes to the standard output and messages to the standard error;
//! how it went is the exit code (see [`failure`]). Deliberately absent: any logic of the ledger
//! itself, which is in the crate `annals`.

mod alerts;
mod as_of;
mod backup;
mod chart;
mod charts_of_lifecycle;
mod charts_of_loyalty;
mod charts_of_satisfaction;
mod cli;
mod compare;
mod completions;
mod context;
mod count;
mod demo;
mod erase;
mod event_rows;
mod every_view;
mod explain;
mod export;
mod failure;
mod figures;
mod filter;
mod forecast;
mod import;
mod init;
mod log;
mod man;
mod model_fit;
mod output;
mod progress;
mod question;
mod rebuild;
mod record;
mod replay;
mod report;
mod report_association;
mod report_channels;
mod report_experience;
mod report_groups;
mod report_lifecycle;
mod report_loyalty;
mod report_models;
mod report_satisfaction;
mod restate;
mod restore;
mod rules;
mod ruleset_choice;
mod salvage;
mod seal;
mod show;
mod simulate;
mod status;
mod table;
mod verify;
mod views;

use crate::cli::Cli;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use clap::Parser as _;
use std::process::ExitCode;

/// Imports and rebuilds make millions of short values: with the allocator of glibc they took half
/// as long again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    log_messages(cli.global.quiet);
    let mut context = Context::new(cli.global);
    let ran = run(cli.command, &mut context);
    // What was buffered may be refused only now.
    let ran = ran.and_then(|outcome| context.output.finish().map(|()| outcome));
    match ran {
        Ok(outcome) => context.outcome(outcome).exit_code(),
        Err(failure) => {
            output::say(&failure);
            failure.exit_code()
        }
    }
}

fn run(command: cli::Command, context: &mut Context) -> Result<Outcome, Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
            Failure::Failed(format!("the threads to work on did not start: {error}"))
        })?;
    runtime.block_on(command.run(context))
}

/// Shows the libraries' warnings on the standard error; `ANNALS_LOG` asks for more or less.
fn log_messages(quiet: bool) {
    let level = if quiet { "error" } else { "warn" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("ANNALS_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
}
