//! `make bench-crawler`: the crawler beside s5cmd and beside the polling script that it replaces, in
//! one run against one server. Ratios are what counts; seconds depend on the machine.
#![allow(clippy::unwrap_used)]

#[path = "../tests/crawler/world/mod.rs"]
mod world;

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sluice_policy::digest::Digest;
use world::{
    World, block_on,
    program::{Daemon, wait_for},
    server::Server,
    set::entry,
};

const BINARY: &str = env!("CARGO_BIN_EXE_sluice-crawler");
/// Bytes of a result, as in the tutorial's example.
const RESULT: usize = 20_000;

fn setting(name: &str, default: u32) -> u32 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() {
    // `cargo test` runs benchmarks too, to see that they build.
    if !env::args().any(|word| word == "--bench") {
        return;
    }
    let (Ok(tools), Some(server)) = (env::var("SLUICE_BENCH_S5CMD"), Server::new()) else {
        eprintln!("bench: started by tests/bench-crawler");
        return;
    };
    let runs = setting("RUNS", 10_000);
    let mut report = json!({"server": server.name, "runs": runs});
    first_pass(&server, &tools, runs, &mut report);
    latency(setting("LATENCY_RUNS", 200), &mut report);
    start(setting("EVER", 1_000_000), &mut report);
    at_rest(setting("FINISHED", 100_000), setting("IDLE_SECONDS", 600), &mut report);
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/report");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("bench-crawler.json"), format!("{report:#}\n")).unwrap();
}

/// A place on a real disk: fsync costs nothing on tmpfs.
fn world() -> World {
    let world = World::new_in("/opt").expect("needs root");
    let (count, bench) = (entry("count"), rules());
    world.publish_set(2, &[("entries/count@1.toml", &count), ("entries/bench@1.toml", &bench)]);
    world
}

/// An entry with room for the results.
fn rules() -> String {
    let rules = entry("bench").replace("max-bytes = 1000\n", "max-bytes = 100000\n");
    rules.replace("max-rows = 3\n", "max-rows = 100000\n")
}

fn attest(world: &World, job: u32) {
    let digest = Digest::of(rules().as_bytes());
    let run = world.run(job, &format!("run-{job}")).file("results.csv", &table(job));
    run.but(|it| {
        (it.basis.entry, it.basis.entry_digest, it.basis.serial) = ("bench@1".into(), digest, 2)
    })
    .attest();
}

fn say(report: &mut Value, key: &str, value: Value, what: &str) {
    println!("{what:58} {value}");
    report[key] = value;
}

fn round(value: f64) -> Value {
    json!((value * 1000.0).round() / 1000.0)
}

fn table(job: u32) -> Vec<u8> {
    let mut text = String::from("sample,count\n");
    let mut row = 0;
    while text.len() < RESULT {
        let _ = writeln!(text, "{job},{}", u64::from(job) * 7919 + row);
        row += 1;
    }
    text.into_bytes()
}

fn attested(world: &World, runs: u32) {
    (1..=runs).for_each(|job| attest(world, job));
}

/// (a) the crawler's first pass beside s5cmd with the same keys and bytes; (b) beside the script.
fn first_pass(server: &Server, s5cmd: &str, runs: u32, report: &mut Value) {
    let world = world();
    world.inhabit(&world.site_with(&server.section(&world, "crawler")));
    attested(&world, runs);
    flush();
    let started = Instant::now();
    let (code, said, log) = world::program::output(world.program(BINARY, &["once", "--json"]));
    let ours = started.elapsed().as_secs_f64();
    assert_eq!((code, said["published"].as_u64()), (Some(0), Some(runs.into())), "{log}");
    say(report, "crawler-seconds", round(ours), "crawler, first pass, s");

    let batch = the_same(&world, server, runs);
    flush();
    let started = Instant::now();
    let mut command = client(server, s5cmd);
    let command = command.args(["--numworkers", "16", "run"]).arg(&batch).stdout(Stdio::null());
    assert!(command.status().unwrap().success());
    let theirs = started.elapsed().as_secs_f64();
    say(report, "s5cmd-seconds", round(theirs), "s5cmd, 16 workers, the same keys and bytes, s");
    say(report, "s5cmd-ratio", round(theirs / ours), "times as fast as s5cmd (target 1)");

    let started = Instant::now();
    let (code, ..) = world::program::output(world.program(BINARY, &["once", "--json"]));
    assert_eq!(code, Some(0));
    let again = started.elapsed().as_secs_f64();
    say(report, "second-pass-seconds", round(again), "a second pass with its start, s");
    // From here on it is this process that has the ledger.
    let chown = Command::new("chown").args(["-R", "root:root"]).arg(world.at("state")).status();
    assert!(chown.unwrap().success());
    let crawler = world.crawler();
    block_on(crawler.reconcile()).unwrap();
    let started = Instant::now();
    block_on(crawler.reconcile()).unwrap();
    let scan = started.elapsed().as_secs_f64();
    say(report, "reconcile-seconds", round(scan), "reconcile of these runs, s (target 0.15)");

    let sample = setting("SCRIPT_RUNS", 100).min(runs);
    let script = script(&world, server, s5cmd, sample);
    let per_run = script / f64::from(sample);
    say(report, "script-seconds-per-run", round(per_run), "polling script, s a run");
    let ratio = per_run / (ours / f64::from(runs));
    say(report, "script-ratio", round(ratio), "times as fast as the script (target 50)");
}

/// Everything before a measurement is on the disk already.
fn flush() {
    assert!(Command::new("sync").status().unwrap().success());
}

/// Copies what the crawler published, and how s5cmd is to send it again below another prefix.
fn the_same(world: &World, server: &Server, runs: u32) -> PathBuf {
    let copy = world.at("copy");
    let mut batch = String::new();
    let objects = server.objects("crawler");
    assert_eq!(objects.len(), 3 * runs as usize);
    for (key, bytes) in objects {
        let file = copy.join(&key);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, bytes).unwrap();
        let key = key.replacen("crawler", "s5cmd", 1);
        let _ = writeln!(batch, "cp {} s3://{}/{key}", file.display(), server.bucket);
    }
    let path = world.at("batch");
    fs::write(&path, batch).unwrap();
    path
}

fn client(server: &Server, s5cmd: &str) -> Command {
    let mut command = Command::new(s5cmd);
    command
        .env("AWS_ACCESS_KEY_ID", &server.key)
        .env("AWS_SECRET_ACCESS_KEY", &server.secret)
        .env("AWS_REGION", &server.region)
        .args(["--endpoint-url", &server.url]);
    command
}

/// What the tutorial's cron script does for each finished run, with s5cmd in the place of mc.
fn script(world: &World, server: &Server, s5cmd: &str, runs: u32) -> f64 {
    let base = world.at("weskit");
    for job in 1..=runs {
        let run = base.join(format!("{:02x}/run-{job}", job % 256));
        fs::create_dir_all(run.join(".weskit/2026-11-22T04:45:44")).unwrap();
        fs::create_dir_all(run.join("plots")).unwrap();
        fs::write(run.join(".weskit/2026-11-22T04:45:44/log.json"), "{}").unwrap();
        fs::write(run.join("plots/quals.svg"), "<svg/>").unwrap();
        fs::write(run.join("results.csv"), table(job)).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/polling-script");
    let started = Instant::now();
    let status = Command::new(path)
        .arg(&base)
        .args([s5cmd, &server.url, &server.bucket])
        .env("AWS_ACCESS_KEY_ID", &server.key)
        .env("AWS_SECRET_ACCESS_KEY", &server.secret)
        .env("AWS_REGION", &server.region)
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    started.elapsed().as_secs_f64()
}

fn silent(world: &World) -> Daemon {
    Daemon::start(world.program(BINARY, &["run"]).stderr(Stdio::null()))
}

/// From the attestation in the spool to the manifest in a directory of the same disk.
fn latency(runs: u32, report: &mut Value) {
    let world = world();
    world.inhabit(&world.site());
    let daemon = silent(&world);
    let mut seconds: Vec<f64> = Vec::new();
    for job in 0..=runs {
        let name = format!("run-{job}");
        let manifest = world.at(&format!("published/alice/{name}-lab-{job}.0/manifest.json"));
        attest(&world, job);
        let started = Instant::now();
        wait_for(|| manifest.exists());
        seconds.push(started.elapsed().as_secs_f64());
    }
    daemon.end("-TERM");
    // The first one waits for the start.
    seconds.remove(0);
    seconds.sort_by(f64::total_cmp);
    let at = |share: usize| round(1000.0 * seconds[seconds.len() * share / 100]);
    say(report, "latency-median-ms", at(50), "attestation to manifest, median, ms (target 100)");
    say(report, "latency-99-ms", at(99), "the same, 99th percentile, ms");
}

/// A world in which these runs are finished: the ledger says so, and their content doesn't matter.
fn old_world(finished: u32) -> World {
    let world = world();
    world.inhabit(&world.site());
    for job in 1..=finished {
        fs::write(world.spooled(job), "").unwrap();
    }
    world.finish_all();
    world
}

/// From the start of a daemon beside ever so many finished runs to what it publishes first.
fn start(ever: u32, report: &mut Value) {
    let world = old_world(ever);
    attest(&world, ever + 1);
    flush();
    let started = Instant::now();
    let daemon = silent(&world);
    let manifest = format!("published/alice/run-{0}-lab-{0}.0/manifest.json", ever + 1);
    wait_for(|| world.at(&manifest).exists());
    let seconds = started.elapsed().as_secs_f64();
    say(report, "ever", json!(ever), "runs ever made");
    say(report, "start-seconds", round(seconds), "from the start to the next manifest, s");
    let peak = peak_mebibytes(&PathBuf::from(format!("/proc/{}", daemon.id())));
    say(report, "start-peak-mebibytes", round(peak), "memory at its peak, MiB");
    daemon.end("-TERM");
}

/// Memory and processor time of a daemon with nothing to do.
fn at_rest(finished: u32, idle: u32, report: &mut Value) {
    let world = old_world(finished);
    let daemon = silent(&world);
    let proc = PathBuf::from(format!("/proc/{}", daemon.id()));
    let busy = || cpu_seconds(&proc);
    wait_for(|| fs::read_to_string(proc.join("comm")).is_ok_and(|comm| comm.starts_with("sluice")));
    // Started once it doesn't work any more.
    let mut last = -1.0;
    while busy() > last {
        last = busy();
        sleep(Duration::from_secs(2));
    }
    say(report, "start-cpu-seconds", round(last), "start with these finished runs, CPU s");
    let (before, started) = (busy(), Instant::now());
    sleep(Duration::from_secs(idle.into()));
    let share = 100.0 * (busy() - before) / started.elapsed().as_secs_f64();
    say(report, "idle-seconds", json!(idle), "idle for, s");
    say(report, "idle-cpu-percent", round(share), "its share of a CPU, % (target 0.1)");
    say(report, "finished", json!(finished), "finished runs");
    let peak = peak_mebibytes(&proc);
    say(report, "peak-mebibytes", round(peak), "memory at its peak, MiB (target 64)");
    daemon.end("-TERM");
}

fn peak_mebibytes(proc: &Path) -> f64 {
    let status = fs::read_to_string(proc.join("status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

fn cpu_seconds(proc: &Path) -> f64 {
    let stat = fs::read_to_string(proc.join("stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}
