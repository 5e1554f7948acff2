//! Loading the allowlist and deciding on an entry, with one entry in the set and with 10,000, side
//! by side: what a job pays doesn't grow with the list. Needs root.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

use sluice_policy::digest::Digest;
use sluice_site::Site;
use sluice_site::sets::Sets;
use sluice_testing::{Draft, Host, NOW};

const ROUNDS: usize = 400;
const SIZES: [usize; 2] = [1, 10_000];

fn entry(name: &str) -> String {
    format!(
        "format = 1\nname = \"{name}\"\nversion = \"1.0.0\"\ndigest = \"{}\"\nengine = \"sh\"\n\
         network = \"none\"\nsteps = \"none\"\nstdio = \"sealed\"\n[approval]\nby = \"c\"\n\
         proposal = \"P\"\npurpose = \"t\"\nrequester = \"r\"\nat = \"2026-06-01T00:00:00Z\"\n\
         [[command]]\nscript = \"\"\"\n#!/bin/bash\ncat {{bundle}}/x\n\"\"\"\n",
        Digest::of(name.as_bytes())
    )
}

/// A host whose set has so many entries; the one asked for is signed.
fn host(entries: usize) -> Host {
    let host = Host::new().expect("this benchmark needs root");
    let mut draft = Draft::new(1);
    for number in 1..entries {
        let name = format!("other-{number}");
        draft.files.insert(format!("entries/{name}@1.0.0.toml"), entry(&name).into());
    }
    host.add(&mut draft, "entries/demo@1.0.0.toml", &entry("demo"), &["controller@lab"]);
    host.publish(&draft);
    host
}

fn decide(site: &Site, host: &Host) -> Duration {
    let started = Instant::now();
    let sets = Sets::open_below(site, &host.etc(), &host.dir.path().join("state")).unwrap();
    let set = sets.current(NOW).unwrap();
    black_box(set.entry("demo@1.0.0", NOW).unwrap());
    started.elapsed()
}

fn at(sorted: &[f64], part: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * part).round() as usize]
}

fn main() {
    let site = "format = 1\ncluster = \"lab\"\nworkflows = \"/srv/w\"\nruntimes = \"/srv/r\"\n\
                runs = \"/srv/runs\"\nsealed-root = \"/srv/sealed\"\nattestations = \"/srv/att\"\n\
                status = \"/srv/status\"\n[policy]\n[[policy.controller]]\n\
                principal = \"controller@lab\"\n";
    let site = Site::parse(site.as_bytes()).unwrap();
    let hosts = SIZES.map(host);
    // The first look verifies the whole set and keeps it.
    let taken = [&hosts[0], &hosts[1]].map(|host| decide(&site, host));
    let mut ratios = Vec::new();
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        let mut found = [0.0; 2];
        for turn in 0..2 {
            let which = (round + turn) % 2;
            found[which] = decide(&site, &hosts[which]).as_secs_f64() * 1e6;
            times[which].push(found[which]);
        }
        ratios.push(found[1] / found[0]);
    }
    ratios.sort_by(f64::total_cmp);
    times.iter_mut().for_each(|times| times.sort_by(f64::total_cmp));
    let (ratio, low, high) = (at(&ratios, 0.5), at(&ratios, 0.25), at(&ratios, 0.75));
    println!(
        "decide with {} entries {:.0} us, with {} {:.0} us, ratio {ratio:.2} [{low:.2} {high:.2}]",
        SIZES[1],
        at(&times[1], 0.5),
        SIZES[0],
        at(&times[0], 0.5),
    );
    println!("taking a set in: {} entries {:.2} s", SIZES[1], taken[1].as_secs_f64());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/report");
    fs::create_dir_all(&root).unwrap();
    let report = serde_json::json!({
        "entries": SIZES, "rounds": ROUNDS, "median-us": [at(&times[0], 0.5), at(&times[1], 0.5)],
        "ratio": ratio, "low": low, "high": high, "take-in-s": taken.map(|it| it.as_secs_f64()),
    });
    fs::write(root.join("bench-allowlist.json"), report.to_string()).unwrap();
}
