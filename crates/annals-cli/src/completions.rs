//! `annals completions`: a completion script for a shell.

use crate::cli::Cli;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

const AFTER_HELP: &str = "\
Example:
  annals completions bash > ~/.local/share/bash-completion/completions/annals";

/// Arguments of `completions`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, context: &mut Context) -> Result<Outcome, Failure> {
    // The generator panics where its writer fails, so it writes into memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "annals", &mut script);
    context.output.data().write_all(&script)?;
    Ok(Outcome::Done)
}
