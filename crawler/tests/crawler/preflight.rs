//! `validate` tries what the first run needs: each fault beside the same site without it.

use std::{
    fs,
    io::Write,
    net::TcpListener,
    os::unix::fs::{PermissionsExt, chown},
    path::Path,
    sync::Arc,
    thread::spawn,
};

use serde_json::Value;

use object_store::{ObjectStoreExt, memory::InMemory, path::Path as Key};
use sluice_crawler::{config::Location, store::Store};

use crate::{
    proxy::request,
    world::{
        World, block_on,
        faults::{Fault, Faulty},
        program::{self, NOBODY, wait_for},
        server::Server,
        set::figures,
    },
};

const BINARY: &str = env!("CARGO_BIN_EXE_sluice-crawler");

fn world() -> Option<World> {
    let world = World::new()?;
    world.inhabit(&world.site());
    Some(world)
}

fn validate(world: &World) -> (Option<i32>, Vec<Value>) {
    let (code, said, log) = program::output(world.program(BINARY, &["validate", "--json"]));
    (code, said["faults"].as_array().unwrap_or_else(|| panic!("{log}")).clone())
}

/// One cause may have several faults.
#[track_caller]
fn finds(world: &World, code: i32, what: &str, why: &str) {
    let (found, faults) = validate(world);
    assert_eq!(found, Some(code), "{faults:?}");
    let has = |fault: &Value, key: &str, text: &str| fault[key].as_str().unwrap().contains(text);
    assert!(faults.iter().any(|it| has(it, "what", what) && has(it, "why", why)), "{faults:?}");
    assert!(faults.iter().all(|it| !it["remedy"].as_str().unwrap().is_empty()));
}

#[track_caller]
fn is_ready(world: &World) {
    assert_eq!(validate(world), (Some(0), Vec::new()));
}

fn names(dir: &Path) -> Vec<String> {
    fs::read_dir(dir).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn what_the_account_can_t_write_is_found() {
    let Some(world) = world() else { return };
    is_ready(&world);
    let ledger = world.at("state/ledger.sqlite");
    fs::write(&ledger, "").unwrap();
    chown(ledger, Some(NOBODY), Some(NOBODY)).unwrap();
    for (path, what) in [
        ("published", "file://"),
        ("status", "status directory"),
        ("state", "ledger in"),
        ("state/ledger.sqlite", "ledger in"),
        ("state/audit.jsonl", "audit log"),
        ("state/allowlist", "allowlist"),
    ] {
        let path = world.at(path);
        let owner = |uid| chown(&path, Some(uid), Some(uid)).unwrap();
        owner(0);
        let mode = fs::metadata(&path).unwrap().permissions();
        if !path.is_dir() {
            fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        }
        finds(&world, 4, what, "");
        fs::set_permissions(&path, mode).unwrap();
        owner(NOBODY);
        is_ready(&world);
    }
    for dir in ["published", "status", "state"] {
        let left = names(&world.at(dir));
        assert!(
            !left.iter().any(|name| name.contains("trial") || name.contains("probe")),
            "{left:?}"
        );
    }
}

#[test]
fn what_the_account_can_t_read_is_found() {
    let Some(world) = world() else { return };
    for (path, what, code) in [
        ("attestations/spool", "spool", 4),
        ("sealed", "sealed run directories", 4),
        ("etc/allowlist", "allowlist", 3),
        ("etc/allowed_signers", "allowlist", 3),
    ] {
        is_ready(&world);
        let (path, aside) = (world.at(path), world.at("aside"));
        fs::rename(&path, &aside).unwrap();
        finds(&world, code, what, "");
        fs::rename(&aside, &path).unwrap();
    }
    for (path, what) in [("attestations/spool", "spool"), ("sealed", "sealed run directories")] {
        is_ready(&world);
        let mode = |mode| fs::set_permissions(world.at(path), PermissionsExt::from_mode(mode));
        mode(0o700).unwrap();
        finds(&world, 4, what, "denied");
        mode(0o755).unwrap();
    }
    let section = format!(
        "store = \"file://{}\"\nrequire-attestation = false\n",
        world.at("published").display()
    );
    world.inhabit(&world.site_with(&section));
    is_ready(&world);
    fs::remove_dir(world.at("runs")).unwrap();
    finds(&world, 4, "run directories below", "");
}

#[test]
fn a_set_that_is_over_is_found() {
    let Some(world) = world() else { return };
    is_ready(&world);
    let now = time::OffsetDateTime::now_utc();
    world.publish_set_until(2, &[], now - time::Duration::hours(1));
    fs::remove_dir_all(world.at("state/allowlist")).unwrap();
    finds(&world, 3, "allowlist", "expired");
}

#[test]
fn a_running_crawler_is_no_fault_and_goes_on() {
    let Some(world) = world() else { return };
    let daemon = world.daemon(BINARY);
    wait_for(|| world.at("state/requests").exists());
    is_ready(&world);
    world.run(7, "box").file("results.csv", b"a,b\n1,2\n").attest();
    wait_for(|| world.at("published/alice/box-lab-7.0/manifest.json").exists());
    assert_eq!(daemon.end("-TERM"), Some(0));
}

#[test]
fn a_store_that_gives_back_other_bytes_is_found() {
    let tried = |fault| {
        let faulty = Faulty::new(Arc::new(InMemory::new()), fault, usize::MAX);
        let tried = block_on(Store::new(faulty, "pre", "memory").preflight());
        tried.map(drop).map_err(|stop| stop.reason().code())
    };
    assert_eq!(tried(Fault::Fail), Ok(()));
    assert_eq!(tried(Fault::Alter), Err("store-differs"));
}

#[test]
fn what_a_killed_trial_left_goes_with_the_next() {
    let objects = Arc::new(InMemory::new());
    let [left, other] =
        ["1700000000000000000-1", "mine"].map(|name| Key::from(format!("pre/sluice-probe/{name}")));
    for key in [&left, &other] {
        block_on(objects.put(key, "probe".into())).unwrap();
    }
    block_on(Store::new(objects.clone(), "pre", "memory").preflight()).unwrap();
    assert!(block_on(objects.head(&left)).is_err() && block_on(objects.head(&other)).is_ok());

    let dir = tempfile::tempdir().unwrap();
    let names = ["sluice-probe-1700000000000000000-1", "1700000000000000000-1"];
    names.iter().for_each(|name| fs::write(dir.path().join(name), "probe").unwrap());
    let store = Store::open(&Location::Directory(dir.path().to_owned())).unwrap();
    block_on(store.preflight()).unwrap();
    assert_eq!(names.map(|name| dir.path().join(name).exists()), [false, true]);
}

/// An answer to every request, whatever it asks for.
fn portal(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    spawn(move || {
        for mut client in listener.incoming().flatten() {
            // A client that goes away is no failure of the test.
            let Ok((head, _)) = request(&mut client) else { continue };
            let page = "<html><body><p>Please sign in</p></body></html>";
            let shown = if head.starts_with("HEAD") { "" } else { page };
            let length = page.len();
            let _ = write!(
                client,
                "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\
                 Connection: close\r\n\r\n{shown}"
            );
        }
    });
    url
}

fn at(url: &str, bucket: &str) -> Server {
    let [name, region, key, secret] = ["portal", "lab", "key", "secret"].map(str::to_owned);
    Server { name, region, key, secret, url: url.into(), bucket: bucket.into() }
}

#[test]
fn figures_need_the_program_that_draws_them() {
    let Some(world) = world() else { return };
    world.publish_set(2, &[("entries/count@1.toml", &figures())]);
    for kind in ["svg", "pdf"] {
        finds(&world, 4, &format!("the drawing of {kind} figures"), "sluice-render");
    }
    let mut with = world.program(BINARY, &["validate", "--json"]);
    with.env("SLUICE_TEST_RENDER", program::built());
    let (code, said, log) = program::output(with);
    assert_eq!(code, Some(0), "{said} {log}");
}

#[test]
fn what_is_no_s3_server_is_found() {
    let Some(world) = world() else { return };
    for bucket in ["results", "results-{owner}"] {
        for (url, why) in [
            ("http://127.0.0.1:1".to_owned(), "doesn't answer"),
            (portal("200 OK"), "not as an S3 server"),
            (portal("404 Not Found"), ""),
        ] {
            world.inhabit(&world.site_with(&at(&url, bucket).section(&world, "pre")));
            finds(&world, 4, &format!("s3://{bucket}/pre at {url}"), why);
        }
    }
    let server = at("http://127.0.0.1:1", "Results_{owner}");
    world.inhabit(&world.site_with(&server.section(&world, "pre")));
    finds(&world, 3, "s3://Results_", "can't be a bucket's name");
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_servers_are_ready_with_the_right_key() {
    let Some((server, world)) = Server::new().zip(World::new()) else { return };
    for bucket in [server.bucket.clone(), format!("{}-{{owner}}", server.bucket)] {
        let server = Server { bucket, ..server.clone() };
        world.inhabit(&world.site_with(&server.section(&world, "preflight")));
        is_ready(&world);
        let wrong = Server { secret: "wrong-secret-of-some-length".into(), ..server };
        world.inhabit(&world.site_with(&wrong.section(&world, "preflight")));
        // The quirky server looks at no signature.
        if wrong.name != "quirky" {
            finds(&world, 4, "s3://", "");
        }
    }
    assert!(server.objects("preflight").is_empty());
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_quirk_bytes_that_change_are_found() {
    let Some(server) = Server::one_of(&["quirky"]) else { return };
    let Some(world) = World::new() else { return };
    for (bucket, ready) in [("results", true), ("corrupts-all", false)] {
        let server = Server { bucket: bucket.into(), ..server.clone() };
        world.inhabit(&world.site_with(&server.section(&world, "pre")));
        match ready {
            true => is_ready(&world),
            false => finds(&world, 4, "corrupts-all", "gives back other bytes"),
        }
    }
}
