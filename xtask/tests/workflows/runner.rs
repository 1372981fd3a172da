//! Plays a workflow as GitHub's runner does, as far as those of `docs/ci` need it: jobs and steps in order, each `run` by a shell, the actions by what
//! they do to files, a bare repository for GitHub's own, and programs of that name in the place of `gh`, `cargo` and `rustup`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::expression::Context;
use crate::support::said;

/// GitHub, on this machine.
pub(crate) struct Hub {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) name: String,
    runs: std::cell::Cell<u32>,
}

/// What a run of a workflow came to.
#[derive(Debug, Default)]
pub(crate) struct Played {
    /// Each job that ran, with the steps of it that failed.
    pub(crate) jobs: BTreeMap<String, Vec<String>>,
    /// The output of all steps.
    pub(crate) log: String,
    /// The summaries of all steps.
    pub(crate) summary: String,
    /// What the runner took for commands, by name, with what follows.
    pub(crate) commands: Vec<(String, String)>,
    /// What was asked of `gh`.
    pub(crate) calls: Vec<String>,
}

impl Played {
    pub(crate) fn is_green(&self) -> bool {
        self.jobs.values().all(Vec::is_empty)
    }
}

/// Runs a program to its end in a folder, and gives what it printed.
pub(crate) fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output().expect(program);
    assert!(output.status.success(), "{program} {arguments:?}: {}", said(&output));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

impl Hub {
    /// A hub without a commit; a connector of it has the name.
    pub(crate) fn new(name: &str) -> Self {
        let hub =
            Self { folder: tempfile::tempdir().expect("a folder"), name: name.to_owned(), runs: 0.into() };
        fs::create_dir(hub.path("gh")).expect("a folder");
        for (file, text) in [("prs.json", "[]"), ("comments.json", "[]"), ("labels", ""), ("calls.log", "")] {
            fs::write(hub.path("gh").join(file), text).expect(file);
        }
        let programs = hub.path("programs");
        fs::create_dir(&programs).expect("a folder");
        let all =
            [("gh", include_str!("gh.sh")), ("cargo", include_str!("cargo.sh")), ("rustup", "#!/bin/sh\n")];
        for (program, text) in all {
            let path = programs.join(program);
            fs::write(&path, text).expect(program);
            run(&programs, "chmod", &["+x", program]);
        }
        run(hub.folder.path(), "git", &["init", "--quiet", "--bare", "--initial-branch=main", "origin.git"]);
        hub
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A clone to work in, as a person.
    pub(crate) fn clone_to(&self, name: &str) -> PathBuf {
        let into = self.path(name);
        run(self.folder.path(), "git", &["clone", "--quiet", "origin.git", name]);
        run(&into, "git", &["config", "user.name", "Somebody"]);
        run(&into, "git", &["config", "user.email", "somebody@acme.example"]);
        into
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        run(&self.path("origin.git"), "git", arguments)
    }

    /// What `gh` knows.
    pub(crate) fn known(&self, file: &str) -> Vec<Value> {
        serde_json::from_str(&fs::read_to_string(self.path("gh").join(file)).expect(file)).expect(file)
    }

    /// Plays a workflow for an event, at a commit or branch.
    pub(crate) fn play(&self, workflow: &str, at: &str, event: &Value) -> Played {
        let text = workflow.replace("NAME: acme", &format!("NAME: {}", self.name));
        let workflow: Value = serde_yaml::from_str(&text).expect("a workflow");
        self.runs.set(self.runs.get() + 1);
        let calls = self.path("gh/calls.log");
        fs::write(&calls, "").expect("the calls");
        let mut run = Run {
            hub: self,
            folder: self.path(&format!("run-{}", self.runs.get())),
            at,
            played: Played::default(),
            needs: json!({}),
            env: workflow["env"].clone(),
            github: json!({ "event": event, "repository": "acme/connectors", "token": "a-token" }),
        };
        // A job that needs another one comes after it; none needs one that needs a third.
        let mut jobs: Vec<(&String, &Value)> = workflow["jobs"].as_object().expect("jobs").iter().collect();
        jobs.sort_by_key(|(_, about)| about["needs"].is_string());
        for (job, about) in jobs {
            run.job(job, about);
        }
        let told = fs::read_to_string(&calls).expect("the calls");
        run.played.calls = told.lines().map(str::to_owned).collect();
        run.played
    }
}

struct Run<'h> {
    hub: &'h Hub,
    folder: PathBuf,
    at: &'h str,
    played: Played,
    needs: Value,
    env: Value,
    github: Value,
}

impl Run<'_> {
    fn job(&mut self, name: &str, about: &Value) {
        let needed = about["needs"].as_str();
        let failed = needed.is_some_and(|needed| self.needs[needed]["result"] != "success");
        let values = json!({ "github": self.github, "needs": self.needs, "env": self.env });
        if !(Context { values, failed }).runs(about["if"].as_str()) {
            self.needs[name] = json!({ "result": "skipped", "outputs": {} });
            return;
        }
        let (work, temp) = (self.folder.join(name).join("work"), self.folder.join(name).join("temp"));
        for folder in [&work, &temp] {
            fs::create_dir_all(folder).expect("a folder");
        }
        let values = json!({
            "github": self.github, "needs": self.needs, "env": self.env, "steps": {}, "runner": { "temp": temp, "os": "Linux" },
        });
        let mut context = Context { values, failed: false };
        let mut failures = Vec::new();
        for (number, step) in about["steps"].as_array().expect("steps").iter().enumerate() {
            if !context.runs(step["if"].as_str()) {
                continue;
            }
            let title =
                step["name"].as_str().or(step["uses"].as_str()).or(step["run"].as_str()).unwrap_or("?");
            let output = temp.join(format!("output-{number}"));
            fs::write(&output, "").expect("a file");
            let good = match step["uses"].as_str() {
                Some(uses) => self.action(uses, &step["with"], &context, &work),
                None => self.shell(step, &context, (&work, &temp), &output),
            };
            let told = fs::read_to_string(&output).expect("outputs");
            let outputs: BTreeMap<&str, &str> =
                told.lines().filter_map(|line| line.split_once('=')).collect();
            if let Some(id) = step["id"].as_str() {
                context.values["steps"][id] = json!({ "outputs": outputs });
            }
            if !good && step["continue-on-error"] != true {
                failures.push(title.to_owned());
                context.failed = true;
            }
        }
        let outputs = about["outputs"].as_object().into_iter().flatten();
        let outputs: BTreeMap<&String, String> =
            outputs.map(|(key, value)| (key, context.text(value.as_str().expect("a text")))).collect();
        let result = if failures.is_empty() { "success" } else { "failure" };
        self.needs[name] = json!({ "result": result, "outputs": outputs });
        self.played.jobs.insert(name.to_owned(), failures);
    }

    /// What an action does to the files of a job.
    fn action(&mut self, uses: &str, with: &Value, context: &Context, work: &Path) -> bool {
        let of = |key: &str| with[key].as_str().map(|text| context.text(text));
        let artefact = |name: &str| self.folder.join("artefacts").join(name);
        match uses.split('@').next().expect("a name") {
            "actions/checkout" => {
                let into = work.join(of("path").unwrap_or_default());
                let at = of("ref").unwrap_or_else(|| self.at.to_owned());
                let from = format!("file://{}", self.hub.path("origin.git").display());
                run(work, "git", &["init", "--quiet", "--initial-branch=main", &into.display().to_string()]);
                run(&into, "git", &["remote", "add", "origin", &from]);
                // As GitHub's own does: one commit, unless all of them are asked for.
                let depth = if with["fetch-depth"] == 0 { "--depth=2147483647" } else { "--depth=1" };
                run(&into, "git", &["fetch", "--quiet", depth, "origin", &at]);
                run(&into, "git", &["checkout", "--quiet", "-B", "main", "FETCH_HEAD"]);
                true
            }
            "actions/cache" => true,
            "actions/upload-artifact" => {
                let (from, name) = (of("path").expect("a path"), of("name").expect("a name"));
                let is_there = Path::new(&from).is_dir();
                if is_there {
                    let into = artefact(&name);
                    fs::create_dir_all(&into).expect("a folder");
                    run(work, "cp", &["-r", &format!("{from}/."), &into.display().to_string()]);
                }
                is_there || with["if-no-files-found"] != "error"
            }
            "actions/download-artifact" => {
                let (into, from) = (of("path").expect("a path"), artefact(&of("name").expect("a name")));
                if from.is_dir() {
                    run(work, "cp", &["-r", &from.display().to_string(), &into]);
                }
                from.is_dir()
            }
            other => panic!("the action {other} is not known here"),
        }
    }

    /// A step's script, by the shell that the runner takes where none is named.
    fn shell(
        &mut self,
        step: &Value,
        context: &Context,
        (work, temp): (&Path, &Path),
        output: &Path,
    ) -> bool {
        let script = temp.join("script.sh");
        fs::write(&script, step["run"].as_str().expect("a script")).expect("the script");
        let (summary, log) = (temp.join("summary.md"), temp.join("log"));
        fs::write(&summary, "").expect("a file");
        let file = fs::File::create(&log).expect("a file");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = Command::new("bash");
        shell.arg("-e").arg(&script).current_dir(work).env_clear();
        for (key, value) in [self.env.as_object(), step["env"].as_object()].into_iter().flatten().flatten() {
            shell.env(key, context.text(value.as_str().expect("a text")));
        }
        for key in ["HOME", "CARGO", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "TMPDIR"] {
            if let Some(value) = std::env::var_os(key) {
                shell.env(key, value);
            }
        }
        shell
            .env("PATH", format!("{}:{path}", self.hub.path("programs").display()))
            .env("XTASK", env!("CARGO_BIN_EXE_xtask"))
            .env("CARGO_TARGET_DIR", crate::support::target())
            .env("GH_STATE", self.hub.path("gh"))
            .env("ORIGIN", self.hub.path("origin.git"))
            .env("RUNNER_TEMP", temp)
            .env("GITHUB_OUTPUT", output)
            .env("GITHUB_STEP_SUMMARY", &summary)
            .env("GITHUB_REPOSITORY", "acme/connectors")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .stdin(std::process::Stdio::null())
            .stdout(file.try_clone().expect("a file"))
            .stderr(file);
        let good = shell.status().expect("bash").success();
        let text = String::from_utf8_lossy(&fs::read(&log).expect("the log")).into_owned();
        self.played.commands.extend(commands(&text));
        self.played.log.push_str(&text);
        self.played.summary.push_str(&fs::read_to_string(&summary).expect("the summary"));
        good
    }
}

/// What GitHub's runner takes for commands in the output of a step, by name, with properties and message (`ActionCommand.cs` and
/// `ActionCommandManager.cs` of its source): `::name::` where a line begins, `##[name]` anywhere, and nothing between
/// `::stop-commands::TOKEN` and `::TOKEN::`.
pub(crate) fn commands(log: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut stopped: Option<String> = None;
    for line in log.lines() {
        let second = line.trim_start().strip_prefix("::").and_then(|rest| rest.split_once("::"));
        let first = line.split_once("##[").and_then(|(_, rest)| rest.split_once(']'));
        let Some((head, message)) = second.or(first) else { continue };
        let name = head.split(' ').next().unwrap_or_default();
        match &stopped {
            Some(token) if name == token => stopped = None,
            Some(_) => {}
            None if name == "stop-commands" => stopped = Some(message.to_owned()),
            None => found.push((name.to_owned(), format!("{} {message}", head.trim_start_matches(name)))),
        }
    }
    assert_eq!(stopped, None, "commands are stopped for good");
    found
}
