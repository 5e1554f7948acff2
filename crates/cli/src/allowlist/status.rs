//! `sluice allowlist status`: which set is in force, here and on other hosts, and how old it is.

use std::path::Path;
use std::process::Stdio;

use serde::{Deserialize, Serialize};
use sluice_policy::time::{format, parse};
use sluice_site::paths::{ALLOWLIST, STATE};
use sluice_site::sets::Sets;
use time::OffsetDateTime;

use super::force::published_serial;
use super::nodes::{self, Shell, said};
use crate::args::allowlist::Status;
use crate::exit::{Exit, Result};
use crate::{configured, output};

/// One host's allowlist.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Line {
    node: String,
    /// Serial that `current` points to.
    published: Option<u64>,
    /// Serial that jobs are judged by.
    in_force: Option<u64>,
    issued: Option<String>,
    expires: Option<String>,
    /// Whole seconds since it was issued.
    age: Option<i64>,
    min_serial: u64,
    /// Why no set, or an older one, is in force.
    problem: Option<String>,
}

pub(super) fn run(args: &Status) -> Result<Exit> {
    let mut lines = Vec::new();
    if args.node.is_empty() {
        lines.push(here()?);
    } else {
        let shell = Shell::new(&args.rsh)?;
        let hosts = nodes::expand(&args.node)?;
        let answers = nodes::each(&hosts, |host| there(&shell, host));
        lines = answers.into_iter().collect::<Result<_>>()?;
    }
    let newest = lines.iter().filter_map(|line| line.in_force).max();
    for line in &mut lines {
        if line.problem.is_none() && line.in_force < newest {
            line.problem = Some(format!("behind serial {}", newest.unwrap_or_default()));
        }
    }
    if args.json {
        output::json(&lines)?;
    } else {
        print(&lines)?;
    }
    let bad = lines.iter().any(|line| line.problem.is_some());
    Ok(if bad { Exit::NotAsItShould } else { Exit::Ok })
}

fn here() -> Result<Line> {
    let site = configured()?;
    let now = OffsetDateTime::now_utc();
    let mut line = Line {
        node: String::new(),
        published: published_serial(Path::new(ALLOWLIST)),
        in_force: None,
        issued: None,
        expires: None,
        age: None,
        min_serial: site.min_serial,
        problem: None,
    };
    match Sets::open(&site, Path::new(STATE)).and_then(|sets| sets.current(now)) {
        Ok(set) => {
            line.in_force = Some(set.serial());
            line.issued = Some(format(set.issued()));
            line.expires = Some(format(set.expires()));
            line.age = Some((now - set.issued()).whole_seconds());
            line.problem = set.passed_over().map(ToString::to_string);
        }
        Err(error) => line.problem = Some(error.to_string()),
    }
    Ok(line)
}

fn there(shell: &Shell, node: &str) -> Result<Line> {
    let output = shell.sluice(node, &["allowlist", "status", "--json"], Stdio::null())?;
    let mut lines: Vec<Line> = serde_json::from_slice(&output.stdout).unwrap_or_default();
    Ok(match lines.pop() {
        Some(line) => Line { node: node.into(), ..line },
        None => Line {
            node: node.into(),
            published: None,
            in_force: None,
            issued: None,
            expires: None,
            age: None,
            min_serial: 0,
            problem: Some(said(&output)),
        },
    })
}

fn print(lines: &[Line]) -> Result<()> {
    let named = lines.iter().any(|line| !line.node.is_empty());
    for line in lines {
        let node = if named { format!("{}: ", line.node) } else { String::new() };
        let state = match (line.in_force, &line.expires, line.age) {
            (Some(serial), Some(expires), Some(age)) => format!(
                "serial {serial}, issued {} ago, {} {expires}",
                duration(age),
                if parse(expires).is_ok_and(|at| at <= OffsetDateTime::now_utc()) {
                    "expired"
                } else {
                    "valid until"
                },
            ),
            _ => "no allowlist in force".into(),
        };
        let problem = line.problem.as_ref().map(|why| format!("; {why}")).unwrap_or_default();
        output::line(format_args!("{node}{state}{problem}"))?;
    }
    Ok(())
}

/// The largest unit that tells enough.
fn duration(seconds: i64) -> String {
    match seconds {
        172_800.. => format!("{} days", seconds / 86_400),
        7_200.. => format!("{} hours", seconds / 3_600),
        120.. => format!("{} minutes", seconds / 60),
        _ => format!("{} seconds", seconds.max(0)),
    }
}
