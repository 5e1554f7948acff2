//! Commands that read /etc/sluice, in a mount namespace with an /etc and /srv of its own and
//! stand-ins for Slurm's programs. Only root can make one.

mod support;

use std::fs;
use std::process::Command;

use support::fixtures::{config, entry};
use support::{Ran, Scratch};

const ENTER: &str = r#"
mount --bind "$T/etc" /etc
mount --bind "$T/srv" /srv
mount --bind "$T/var" /var/lib
mount --bind "$T/log" /var/log
exec "$@"
"#;

const SCRIPT: &str = "set -eu && {bundle}/main [ --cores {int:1..8} ] --params {file:.yaml}";

const SBATCH: &str = r#"#!/bin/sh
printf '%s\n' "$@" >"$T/args"
cat >"$T/script"
echo '4711;lab'
"#;

const SCONTROL: &str = r#"#!/bin/sh
echo "JobId=$4 JobState=$(cat "$T/state") ExitCode=$(cat "$T/exit") Partition=p"
"#;

/// A host with a published set; `None` without the right to make one.
fn host() -> Option<Scratch> {
    if !sluice_testing::is_root() {
        return None;
    }
    let host = Scratch::new();
    let copied = Command::new("cp").args(["-a", "/etc"]).arg(host.path("etc")).status();
    assert!(copied.expect("cp runs").success());
    host.write(
        "etc/sluice/sluice.toml",
        config("[[policy.controller]]\nprincipal = \"alice@site\"\n"),
    );
    host.write("srv/workflows/demo/1.0/main", "echo");
    host.write("srv/runs/root/older-run/nothing", "");
    host.write("srv/status/none", "");
    for name in ["var", "log"] {
        fs::create_dir(host.path(name)).expect("a directory");
    }
    host.write("p.yaml", "a: 1\n");
    for (name, text) in [("sbatch", SBATCH), ("scontrol", SCONTROL)] {
        host.write(&format!("bin/{name}"), text);
        host.mode(&format!("bin/{name}"), 0o755);
    }
    let alice = host.key("alice");
    host.write("etc/sluice/allowed_signers", format!("alice@site {alice}"));
    host.write("entry.toml", entry("", SCRIPT));
    host.run("allowlist new set --valid 30").ok();
    host.run("allowlist add set entry.toml --bundle srv/workflows/demo/1.0").ok();
    host.run("allowlist sign set --all --key alice --as alice@site").ok();
    on(&host, "allowlist push set").ok();
    Some(host)
}

fn on(host: &Scratch, line: &str) -> Ran {
    let path = format!("{}:{}", host.path("bin").display(), std::env::var("PATH").expect("PATH"));
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-euc", ENTER, "sh", env!("CARGO_BIN_EXE_sluice")])
        .args(line.split_whitespace())
        .current_dir(host.root())
        .env("T", host.root())
        .env("PATH", path)
        .env_remove("SLURM_CONF")
        .output();
    Ran::of(output.expect("unshare runs"))
}

#[test]
fn published_bundles_are_verified_by_name() {
    let Some(host) = host() else { return };
    on(&host, "verify srv/workflows/demo/1.0 demo@1.0").ok();
    host.write("srv/workflows/demo/1.0/main", "rm");
    let ran = on(&host, "verify srv/workflows/demo/1.0 demo@1.0");
    assert_eq!(ran.code, 1);
    assert!(ran.out.ends_with("content    main\n"), "{ran:?}");
    on(&host, "verify srv/workflows/demo/1.0 demo@2.0").fails(1, "not on the allowlist");
    assert!(on(&host, "allowlist show").ok().out.contains("demo@1.0  signed by alice@site"));
}

#[test]
fn submitting_fills_the_run_directory_and_the_template() {
    let Some(host) = host() else { return };
    let dry = on(&host, "submit demo@1.0 --params p.yaml --cores 4 --dry-run").ok();
    assert_eq!(
        dry.out,
        "#!/bin/bash\nset -eu && /srv/workflows/demo/1.0/main --cores 4 --params p.yaml\n"
    );
    assert!(dry.err.starts_with("sbatch --job-name=demo "), "{dry:?}");
    assert!(!host.path("script").exists());

    let ran = on(&host, "submit demo@1.0 --params p.yaml --cores 4 --json -- -p fast").ok().json();
    assert_eq!(ran["job"], "4711");
    let dir = ran["run-dir"].as_str().unwrap().trim_start_matches('/');
    assert!(dir.starts_with("srv/runs/root/demo-20"), "{dir}");
    assert_eq!(host.read(&format!("{dir}/p.yaml")), "a: 1\n");
    assert_eq!(host.read("script"), dry.out);
    let args = host.read("args");
    assert!(args.contains("--cpus-per-task=4\n-p\nfast\n--parsable\n--export=ALL\n-D\n"), "{args}");
    assert!(args.ends_with(&format!("-o\n/{dir}/.sluice/slurm-%j.out\n")), "{args}");

    let ran = on(&host, "submit demo@1.0 --json").ok().json();
    let dir = ran["run-dir"].as_str().unwrap().trim_start_matches('/');
    assert_eq!(host.read(&format!("{dir}/params.yaml")), "{}\n");
    on(&host, "submit demo@1.0 --params p.yaml --cores 9").fails(2, "1 to 8");
    on(&host, "submit demo@1.0 --params p.yaml --run-dir /tmp/x").fails(2, "not below /srv/runs");
    on(&host, "submit demo@9 --params p.yaml").fails(1, "not on the allowlist");
}

#[test]
fn waiting_returns_the_jobs_code_and_refusal() {
    let Some(host) = host() else { return };
    let line = "sluice: refused (out-of-scope): \u{1b}[2Jnot you\n";
    host.write("state", "FAILED");
    host.write("exit", "77:0");
    host.write("srv/runs/root/one/.sluice/slurm-4711.out", line);
    let submit = "submit demo@1.0 --params p.yaml --run-dir /srv/runs/root/one --wait";
    let ran = on(&host, submit).fails(77, "sluice: refused (out-of-scope): \\u{1b}[2Jnot you\n");
    assert!(ran.out.contains("job            4711\n"), "{ran:?}");
    on(&host, submit).fails(4, "one/p.yaml: File exists");
    host.write("state", "COMPLETED");
    host.write("exit", "0:0");
    on(&host, "submit demo@1.0 --params p.yaml --wait").ok();
}

#[test]
fn results_tell_what_became_of_a_run() {
    let Some(host) = host() else { return };
    let token = "0123456789abcdef0123456789abcdef";
    let one = "srv/runs/root/deep/one/.sluice";
    fs::create_dir_all(host.path(one)).unwrap();
    assert!(on(&host, "results one").ok().out.contains("waiting for the job to start"));
    let verdict = |name: &str, verdict: &str, more: &str| {
        let text = format!(
            r#"{{"format":1,"job":7,"restart":0,"verdict":"{verdict}",{more},"time":"2026-07-01T12:00:00Z"}}"#
        );
        host.write(&format!("{one}/{name}"), text);
    };
    verdict("verdict-6.json", "refuse", r#""code":"revoked","message":"no\u202emore""#);
    on(&host, "results one --wait").fails(1, "");
    assert_eq!(on(&host, "results one").out, "refused: revoked: no\\u{202e}more\n");

    std::thread::sleep(std::time::Duration::from_millis(20));
    let admitted =
        format!(r#""entry":"demo@1.0","run-id":"one-lab-7.0","status":"/srv/status/{token}.json""#);
    verdict("verdict-7.json", "admit", &admitted);
    assert_eq!(on(&host, "results one-lab-7.0").ok().out, "waiting for the job to end\n");
    let status = |state: &str, more: &str| {
        let text = format!(
            r#"{{"format":1,"run-id":"one-lab-7.0","state":"{state}"{more},"time":"2026-07-01T12:00:00Z"}}"#
        );
        host.write(&format!("srv/status/{token}.json"), text);
    };
    status("held", r#","code":"too-large","message":"row 4""#);
    let held = on(&host, "results srv/runs/root/deep/one --json");
    assert_eq!(held.code, 1);
    assert_eq!(held.json()["state"], "held");
    assert_eq!(held.json()["code"], "too-large");
    status("published", r#","where":"file:///p/root/one-lab-7.0/""#);
    let done = on(&host, "results one-lab-7.0 --wait").ok();
    assert_eq!(done.out, "published: file:///p/root/one-lab-7.0/\n");

    // A child that the run tried to start was refused beside it.
    std::thread::sleep(std::time::Duration::from_millis(20));
    let child = r#""code":"script-refused","message":"a child's""#;
    verdict("verdict-9.json", "refuse", child);
    for line in ["results one", "results one-lab-7.0", "results one --wait"] {
        assert_eq!(on(&host, line).ok().out, done.out, "{line}");
    }

    // A verdict is the user's own file; it can't make root print others.
    verdict("verdict-7.json", "admit", &admitted.replace("/srv/status/", "/srv/status/../"));
    assert_eq!(on(&host, "results one").ok().out, "waiting for the job to end\n");
    on(&host, "results two").fails(1, "neither a run directory nor a run of yours");
}

#[test]
fn results_are_waited_for_only_while_slurm_has_a_job() {
    let Some(host) = host() else { return };
    let talk = "srv/runs/root/one/.sluice";
    fs::create_dir_all(host.path(talk)).unwrap();
    let none = "no job was submitted from here; submit one with sluice submit\n";
    host.write("bin/squeue", "#!/bin/sh\ncat $T/queue\n");
    host.mode("bin/squeue", 0o755);
    host.write("queue", "/srv/runs/root/one\n");
    assert_eq!(on(&host, "results one").ok().out, "waiting for the job to start\n");
    // sbatch failed, or the job left the queue before it started.
    host.write("queue", "/srv/runs/root/other\n");
    assert_eq!(on(&host, "results one --wait").fails(1, "").out, none);
    // An array's element leaves a line and no verdict.
    host.write(
        &format!("{talk}/slurm-7.out"),
        "sluice: refused (array-refused): submit each alone\n",
    );
    let refused = "refused: array-refused: submit each alone\n";
    assert_eq!(on(&host, "results one --wait").fails(1, "").out, refused);
    // A start that Slurm ended is no failure while another one is queued, and nothing to wait for then.
    let token = "0123456789abcdef0123456789abcdef";
    let status = format!("srv/status/{token}.json");
    host.write(&format!("{talk}/verdict-8.json"), format!(
        r#"{{"format":1,"job":8,"restart":0,"verdict":"admit","run-id":"one-lab-8.0","status":"/{status}","time":"2026-07-01T12:00:00Z"}}"#
    ));
    host.write(&status, r#"{"format":1,"run-id":"one-lab-8.0","state":"waiting","code":"requeued","message":"again","time":"2026-07-01T12:00:00Z"}"#);
    assert_eq!(
        on(&host, "results one --wait").ok().out,
        "waiting for the job to end: requeued: again\n"
    );
    let waiting =
        r#"{"format":1,"run-id":"one-lab-8.0","state":"waiting","time":"2026-07-01T12:00:00Z"}"#;
    host.write(&status, waiting);
    let attesting = "the job has ended; its results are being attested\n";
    assert_eq!(on(&host, "results one").ok().out, attesting);
    host.write("queue", "/srv/runs/root/one\n");
    assert_eq!(on(&host, "results one").ok().out, "waiting for the job to end\n");
}

/// The cluster's key, which certifies the nodes', decides what an attestation is worth.
#[test]
fn the_sites_cluster_key_is_roots_alone() {
    let Some(host) = host() else { return };
    let key = "etc/sluice/keys/cluster.pub";
    host.write(key, host.key("cluster"));
    host.write("attestation.json", "{}");
    host.mode(key, 0o666);
    for line in ["attest verify attestation.json", "audit verify --witness attestation.json"] {
        on(&host, line).fails(3, "cluster.pub has mode 0666, too open");
    }
    host.write("srv/private/attestations/spool/none", "");
    let revoke =
        format!("allowlist revoke set --anyway --digest sha256:{} --why bug", "0".repeat(64));
    assert!(on(&host, &revoke).ok().err.contains("cluster.pub has mode 0666, too open"));
    host.mode(key, 0o644);
    on(&host, "attest verify attestation.json").fails(1, "attestation.json: ");
    // One that the caller names is the caller's to trust.
    host.mode("cluster.pub", 0o666);
    let named = "attest verify attestation.json --cluster-key cluster.pub";
    on(&host, named).fails(1, "attestation.json: ");
}

#[test]
fn check_finds_what_is_wrong() {
    let Some(host) = host() else { return };
    let ran = on(&host, "check --json");
    assert_eq!(ran.code, 1);
    let report = ran.json();
    let level = |what: &str| {
        let findings = report.as_array().unwrap().iter();
        let mut found = findings.filter(|one| one["what"].as_str().unwrap().contains(what));
        found.next().unwrap_or_else(|| panic!("{what}: {report}"))["level"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(level("configuration of cluster lab"), "ok");
    assert_eq!(level("this host is no node"), "ok");
    assert_eq!(level("status: /srv/status has another"), "fail");
    assert_eq!(level("sealed-root"), "fail");
    assert_eq!(level("Landlock"), "ok");
    assert_eq!(level("user namespaces"), "ok");
}

#[test]
fn approved_bundles_are_installed_whole_or_not_at_all() {
    let Some(host) = host() else { return };
    let workflows = host.path("srv/workflows");
    let copy = |from: &str, to: &str| {
        let copied = Command::new("cp").args(["-a", from, to]).current_dir(host.root()).status();
        assert!(copied.expect("cp runs").success());
    };
    copy("srv/workflows/demo/1.0", "b");
    fs::remove_dir_all(workflows.join("demo")).expect("the workflow");
    let ran = on(&host, "install b").ok();
    assert_eq!(ran.out, "is installed:  /srv/workflows/demo/1.0\n");
    assert_eq!(host.read("srv/workflows/demo/1.0/main"), "echo");
    assert!(on(&host, "install b").ok().out.starts_with("is installed already:"));
    on(&host, "verify srv/workflows/demo/1.0 demo@1.0").ok();

    // What was there is swapped for the approved, and kept.
    host.write("srv/workflows/demo/1.0/main", "drifted");
    let ran = on(&host, "install b").ok();
    assert!(ran.err.contains("what lay there is kept as /srv/workflows/demo/.1.0.replaced-"));
    assert_eq!(host.read("srv/workflows/demo/1.0/main"), "echo");
    let names = || fs::read_dir(workflows.join("demo")).expect("a directory").count();
    assert_eq!(names(), 2);

    host.write("b/extra", "");
    on(&host, "install b").fails(1, "no entry of the allowlist approves b");
    assert_eq!(names(), 2);
    fs::remove_file(host.path("b/extra")).expect("a file");

    // What counts is the verified set, not what lies where it was published.
    on(&host, "allowlist status").ok();
    let approved = host.run("freeze b").ok().err;
    host.write("b/extra", "");
    let other = host.run("freeze b").ok().err;
    let published = "etc/sluice/allowlist/sets/1/entries/demo@1.0.toml";
    let genuine = host.read(published);
    host.write(published, genuine.replace(approved.trim(), other.trim()));
    on(&host, "install b").fails(1, "demo@1.0 approves other content");
    host.write(published, genuine);
    assert_eq!(names(), 2);
    fs::remove_file(host.path("b/extra")).expect("a file");

    // Revoked bundles stay out.
    let digest = host.run("freeze b").ok().err;
    host.run(&format!("allowlist revoke set --digest {} --why bug", digest.trim())).ok();
    host.run("allowlist sign set --all --key alice --as alice@site").ok();
    let ran = on(&host, "allowlist push set").ok();
    assert!(ran.err.contains("the workflow sha256:"), "{ran:?}");
    assert!(ran.err.contains("is revoked: bug"), "{ran:?}");
    on(&host, "install b").fails(1, "is revoked: bug");
}

#[test]
fn status_tells_serial_age_and_what_is_wrong() {
    let Some(host) = host() else { return };
    let ran = on(&host, "allowlist status").ok();
    assert!(ran.out.starts_with("serial 1, issued "), "{ran:?}");
    let status = on(&host, "allowlist status --json").ok().json();
    assert_eq!((&status[0]["published"], &status[0]["in-force"]), (&1.into(), &1.into()));
    assert!(status[0]["age"].as_i64().is_some_and(|age| (0..600).contains(&age)));
    // Whoever put it in force, the audit log says so.
    let log = host.read("log/sluice/audit.jsonl");
    assert!(log.contains(r#""event":"allowlist","detail":{"#) && log.contains(r#""serial":1"#));
    let config = host.read("etc/sluice/sluice.toml");
    host.write(
        "etc/sluice/sluice.toml",
        config.replace("format = 1", "format = 1\nmin-serial = 9"),
    );
    let ran = on(&host, "allowlist status");
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("at least 9 is required"), "{ran:?}");
}
