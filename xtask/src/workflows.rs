//! The ready workflow files of `docs/ci/`, held against what they rest on: this command line, GitHub's syntax, and least privilege.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use clap::Parser as _;
use serde_yaml::Value;

/// The files, by name, each with its text and what it says.
fn workflows() -> Vec<(String, String, Value)> {
    let folder = crate::workspace::root().join("docs/ci");
    let entries = std::fs::read_dir(&folder).expect("docs/ci");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
    paths.sort();
    assert!(!paths.is_empty(), "no workflow in {}", folder.display());
    let read = |path: PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect(&name);
        let value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, text, value)
    };
    paths.into_iter().map(read).collect()
}

/// Says that something is not looked at: straight to the descriptor, since the test harness keeps what a passing test prints.
fn skipped(why: &str) {
    writeln!(std::io::stderr(), "SKIPPED: {why}").expect("a line");
}

fn steps(workflow: &Value) -> Vec<&Value> {
    let jobs = workflow["jobs"].as_mapping().expect("jobs");
    jobs.iter().flat_map(|(_, job)| job["steps"].as_sequence().expect("steps")).collect()
}

/// The words of a line of shell, with values in the place of variables. What follows `|`, `>`, `&` and `;` is another command's.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quoted, mut open) = (String::new(), false, false);
    for sign in line.chars() {
        match sign {
            '"' => (quoted, open) = (!quoted, true),
            '|' | '>' | '&' | ';' | '#' if !quoted => break,
            sign if sign.is_whitespace() && !quoted => {
                if open || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            sign => word.push(sign),
        }
    }
    if open || !word.is_empty() {
        words.push(word);
    }
    // An array stands for what it holds where it is filled, and so do the words that a function is given.
    words.retain(|word| !word.ends_with("[@]}") && word != "$@");
    words.iter().map(|word| word.replace("$NAME", "zendesk").replace('$', "")).collect()
}

/// What a workflow or a text of `docs/ci` tells people to run, with the words after `cargo xtask`.
fn commands(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let told = lines.filter_map(|line| line.find("cargo xtask ").and_then(|at| line.get(at..)));
    told.map(words).map(|mut words| words.split_off(1)).collect()
}

#[test]
fn every_command_line_is_one_of_ours() {
    let mut count = 0;
    let readme = std::fs::read_to_string(crate::workspace::root().join("docs/ci/README.md")).expect("a text");
    let fenced = readme.split("```").skip(1).step_by(2).collect::<Vec<_>>().join("\n");
    let mut texts: Vec<(String, String)> = vec![("README.md".to_owned(), fenced)];
    for (name, _, workflow) in workflows() {
        let runs = steps(&workflow).into_iter().filter_map(|step| step["run"].as_str());
        texts.push((name, runs.collect::<Vec<_>>().join("\n")));
    }
    for (name, text) in texts {
        for words in commands(&text) {
            let parsed = crate::Arguments::try_parse_from(&words);
            assert!(
                parsed.is_ok(),
                "{name}: {words:?}: {}",
                parsed.err().map(|error| error.to_string()).unwrap_or_default()
            );
            count += 1;
        }
    }
    assert!(count >= 6, "only {count} command lines were found");
}

#[test]
fn workflows_ask_for_little_and_pin_what_they_use() {
    for (name, text, workflow) in workflows() {
        assert_eq!(
            workflow["permissions"].as_mapping().map(|all| all.len()),
            Some(0),
            "{name}: permissions of all jobs"
        );
        assert!(workflow["concurrency"]["group"].is_string(), "{name}: no concurrency group");
        let jobs = workflow["jobs"].as_mapping().expect("jobs");
        for (job, about) in jobs {
            assert!(about["permissions"].is_mapping(), "{name}: {job:?} does not say what it may");
            assert!(about["timeout-minutes"].is_number(), "{name}: {job:?} may run for hours");
        }
        for step in steps(&workflow) {
            if let Some(uses) = step["uses"].as_str() {
                let (action, commit) = uses.split_once('@').expect("a version");
                let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
                assert!(is_commit, "{name}: {uses} is not pinned to a commit");
                assert!(action.starts_with("actions/"), "{name}: {uses} is not GitHub's own");
            }
            // What an expression gives would become code of the shell; in `env` it stays a value.
            let run = step["run"].as_str().unwrap_or_default();
            assert!(!run.contains("${{"), "{name}: an expression in a script\n{run}");
            assert!(!run.contains("set -x") && !run.contains("GH_TOKEN"), "{name}: {run}");
        }
        assert!(!text.contains("secrets."), "{name}: no secret is needed");
        assert!(!text.contains("pull_request_target"), "{name}: code of a fork with a token that writes");
    }
}

#[test]
fn what_may_write_runs_nothing_of_the_vendors() {
    for (name, _, workflow) in workflows() {
        for (job, about) in workflow["jobs"].as_mapping().expect("jobs") {
            let runs: Vec<&str> = about["steps"]
                .as_sequence()
                .into_iter()
                .flatten()
                .filter_map(|step| step["run"].as_str())
                .collect();
            let writes = about["permissions"]["contents"].as_str() == Some("write");
            assert!(!writes || !runs.iter().any(|run| run.contains("cargo")), "{name}: {job:?}");
            let checkouts = about["steps"].as_sequence().into_iter().flatten().filter(|step| {
                step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/checkout@"))
            });
            for checkout in checkouts.filter(|_| !writes) {
                assert_eq!(checkout["with"]["persist-credentials"].as_bool(), Some(false), "{name}: {job:?}");
            }
        }
    }
}

#[test]
fn actionlint_has_nothing_to_say() {
    let root = crate::workspace::root();
    let mut files: Vec<PathBuf> =
        workflows().into_iter().map(|(name, ..)| root.join("docs/ci").join(name)).collect();
    files.push(root.join(".github/workflows/ci.yml"));
    match Command::new("actionlint").arg("-no-color").args(&files).output() {
        Err(_) => skipped("no `actionlint` here, so nobody else reads the workflows; `.ci/run` installs it"),
        Ok(found) => {
            assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stdout));
        }
    }
}

#[test]
fn shellcheck_has_nothing_to_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = Vec::new();
    for (name, _, workflow) in workflows() {
        for (number, script) in
            steps(&workflow).into_iter().filter_map(|step| step["run"].as_str()).enumerate()
        {
            let path = folder.path().join(format!("{name}-{number}.sh"));
            // As GitHub's runner calls it where no shell is named.
            std::fs::write(&path, format!("#!/usr/bin/env -S bash -e\n{script}")).expect("a file");
            files.push(path);
        }
    }
    match Command::new("shellcheck").args(&files).output() {
        Err(_) => skipped("no `shellcheck` here, so nobody else reads the scripts of the workflows"),
        Ok(found) => assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stdout)),
    }
}

#[test]
fn a_line_of_shell_is_read_as_words() {
    for (line, expected) in [
        ("cargo xtask drift \"$NAME\" --live || true", "cargo|xtask|drift|zendesk|--live"),
        ("cargo xtask x \"a b/$T\" \"${more[@]}\" > file", "cargo|xtask|x|a b/T"),
        ("cargo xtask x \"\" y # why", "cargo|xtask|x||y"),
    ] {
        assert_eq!(words(line).join("|"), expected, "{line}");
    }
}
