use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, value_parser};

use super::watch;
use crate::contract::Contract;
use crate::sandbox::{DriftPlan, FaultPlan};

pub(super) const CONFIG: &str = "config";
pub(super) const SHARED_LIMITS: &str = "shared-limits";
pub(super) const FORMAT: &str = "format";
pub(super) const JSON: &str = "json";
pub(super) const TABLE: &str = "table";
pub(super) const OVERLAY: &str = "overlay";

/// The config file that is read when none is named and there is one.
pub(super) fn default_config(contract: &Contract) -> String {
    format!("{}.yaml", contract.name)
}

/// The command line of that connector.
pub(super) fn command(contract: &'static Contract, name: &str) -> Command {
    let stream = contract.streams.first().map_or("STREAM", |stream| stream.name);
    let file = contract.name;
    let command = Command::new(contract.name)
        .bin_name(name)
        .version(contract.version)
        .about(format!("{}: {}", contract.title, contract.description))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(
            Arg::new(CONFIG)
                .long("config")
                .value_name("FILE")
                .global(true)
                .value_parser(value_parser!(PathBuf))
                .help(format!("Config file, YAML or JSON [default: {} if it is there]", default_config(contract))),
        )
        .arg(
            Arg::new(SHARED_LIMITS)
                .long("shared-limits")
                .value_name("FILE")
                .global(true)
                .value_parser(value_parser!(PathBuf))
                .help("Keep limits together with the other processes that name this file; made if it is not there"),
        )
        .after_help(format!("{}\n\n{EXIT_CODES}", configuration(contract)))
        .subcommand(
            Command::new("check")
                .about("Try the configuration with one request")
                .after_help(examples(&[format!("{name} check")])),
        )
        .subcommand(
            Command::new("discover")
                .about("Describe the streams: key, cursor and JSON Schema of each")
                .arg(format(JSON, "One JSON document, or a table for people"))
                .after_help(examples(&[
                    format!("{name} discover"),
                    format!("{name} discover --format table"),
                ])),
        )
        .subcommand(
            Command::new("read")
                .about("Print the records of a stream as JSON lines")
                .arg(Arg::new("stream").value_name("STREAM").required(true).help("Name of the stream"))
                .arg(
                    Arg::new("limit")
                        .long("limit")
                        .value_name("N")
                        .value_parser(value_parser!(u64).range(1..))
                        .help("Stop after that many records [default: all]"),
                )
                .after_help(examples(&[
                    format!("{name} read {stream} --limit 10"),
                    format!("{name} read {stream} > {stream}.jsonl"),
                ])),
        )
        .subcommand(
            Command::new("sync")
                .about("Bring streams up to date in a SQLite file; the next run reads only what is new")
                .arg(store("SQLite file; made if it is not there"))
                .arg(streams("Streams to sync [default: all]"))
                .arg(format(TABLE, "A table, or a JSON line for each stream"))
                .after_help(format!(
                    "Stop it at any time: the next run goes on from there, and nothing is lost or doubled.\n\n{}",
                    examples(&[
                        format!("{name} sync --store {file}.db"),
                        format!("{name} sync --store {file}.db {stream} --format json"),
                    ])
                )),
        )
        .subcommand(drift(name, file, stream))
        .subcommand(quarantine(name, file, stream))
        .subcommand(sandbox(name));
    let command = if contract.auth.has_tokens() { command.subcommands(tokens(name)) } else { command };
    let writes = contract.operations.iter().any(|operation| operation.idempotency_key.is_some());
    let command = if writes { command.subcommand(outbox(name)) } else { command };
    watch::arguments(command)
}

fn store(help: &'static str) -> Arg {
    Arg::new("store")
        .long("store")
        .value_name("FILE")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help(help)
}

fn streams(help: &'static str) -> Arg {
    Arg::new("streams").value_name("STREAM").action(ArgAction::Append).num_args(0..).help(help)
}

fn drift(name: &str, file: &str, stream: &str) -> Command {
    let accept = Command::new("accept")
        .about("Say that what was found is known, so that it is told no more")
        .arg(store("SQLite file that `sync` made"))
        .arg(streams("Streams whose findings are accepted [default: all]"))
        .arg(Arg::new("pointer").long("pointer").value_name("POINTER").help("Only what was found there"))
        .after_help(examples(&[format!("{name} drift accept --store {file}.db {stream}")]));
    Command::new("drift")
        .about("Show what the API served that is not as its document says")
        .subcommand_negates_reqs(true)
        .subcommand(accept)
        .arg(store("SQLite file that `sync` made"))
        .arg(streams("Streams to show [default: all]"))
        .arg(
            Arg::new(FORMAT)
                .long("format")
                .value_parser(PossibleValuesParser::new([TABLE, JSON, OVERLAY]))
                .default_value(TABLE)
                .help("A table; a JSON document; or an OpenAPI Overlay 1.1 that makes the document true again, to be reviewed"),
        )
        .arg(
            Arg::new("document")
                .long("document")
                .value_name("FILE")
                .required_if_eq(FORMAT, OVERLAY)
                .value_parser(value_parser!(PathBuf))
                .help("The document that the overlay is for, as its vendor wrote it"),
        )
        .arg(
            Arg::new("all")
                .long("all")
                .action(ArgAction::SetTrue)
                .help("Show what is known, accepted or resolved too; without it what is new"),
        )
        .arg(
            Arg::new("fail-on")
                .long("fail-on")
                .value_name("SEVERITY")
                .value_parser(PossibleValuesParser::new(["info", "warning", "error"]))
                .help("Exit with 1 where something new is at least so severe [default: exit with 0]"),
        )
        .after_help(format!(
            "Nothing is applied by itself, and no values are shown but texts of enums that the manifest keeps.\n\n{}",
            examples(&[
                format!("{name} drift --store {file}.db"),
                format!("{name} drift --store {file}.db --all --format json"),
                format!("{name} drift --store {file}.db --format overlay --document openapi.yaml"),
                format!("{name} drift accept --store {file}.db"),
            ])
        ))
}

fn quarantine(name: &str, file: &str, stream: &str) -> Command {
    let command = |command: &'static str, about: &'static str| {
        Command::new(command)
            .about(about)
            .arg(store("SQLite file that `sync` made"))
            .arg(streams("Streams whose records they are [default: all]"))
    };
    Command::new("quarantine")
        .about("Records that could not be stored: list them, release them once their cause is put right, or drop them")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            command("list", "List them with their reasons, without their values")
                .arg(format(TABLE, "A table, or a JSON line for each record"))
                .after_help(examples(&[format!("{name} quarantine list --store {file}.db")])),
        )
        .subcommand(
            command("release", "Store those that can be stored now; the others stay")
                .arg(format(TABLE, "A table, or a JSON line for each stream"))
                .after_help(format!(
                    "Stop it at any time and run it again: no record is lost or doubled. Exits with 1 where some stay.\n\n{}",
                    examples(&[format!("{name} quarantine release --store {file}.db")])
                )),
        )
        .subcommand(
            Command::new("drop")
                .about("Forget records that are of no use, all that are named or none")
                .arg(store("SQLite file that `sync` made"))
                .arg(
                    Arg::new("numbers")
                        .value_name("NUMBER")
                        .action(ArgAction::Append)
                        .num_args(1..)
                        .required_unless_present("streams")
                        .value_parser(value_parser!(i64))
                        .help("Those to forget, as `list` shows them"),
                )
                .arg(
                    Arg::new("streams")
                        .long("stream")
                        .value_name("STREAM")
                        .action(ArgAction::Append)
                        .conflicts_with("numbers")
                        .help("A stream of which all are forgotten"),
                )
                .after_help(examples(&[
                    format!("{name} quarantine drop --store {file}.db 7 8"),
                    format!("{name} quarantine drop --store {file}.db --stream {stream}"),
                ])),
        )
}

/// The commands of a connector with tokens.
fn tokens(name: &str) -> [Command; 2] {
    let login = Command::new("login")
        .about("Get a token and keep it in the token store; where a person has to consent, it says how")
        .arg(
            Arg::new("paste")
                .long("paste")
                .action(ArgAction::SetTrue)
                .help("The browser runs on another machine: paste the address at which it ends"),
        )
        .after_help(examples(&[format!("{name} login"), format!("{name} login --paste")]));
    let logout =
        Command::new("logout").about("Forget the token, and end the session where the API can do that");
    [login, logout]
}

/// The command of a connector that writes with idempotency keys.
fn outbox(name: &str) -> Command {
    let file = || {
        Arg::new("file")
            .long("file")
            .value_name("FILE")
            .required(true)
            .value_parser(value_parser!(PathBuf))
            .help("The outbox of the program that wrote")
    };
    let numbers = || {
        Arg::new("numbers")
            .value_name("NUMBER")
            .action(ArgAction::Append)
            .num_args(0..)
            .value_parser(value_parser!(i64))
    };
    let shown = || format(TABLE, "Lines for people, or a JSON line for each write");
    Command::new("outbox")
        .about("Writes of which it is not known what became of them: list, send again with the same key, or drop")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("list").about("Show what is kept").arg(file()).arg(shown()))
        .subcommand(
            Command::new("retry")
                .about("Send it again with the same idempotency key: what was done already is not done twice")
                .arg(numbers().help("Those to send [default: all, oldest first]"))
                .arg(file())
                .arg(
                    Arg::new("newest")
                        .long("newest")
                        .value_name("HOURS")
                        .value_parser(value_parser!(u64).range(1..))
                        .default_value("24")
                        .help("Send nothing that is older: by then a server may have forgotten its key"),
                )
                .arg(shown()),
        )
        .subcommand(
            Command::new("drop")
                .about("Forget it, once you have looked what became of it")
                .arg(numbers().required(true).num_args(1..).help("Those to forget, as `list` shows them"))
                .arg(file())
                .arg(shown()),
        )
        .after_help(examples(&[
            format!("{name} outbox list --file outbox.db"),
            format!("{name} outbox retry --file outbox.db"),
            format!("{name} outbox drop 7 --file outbox.db"),
        ]))
}

fn sandbox(name: &str) -> Command {
    Command::new("sandbox")
        .about("Serve a fake of the API on this machine until ctrl-c")
        .arg(
            Arg::new("port")
                .long("port")
                .value_name("P")
                .value_parser(value_parser!(u16))
                .default_value("0")
                .help("Port on 127.0.0.1; 0 takes a free one"),
        )
        .arg(
            Arg::new("records")
                .long("records")
                .value_name("N")
                .value_parser(value_parser!(u64))
                .default_value("100")
                .help("Records in each stream"),
        )
        .arg(
            Arg::new("faults")
                .long("faults")
                .value_name("PLAN")
                .value_parser(|text: &str| text.parse::<FaultPlan>())
                .default_value("")
                .hide_default_value(true)
                .help("What goes wrong: 429:50 answers every 50th request with 429 [default: nothing]"),
        )
        .arg(
            Arg::new("drift")
                .long("drift")
                .value_name("PLAN")
                .value_parser(|text: &str| text.parse::<DriftPlan>())
                .default_value("")
                .hide_default_value(true)
                .help("What is not as the document says: null=subject:3 makes it null in every 3rd record [default: nothing]"),
        )
        .arg(
            Arg::new("depth").long("depth").value_name("N").value_parser(value_parser!(u64).range(1..)).help(
                "Refuse to read any list further than that many records [default: as the contract says]",
            ),
        )
        .arg(
            Arg::new("no-limits")
                .long("no-limits")
                .action(ArgAction::SetTrue)
                .help("Answer as many requests as come; without it the contract's limits are enforced"),
        )
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_name("S")
                .value_parser(value_parser!(u64))
                .default_value("1")
                .help("The same seed makes the same records"),
        )
        .arg(
            Arg::new("token-life")
                .long("token-life")
                .value_name("SECONDS")
                .value_parser(value_parser!(u64).range(1..))
                .default_value("3600")
                .help("How long access tokens hold, where the API has such"),
        )
        .after_help(examples(&[format!(
            "{name} sandbox --port 8080 --records 5000 --faults 429:50,503:70,reset:300"
        )]))
}

fn format(default: &'static str, help: &'static str) -> Arg {
    Arg::new(FORMAT)
        .long("format")
        .value_parser(PossibleValuesParser::new([JSON, TABLE]))
        .default_value(default)
        .help(help)
}

fn examples(lines: &[String]) -> String {
    format!("Examples:\n  {}", lines.join("\n  "))
}

/// Where values come from. Never from arguments, which every user of the machine can see.
fn configuration(contract: &Contract) -> String {
    let mut text =
        format!("Configuration, from {} or the environment, which wins:", default_config(contract));
    for field in contract.config {
        let variable = format!("{}_{}", contract.name, field.name)
            .to_uppercase()
            .replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let needed = match field.default {
            Some(default) if !default.is_empty() => format!(" [default: {default}]"),
            _ => String::new(),
        };
        text.push_str(&format!("\n  {variable}  {}{needed}", field.description));
    }
    text
}

const EXIT_CODES: &str = "\
Exit codes:
  0    all went well
  1    something failed; of several streams at least one
  2    arguments, configuration or credentials are wrong; no store is made or changed for that
  75   parked: a limit or an outage, and the time to go on is told; what was stored stays
  130  interrupted with ctrl-c";
