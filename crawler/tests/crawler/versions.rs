//! Taking back what a bucket keeps: on tests/stores/quirky and on moto, which has real versions and
//! locks. No other server among packages keeps versions.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use object_store::{GetOptions, ObjectStore, ObjectStoreExt, path::Path};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sluice_crawler::{
    outcome::State,
    serve::withdraw::Request,
    store::{Capabilities, Store, Versions},
};

use crate::world::{World, block_on, program, server::Server};

const BINARY: &str = env!("CARGO_BIN_EXE_sluice-crawler");
const RUN: &str = "box-lab-7.0";

/// A bucket that keeps versions, called by what the server does with them.
fn bucket(name: &str) -> Option<(Server, World)> {
    let server = Server::one_of(&["quirky", "moto"])?;
    if server.name == "moto" {
        match name {
            "versioned" => {
                ask(&server, "PUT /versioned", "", "");
                let on =
                    "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
                ask(&server, "PUT /versioned?versioning", "", on);
            }
            "locked" => {
                // Each object is locked after it was sent: moto doesn't know our digest's header.
                ask(&server, "PUT /locked", "x-amz-bucket-object-lock-enabled: true\r\n", "");
            }
            _ => Server::one_of(&["quirky"]).map(drop)?,
        }
    }
    let world = World::new()?;
    Some((Server { bucket: name.into(), ..server }, world))
}

/// One request of no user's: moto checks no signature.
fn ask(server: &Server, what: &str, header: &str, body: &str) -> String {
    let host = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    let length = body.len();
    let signed = "Authorization: AWS4-HMAC-SHA256 Credential=test-key/20260101/us-east-1/s3/\
        aws4_request, SignedHeaders=host, Signature=0\r\n";
    let head =
        format!("{what} HTTP/1.1\r\nHost: {host}\r\n{header}{signed}Content-Length: {length}\r\n");
    write!(stream, "{head}Connection: close\r\n\r\n{body}").unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 200"), "{what}: {said}");
    said
}

/// Publishes a run; keys of its objects with their versions.
fn publish(server: &Server, world: &World, prefix: &str) -> Vec<(Path, String)> {
    world.run(7, "box").file("results.csv", b"a\n1\n").file("plots/ä b", b"x\n").attest();
    let crawler = world.crawler_with(server.store(world, prefix));
    assert_eq!(block_on(crawler.pass()).unwrap().published, 1, "{:?}", world.stands(7));
    let client = server.client();
    let objects = server.objects(prefix).into_keys().map(|key| Path::parse(key).unwrap());
    let versions = objects.map(|key| {
        let version = block_on(client.head(&key)).unwrap().version.unwrap();
        (key, version)
    });
    let versions: Vec<_> = versions.collect();
    if server.name == "moto" && server.bucket == "locked" {
        for (key, version) in &versions {
            let key = utf8_percent_encode(key.as_ref(), NON_ALPHANUMERIC);
            let until = "<Retention><Mode>COMPLIANCE</Mode>\
                <RetainUntilDate>2099-01-01T00:00:00Z</RetainUntilDate></Retention>";
            ask(server, &format!("PUT /locked/{key}?retention&versionId={version}"), "", until);
        }
    }
    versions
}

fn is_readable(server: &Server, (key, version): &(Path, String)) -> bool {
    let how = GetOptions { version: Some(version.clone()), ..GetOptions::default() };
    block_on(server.client().get_opts(key, how)).is_ok()
}

fn withdraw(world: &World, store: Store) -> usize {
    let runs = vec![RUN.to_owned()];
    let request = Request { format: 1, runs, why: "wrong".into(), by: "root".into() };
    request.leave(&world.at("state"), "test").unwrap();
    block_on(world.crawler_with(store).pass()).unwrap().withdrawn
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_versions_are_withdrawn_too() {
    let Some((server, world)) = bucket("versioned") else { return };
    let store = server.store(&world, "gone");
    let found = block_on(store.probe()).unwrap();
    assert!(
        matches!(found, Capabilities { versions: Versions::Deleted, object_lock: false, .. }),
        "{found:?}"
    );
    // Another run whose name begins alike, and somebody's file beside.
    let other = Path::parse(format!("gone/alice/{RUN}0/results.csv")).unwrap();
    let other = (other.clone(), block_on(server.client().put(&other, "b".into())).unwrap().version);
    let published = publish(&server, &world, "gone");
    assert_eq!(published.len(), 5, "{published:?}");
    assert_eq!(withdraw(&world, store), 1);
    assert_eq!(world.stands(7).state, State::Withdrawn);
    for object in published.iter().filter(|(key, _)| *key != other.0) {
        assert!(!is_readable(&server, object), "{object:?}");
    }
    let left: Vec<_> = server.objects("gone").into_keys().collect();
    assert_eq!(left, [format!("gone/alice/{RUN}/tombstone.json"), other.0.to_string()]);
    if server.name == "moto" {
        let said = ask(&server, "GET /versioned?versions&prefix=gone/", "", "");
        assert_eq!(said.matches("<VersionId>").count(), 2, "{said}");
        assert!(!said.contains("DeleteMarker"), "{said}");
    }
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_versions_that_stay_are_said() {
    for name in ["versioned-kept", "versioned-unlisted", "locked"] {
        let Some((server, world)) = bucket(name) else { continue };
        let store = server.store(&world, "stays");
        let found = block_on(store.probe()).unwrap();
        // What moto locks is locked later.
        let (quirky, remains) = (server.name == "quirky", found.versions == Versions::Remain);
        assert_eq!(remains, quirky, "{name}");
        assert_eq!(found.object_lock, name == "locked");
        let published = publish(&server, &world, "stays");
        assert_eq!(withdraw(&world, store), 0, "{name}");
        let entry = world.stands(7);
        assert_eq!(entry.state, State::Withdrawing, "{name}");
        let remains = entry.remains.unwrap();
        for object in published {
            assert!(is_readable(&server, &object), "{name}");
            let (key, version) = object;
            let said = remains.contains(&format!("{key} (version {version})"));
            assert!(said || name == "versioned-unlisted", "{name}: {remains}");
        }
        // Nothing that was deleted is shown again.
        let left: Vec<_> = server.objects("stays").into_keys().collect();
        assert_eq!(left, [format!("stays/alice/{RUN}/tombstone.json")], "{name}");
    }
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_versions_that_stay_fail_the_command() {
    let Some((server, world)) = bucket("locked") else { return };
    publish(&server, &world, "command");
    world.inhabit(&world.site_with(&server.section(&world, "command")));
    for file in std::fs::read_dir(world.at("state")).unwrap() {
        let nobody = Some(program::NOBODY);
        std::os::unix::fs::chown(file.unwrap().path(), nobody, nobody).unwrap();
    }
    world.inhabit(&world.site_with(&server.section(&world, "command")));
    let validate = program::output(world.program(BINARY, &["validate", "--json"]));
    let versions = if server.name == "quirky" { "remain" } else { "deleted" };
    assert_eq!(validate.1["honours"]["versions"], versions, "{validate:?}");
    assert_eq!(validate.1["honours"]["object-lock"], true);
    let words = ["withdraw", RUN, "--why", "wrong"];
    let (code, _, said) = program::output(world.program(BINARY, &words));
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("not taken back whole"), "{said}");
    assert!(said.contains(&format!("command/alice/{RUN}/results.csv (version ")), "{said}");
}
