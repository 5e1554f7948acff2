//! `sluice check`: what is misconfigured on this host, and what to do about it.

mod alone;
mod crawler;
mod files;
mod keys;
mod loaded;
mod node;
mod pending;
mod places;
mod plugin;
mod set;
mod slurmd;
mod system;
mod uids;

use std::fmt::Display;
use std::path::Path;

use serde::Serialize;
use sluice_site::Site;
use sluice_site::paths::Roots;

use crate::args::Check;
use crate::exit::{Exit, Result};
use crate::output;

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Level {
    Ok,
    Warn,
    Fail,
}

#[derive(Serialize)]
struct Finding {
    level: Level,
    what: String,
    remedy: Option<String>,
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn ok(&mut self, what: impl Display) {
        self.0.push(Finding { level: Level::Ok, what: what.to_string(), remedy: None });
    }

    fn warn(&mut self, what: impl Display, remedy: impl Display) {
        self.add(Level::Warn, what, remedy);
    }

    fn fail(&mut self, what: impl Display, remedy: impl Display) {
        self.add(Level::Fail, what, remedy);
    }

    fn add(&mut self, level: Level, what: impl Display, remedy: impl Display) {
        let (what, remedy) = (what.to_string(), Some(remedy.to_string()));
        self.0.push(Finding { level, what, remedy });
    }
}

pub(crate) fn run(args: &Check) -> Result<Exit> {
    let mut findings = Findings::default();
    let root = rustix::process::geteuid().is_root();
    if !root {
        findings.warn("not everything can be looked at", "run sluice check as root");
    }
    let site = Site::load();
    match &site {
        Ok(site) => {
            findings.ok(format_args!("the configuration of cluster {}", site.cluster));
            files::check(&mut findings);
            set::check(site, root, &mut findings);
            keys::check(root, &mut findings);
            places::check(site, root, &mut findings);
            crawler::check(site, &mut findings);
        }
        Err(error) => findings.fail(error, "every job in scope is refused until it is mended"),
    }
    let mode = plugin::check(&mut findings);
    loaded::check(&mut findings);
    let sandbox = site.as_ref().map(|site| site.sandbox.clone()).unwrap_or_default();
    system::check(sandbox.landlock, &mut findings);
    if loaded::is_node() {
        node::check(&sandbox, &mut findings);
        uids::check(sandbox.uids, Path::new("/etc"), &mut findings);
        if let Ok(site) = &site {
            alone::check(site, mode, &mut findings);
        }
        pending::check(&Roots::system().pending(), &mut findings);
    } else if let Ok(site) = &site {
        slurmd::check(&site.sandbox, root, &mut findings);
    }
    report(&findings, args.json)
}

fn report(Findings(findings): &Findings, json: bool) -> Result<Exit> {
    if json {
        output::json(findings)?;
    } else {
        for Finding { level, what, remedy } in findings {
            let word = match level {
                Level::Ok => "ok  ",
                Level::Warn => "warn",
                Level::Fail => "FAIL",
            };
            output::line(format_args!("{word}  {what}"))?;
            if let Some(remedy) = remedy {
                output::line(format_args!("      {remedy}"))?;
            }
        }
    }
    let failed = findings.iter().any(|finding| finding.level == Level::Fail);
    Ok(if failed { Exit::NotAsItShould } else { Exit::Ok })
}
