//! The unit as it is packaged, under a real systemd in namespaces of its own (tests/boot), publishing
//! to a real S3 server under its hardening. Started by tests/service; else it does nothing.
#![allow(clippy::unwrap_used)]

#[path = "../crawler/world/mod.rs"]
mod world;

use std::{
    env, fs,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use serde_json::json;
use world::{World, program::built, server::Server, set::figures};

/// Uid that the package gives to the service account.
const SLUICE: u32 = 971;
/// A figure above this is a hardening that was lost.
const MOST_EXPOSED: f64 = 2.0;

/// Run inside, once the service has been started. What it prints is the report.
const INSIDE: &str = r#"
set -u
world=$1 new=
show() { systemctl show --property "$1" --value sluice-crawler; }
for _ in $(seq 300); do
    [ "$(ls "$world/status" | wc -l)" -ge 3 ] && break
    [ "$(show NRestarts)" = 0 ] || break
    sleep 0.1
done
echo "systemd=$(systemctl --version | head -n 1)"
echo "active=$(show ActiveState)"
echo "status=$(show StatusText)"
echo "watchdog=$(show WatchdogUSec)"
echo "restarts=$(show NRestarts)"
main=$(show MainPID)
echo "user=$(stat -c %U /proc/$main)"
echo "caps=$(sed -n 's/^CapBnd:\t//p' /proc/$main/status)"
echo "nnp=$(sed -n 's/^NoNewPrivs:\t//p' /proc/$main/status)"
echo "seccomp=$(sed -n 's/^Seccomp:\t//p' /proc/$main/status)"
echo "credential=$(ls /run/credentials/sluice-crawler.service 2>&1)"
echo "metrics=$(curl -s --unix-socket /run/sluice-crawler/metrics http://x/metrics | grep 'runs{state="published"}')"
systemctl reload sluice-crawler && sleep 1
echo "reloaded=$(show ActiveState) $([ "$(show MainPID)" = "$main" ] && echo same)"
[ "$main" = 0 ] || kill -STOP "$main"
echo "stopped=$main"
for _ in $(seq 200); do
    new=$(show MainPID)
    [ "$new" != "$main" ] && [ "$new" != 0 ] && [ "$(show ActiveState)" = active ] && break
    sleep 0.1
done
echo "watched=$([ "$new" != "$main" ] && echo yes)"
echo "exposure=$(systemd-analyze security --no-pager sluice-crawler | sed -n 's/.*Overall exposure level for sluice-crawler.service: \([0-9.]*\).*/\1/p')"
journalctl --no-pager --unit sluice-crawler --output cat | sed 's/^/log /'
"#;

fn main() -> ExitCode {
    let Ok(tests) = env::var("SLUICE_TESTS") else { return ExitCode::SUCCESS };
    let server = Server::new().expect("started by tests/service");
    let world = World::new().expect("needs root");
    furnish(&world, &server);
    let said = boot(&world, &tests);
    print!("{said}");
    let of = |key: &str| {
        said.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default()
    };
    let exposure: f64 = of("exposure").parse().unwrap_or(10.0);
    let published = server.objects("service");
    let checks = [
        ("it is active", of("active") == "active"),
        ("it says where the work stands", of("status").contains("published")),
        ("the watchdog is on", !matches!(of("watchdog"), "" | "0" | "infinity")),
        ("it isn't root", of("user") == "sluice"),
        ("it has no capability", of("caps").trim_matches('0').is_empty() && !of("caps").is_empty()),
        ("it gains no privilege", of("nnp") == "1"),
        ("its system calls are filtered", of("seccomp") == "2"),
        ("systemd handed the keys over", of("credential") == "s3"),
        ("metrics are served", of("metrics").ends_with(" 2")),
        ("a reload keeps the process", of("reloaded") == "active same"),
        ("a hanging one is started again", of("watched") == "yes"),
        ("the result is published", published.keys().any(|key| key.ends_with("/manifest.json"))),
        ("the other is held", said.contains("output-missing")),
        (
            "figures are drawn",
            ["plots/a.svg.png", "a.pdf.png"]
                .iter()
                .all(|name| published.contains_key(&format!("service/alice/box-lab-3.0/{name}"))),
        ),
        ("exposure", exposure <= MOST_EXPOSED),
    ];
    let failed: Vec<_> = checks.iter().filter(|(_, good)| !good).map(|(what, _)| *what).collect();
    failed.iter().for_each(|what| println!("FAIL {what}"));
    let report = json!({
        "systemd": of("systemd"),
        "exposure": exposure,
        "passed": checks.len() - failed.len(),
        "failed": failed,
    });
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/report");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("service.json"), format!("{report:#}\n")).unwrap();
    println!("systemd-analyze security: {exposure}");
    println!("{} passed, {} failed", checks.len() - failed.len(), failed.len());
    ExitCode::from(u8::from(!failed.is_empty()))
}

/// The site as a package and an administrator leave it.
fn furnish(world: &World, server: &Server) {
    let section = server.section(world, "service");
    let section = section.lines().filter(|line| !line.starts_with("credentials"));
    let section = section.collect::<Vec<_>>().join("\n")
        + "\ncredentials = \"s3\"\nmetrics = \"/run/sluice-crawler/metrics\"\n";
    let site = world.site_with(&section).replace("\"nobody\"", "\"sluice\"");
    fs::write(world.at("etc/sluice.toml"), site).unwrap();
    chown(world.at("status"), Some(SLUICE), Some(SLUICE)).unwrap();
    world.figure_run(1).attest();
    world.run(2, "box").file("plots/x", b"x\n").of_figures().attest();

    world.publish_set(2, &[("entries/count@1.toml", &figures())]);
    let drawing = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>";
    let document = include_bytes!("../../../crates/site/src/renderer/trial.pdf");
    world.figure_run(3).file("plots/a.svg", drawing).file("a.pdf", document).attest();

    let packaging = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging");
    let root = world.at("boot/root.d");
    let place = |from: &Path, to: &str| {
        let to = root.join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    };
    let unit = "etc/systemd/system/sluice-crawler.service";
    place(&packaging.join("sluice-crawler.service"), unit);
    place(&packaging.join("sysusers.conf"), "usr/lib/sysusers.d/sluice.conf");
    place(Path::new(env!("CARGO_BIN_EXE_sluice-crawler")), "usr/bin/sluice-crawler");
    place(&built(), "usr/libexec/sluice/sluice-render");
    let drop_in = format!(
        "[Unit]\nRequires=accounts.service\nAfter=accounts.service\n[Service]\n\
         LoadCredential=s3:/etc/sluice/keys/s3.toml\nReadWritePaths={}\nWatchdogSec=5\n",
        world.at("status").display()
    );
    fs::create_dir_all(root.join(format!("{unit}.d"))).unwrap();
    fs::write(root.join(format!("{unit}.d/site.conf")), drop_in).unwrap();
    let accounts =
        "[Service]\nType=oneshot\nExecStart=/usr/bin/systemd-sysusers\nRemainAfterExit=yes\n";
    fs::write(root.join("etc/systemd/system/accounts.service"), accounts).unwrap();
    copy(&world.at("etc"), &root.join("etc/sluice"));
    let binds = format!("{}\n", world.dir.path().display());
    fs::write(world.at("boot/bind"), binds).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    let status = Command::new("cp").arg("-a").args([from, to]).status();
    assert!(status.unwrap().success());
}

fn boot(world: &World, tests: &str) -> String {
    let work: PathBuf = world.at("boot");
    let output = Command::new(Path::new(tests).join("boot"))
        .arg(&work)
        .args(["sluice-crawler.service", "sh", "-c", INSIDE, "inside"])
        .arg(world.dir.path())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}
