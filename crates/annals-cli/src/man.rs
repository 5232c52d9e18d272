//! `annals man`: the manual page, or one page per subcommand.

use crate::cli::Cli;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use clap::{Args, CommandFactory as _};
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Example:
  annals man | man -l -
  annals man --directory ~/.local/share/man/man1";

/// Arguments of `man`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ManArgs {
    /// Write annals.1 and a page for each subcommand into this directory instead
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

pub(crate) fn run(args: &ManArgs, context: &mut Context) -> Result<Outcome, Failure> {
    if let Some(directory) = &args.directory {
        std::fs::create_dir_all(directory).map_err(Failure::file("making", directory))?;
        clap_mangen::generate_to(Cli::command(), directory)
            .map_err(Failure::file("writing manual pages to", directory))?;
    } else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        context.output.data().write_all(&page)?;
    }
    Ok(Outcome::Done)
}
