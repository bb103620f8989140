//! The collector's process: arguments and environment, configuration, run.

use std::io::Write;
use std::process::ExitCode;

use waymark_collector::config::{self, ConfigError};
use waymark_collector::run;

fn main() -> ExitCode {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let (config, command) = match config::load(std::env::args_os(), &environment) {
        Ok(loaded) => loaded,
        Err(ConfigError::Arguments { text, code: 0 }) => {
            // Help that nobody reads to the end is no failure.
            let _ = std::io::stdout().write_all(text.as_bytes());
            return ExitCode::SUCCESS;
        }
        Err(ConfigError::Arguments { text, .. }) => {
            eprint!("{text}");
            return ExitCode::from(2);
        }
        Err(error) => {
            eprintln!("collector: {error}");
            return ExitCode::from(2);
        }
    };
    match run::process(&config, &command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("collector: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
