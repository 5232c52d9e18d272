//! The arguments: what all subcommands share, and which subcommands there are.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::output::Format;
use crate::{
    alerts, backup, compare, completions, count, demo, erase, every_view, explain, export, import,
    init, log, man, rebuild, record, replay, report, restate, restore, rules, salvage, seal, show,
    simulate, status, verify,
};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 append condition not met,
5 corruption, 6 in use by another process, 7 finished with rejected rows.

Example:
  annals demo                      a ledger of real purchases, and what it shows
  annals init                      a ledger of your own in ./annals-ledger
  annals import orders.csv --mapping orders.toml
  annals report loyalty";

/// An event-sourced ledger of everything that happens between an organisation and its customers.
#[derive(Parser)]
#[command(name = "annals", version, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What all subcommands share.
#[derive(Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// The ledger's directory
    #[arg(long, global = true, env = "ANNALS_LEDGER", value_name = "DIR")]
    #[arg(default_value = "annals-ledger")]
    pub(crate) ledger: PathBuf,
    /// How data is written to the standard output
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// No messages but errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// The file with the master key, which opens personal fields
    ///
    /// Without it the key in the environment's variable `ANNALS_KEK` (64 hexadecimal digits or
    /// base64) is taken, else the ledger's own file vault/master.key.
    #[arg(long, global = true, env = "ANNALS_KEY_FILE", value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Write nothing to the ledger: it may be on read-only media, beside others that only read,
    /// or damaged
    ///
    /// Of a damaged log everything before the damage is read, which is said; the exit code is 5
    /// then.
    #[arg(long, global = true, env = "ANNALS_READ_ONLY", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) read_only: bool,
}

/// The subcommands.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a ledger
    Init(init::InitArgs),
    /// Bring in the rows of a file: CSV, JSON Lines or CloudEvents
    Import(import::ImportArgs),
    /// Record one event, or events from the standard input
    Record(record::RecordArgs),
    /// List events
    Log(log::LogArgs),
    /// Count events by source, channel, touchpoint and kind
    Count(count::CountArgs),
    /// Show a customer: what happened, and the three views
    Show(show::ShowArgs),
    /// Show a customer as it was known at another time, or event by event
    Replay(replay::ReplayArgs),
    /// Show what one projection says of all customers
    Report(report::ReportArgs),
    /// Show one row per customer, for other programs
    Views(every_view::ViewsArgs),
    /// List the customers that the rules warn of, and record the warnings on request
    Alerts(alerts::AlertsArgs),
    /// Show the events, rules and formula behind a number
    Explain(explain::ExplainArgs),
    /// Compare two times, two states of knowledge or two rulesets
    Compare(compare::CompareArgs),
    /// Show how late or corrected events changed an earlier period
    Restate(restate::RestateArgs),
    /// List, show, check, register and compare rulesets
    Rules(rules::RulesArgs),
    /// Fold the whole log anew
    Rebuild(rebuild::RebuildArgs),
    /// Make the open volume a sealed file
    Seal(seal::SealArgs),
    /// Copy the ledger, so that it can be made again
    Backup(backup::BackupArgs),
    /// Make a ledger of a backup
    Restore(restore::RestoreArgs),
    /// Show how the ledger stands
    Status(status::StatusArgs),
    /// Read everything again and check every hash
    Verify(verify::VerifyArgs),
    /// Write out every event of a damaged ledger that is still sound, and say which are lost
    Salvage(salvage::SalvageArgs),
    /// Write all events as JSON Lines that another ledger can record
    Export(export::ExportArgs),
    /// Make up a company's events
    Simulate(simulate::SimulateArgs),
    /// Make a ledger of real purchases and a simulated year of care, and show it
    Demo(demo::DemoArgs),
    /// Destroy a party's key, so that its personal fields can never be read again
    Erase(erase::EraseArgs),
    /// Write a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Write the manual page
    Man(man::ManArgs),
}

impl Command {
    /// Runs the subcommand.
    pub(crate) async fn run(self, context: &mut Context) -> Result<Outcome, Failure> {
        match self {
            Self::Init(args) => init::run(args, context).await,
            Self::Import(args) => import::run(args, context).await,
            Self::Record(args) => record::run(args, context).await,
            Self::Log(args) => log::run(args, context).await,
            Self::Count(args) => count::run(args, context).await,
            Self::Show(args) => show::run(args, context).await,
            Self::Replay(args) => replay::run(args, context).await,
            Self::Report(args) => report::run(args, context).await,
            Self::Views(args) => every_view::run(args, context).await,
            Self::Alerts(args) => alerts::run(args, context).await,
            Self::Explain(args) => explain::run(args, context).await,
            Self::Compare(args) => compare::run(args, context).await,
            Self::Restate(args) => restate::run(args, context).await,
            Self::Rules(args) => rules::run(args, context).await,
            Self::Rebuild(args) => rebuild::run(args, context).await,
            Self::Seal(_) => seal::run(context).await,
            Self::Backup(args) => backup::run(args, context).await,
            Self::Restore(args) => restore::run(args, context).await,
            Self::Status(_) => status::run(context).await,
            Self::Verify(_) => verify::run(context).await,
            Self::Salvage(args) => salvage::run(args, context).await,
            Self::Export(args) => export::run(args, context).await,
            Self::Simulate(args) => simulate::run(args, context).await,
            Self::Demo(args) => demo::run(args, context).await,
            Self::Erase(args) => erase::run(args, context).await,
            Self::Completions(args) => completions::run(&args, context),
            Self::Man(args) => man::run(&args, context),
        }
    }
}
