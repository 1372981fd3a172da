use clap::ArgMatches;

use super::{End, Global, Problem, output};
use crate::sandbox::{DriftPlan, FaultPlan, Sandbox, SandboxOptions};

/// Serves until it is interrupted.
pub(super) async fn run(global: &Global, matches: &ArgMatches) -> Result<End, Problem> {
    let mut options = SandboxOptions::default();
    options.port = matches.get_one::<u16>("port").copied().unwrap_or(options.port);
    options.records = matches.get_one::<u64>("records").copied().unwrap_or(options.records);
    options.seed = matches.get_one::<u64>("seed").copied().unwrap_or(options.seed);
    options.depth = matches.get_one::<u64>("depth").copied();
    options.limits = !matches.get_flag("no-limits");
    options.faults = matches.get_one::<FaultPlan>("faults").cloned().unwrap_or_default();
    options.drift = matches.get_one::<DriftPlan>("drift").cloned().unwrap_or_default();
    if let Some(seconds) = matches.get_one::<u64>("token-life") {
        options.token_life = std::time::Duration::from_secs(*seconds);
    }
    let sandbox = Sandbox::start(global.contract, options).await?;
    println!("# {} sandbox on {}; stop it with ctrl-c", global.contract.name, sandbox.base_url());
    println!("# as a config file:");
    for (name, value) in sandbox.config() {
        // JSON's texts are YAML's too.
        println!("{name}: {}", serde_json::Value::from(value));
    }
    output::note("serving");
    std::future::pending::<()>().await;
    Ok(End::Ok)
}
