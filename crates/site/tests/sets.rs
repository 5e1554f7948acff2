//! Which set is in force, and which entries it approves.
#![allow(clippy::unwrap_used)]

use std::fs;

use sluice_policy::digest::Digest;
use sluice_site::Site;
use sluice_site::sets::{SetError, Sets, VerifiedSet};
use sluice_testing::{Draft, Host, NOW, point_to, write};
use time::Duration;

const ID: &str = "variant-calling@1.0.0";

fn site(policy: &str) -> Site {
    let text = format!(
        r#"
format = 1
cluster = "lab"
workflows = "/srv/w"
runtimes = "/srv/r"
runs = "/srv/runs"
sealed-root = "/srv/sealed"
attestations = "/srv/att"
status = "/srv/status"
{policy}
"#
    );
    Site::parse(text.as_bytes()).unwrap()
}

fn one() -> Site {
    site("[policy]\n[[policy.controller]]\nprincipal = \"controller@lab\"")
}

fn two() -> Site {
    site(
        "[policy]\nentry-signatures = 2\n[[policy.controller]]\nprincipal = \"controller@lab\"\n\
         [[policy.controller]]\nprincipal = \"second@lab\"\nnames = [\"variant-*\"]\ndata = [\"cohort\"]",
    )
}

fn entry(name: &str, data: &str) -> String {
    format!(
        r#"
format = 1
name = "{name}"
version = "1.0.0"
digest = "{digest}"
engine = "snakemake"
network = "none"
steps = "none"
stdio = "sealed"
[approval]
by = "controller@lab"
proposal = "DAC-1"
purpose = "testing"
requester = "somebody"
at = "2026-06-01T00:00:00Z"
[[data]]
name = "{data}"
at = "/data/{data}"
[[command]]
script = """
#!/bin/bash
cat {{bundle}}/x
"""
"#,
        digest = Digest::of(b"bundle")
    )
}

fn revoked(what: &str) -> String {
    format!("format = 1\n{what}\nwhy = \"leaked\"\nat = \"2026-06-02T00:00:00Z\"\n")
}

fn draft(host: &Host, serial: u64, principals: &[&str]) -> Draft {
    let mut draft = Draft::new(serial);
    host.add(
        &mut draft,
        &format!("entries/{ID}.toml"),
        &entry("variant-calling", "cohort"),
        principals,
    );
    draft
}

fn current(host: &Host, site: &Site) -> Result<VerifiedSet, SetError> {
    Sets::open_below(site, &host.etc(), &host.dir.path().join("state"))?.current(NOW)
}

fn code<T>(result: Result<T, SetError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(error) => error.code().word(),
    }
}

fn entry_code(host: &Host, site: &Site, id: &str) -> &'static str {
    code(current(host, site).unwrap().entry(id, NOW))
}

#[test]
fn a_signed_set_is_in_force() {
    let Some(host) = Host::new() else { return };
    assert_eq!(code(current(&host, &one())), "allowlist-missing");
    host.publish(&draft(&host, 3, &["controller@lab"]));
    let set = current(&host, &one()).unwrap();
    assert_eq!(set.serial(), 3);
    let found = set.entry(ID, NOW).unwrap();
    assert_eq!(found.signers, ["controller@lab"]);
    assert_eq!(found.entry.data[0].name, "cohort");
    for id in ["variant-calling@2.0.0", "../../index@1", "x", ""] {
        assert_eq!(code(set.entry(id, NOW)), "not-listed", "{id}");
    }
}

#[test]
fn a_bad_set_leaves_the_last_good_one_in_force() {
    let Some(host) = Host::new() else { return };
    let good = draft(&host, 3, &["controller@lab"]);
    let bad: [(&str, &dyn Fn()); 7] = [
        ("signed with an entry key", &|| {
            host.publish_as(&Draft { serial: 4, ..good.clone() }, "controller@lab");
        }),
        ("a file changed", &|| {
            host.publish(&Draft { serial: 4, ..good.clone() });
            write(&host.allowlist().join(format!("sets/4/entries/{ID}.toml")), b"format = 1");
        }),
        ("a file missing", &|| {
            host.publish(&Draft { serial: 4, ..good.clone() });
            fs::remove_file(host.allowlist().join(format!("sets/4/entries/{ID}.toml"))).unwrap();
        }),
        ("expired", &|| {
            let expires = NOW - Duration::seconds(1);
            host.publish(&Draft { serial: 4, expires, ..good.clone() });
        }),
        ("under another serial", &|| {
            host.publish(&Draft { serial: 4, ..good.clone() });
            fs::rename(host.allowlist().join("sets/4"), host.allowlist().join("sets/5")).unwrap();
            point_to(&host.allowlist(), "sets/5");
        }),
        ("writable by others", &|| {
            host.publish(&Draft { serial: 4, ..good.clone() });
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
            fs::set_permissions(host.allowlist().join("sets/4"), mode).unwrap();
        }),
        ("revocation not by a controller", &|| {
            let mut draft = Draft { serial: 4, ..good.clone() };
            host.add(&mut draft, "revoked.toml", "format = 1", &["second@lab"]);
            host.publish(&draft);
        }),
    ];
    for (what, publish) in bad {
        let _ = fs::remove_dir_all(host.dir.path().join("state"));
        let _ = fs::remove_dir_all(host.allowlist().join("sets"));
        publish();
        assert_ne!(code(current(&host, &one())), "ok", "{what}");
        host.publish(&good);
        assert!(current(&host, &one()).unwrap().passed_over().is_none());
        let _ = fs::remove_dir_all(host.allowlist().join("sets/4"));
        let _ = fs::remove_dir_all(host.allowlist().join("sets/5"));
        publish();
        let set = current(&host, &one()).unwrap();
        assert_eq!(set.serial(), 3, "{what}");
        assert!(set.passed_over().is_some(), "{what}");
        assert_eq!(code(set.entry(ID, NOW)), "ok");
    }
}

#[test]
fn serials_never_go_back() {
    let Some(host) = Host::new() else { return };
    host.publish(&draft(&host, 4, &["controller@lab"]));
    assert_eq!(current(&host, &one()).unwrap().serial(), 4);
    host.publish(&draft(&host, 3, &["controller@lab"]));
    let set = current(&host, &one()).unwrap();
    assert_eq!(set.serial(), 4);
    assert_eq!(set.passed_over().unwrap().code().word(), "allowlist-behind");
    // A node that lost the copy but not the floor doesn't fall for the old set either.
    fs::remove_dir_all(host.dir.path().join("state/allowlist/4")).unwrap();
    fs::remove_dir_all(host.allowlist().join("sets/4")).unwrap();
    assert_ne!(code(current(&host, &one())), "ok");
    let mut demanding = one();
    demanding.min_serial = 9;
    fs::remove_dir_all(host.dir.path().join("state")).unwrap();
    assert_eq!(code(current(&host, &demanding)), "allowlist-behind");
}

#[test]
fn expiry_and_missing_end_it() {
    let Some(host) = Host::new() else { return };
    host.publish(&draft(&host, 3, &["controller@lab"]));
    assert_eq!(code(current(&host, &one())), "ok");
    let site = one();
    let sets = Sets::open_below(&site, &host.etc(), &host.dir.path().join("state")).unwrap();
    let later = NOW + Duration::days(10);
    assert_eq!(code(sets.current(later)), "allowlist-expired");
    assert_eq!(sets.serial(3, later).unwrap().serial(), 3);
    point_to(&host.allowlist(), "../elsewhere");
    assert_eq!(
        current(&host, &one()).unwrap().passed_over().unwrap().code().word(),
        "allowlist-invalid"
    );
    fs::remove_file(host.allowlist().join("current")).unwrap();
    assert_eq!(code(current(&host, &one())), "allowlist-missing");
}

#[test]
fn files_not_listed_are_not_there() {
    let Some(host) = Host::new() else { return };
    let draft = draft(&host, 3, &["controller@lab"]);
    host.publish(&draft);
    let extra = entry("extra", "cohort");
    let signature = host.keys.sign("controller@lab", "sluice-entry@v1", extra.as_bytes());
    let set = host.allowlist().join("sets/3/entries");
    write(&set.join("extra@1.0.0.toml"), extra.as_bytes());
    write(&set.join("extra@1.0.0.toml.sig.d/controller@lab.sig"), &signature);
    assert_eq!(entry_code(&host, &one(), "extra@1.0.0"), "not-listed");
}

#[test]
fn policy_counts_distinct_controllers_for_their_names_and_data() {
    let Some(host) = Host::new() else { return };
    let both = ["controller@lab", "second@lab"];
    for (name, data, principals, expected) in [
        ("variant-calling", "cohort", &both[..], "ok"),
        ("variant-calling", "cohort", &both[..1], "entry-unsigned"),
        ("variant-calling", "cohort", &[], "entry-unsigned"),
        ("variant-calling", "genomes", &both[..], "entry-unsigned"),
        ("imaging", "cohort", &both[..], "entry-unsigned"),
    ] {
        let _ = fs::remove_dir_all(host.dir.path().join("state"));
        let _ = fs::remove_dir_all(host.allowlist().join("sets"));
        let mut draft = Draft::new(1);
        host.add(&mut draft, &format!("entries/{name}@1.0.0.toml"), &entry(name, data), principals);
        host.publish(&draft);
        let id = format!("{name}@1.0.0");
        assert_eq!(entry_code(&host, &two(), &id), expected, "{name} {data} {principals:?}");
    }
}

#[test]
fn a_signature_under_another_name_or_file_does_not_count() {
    let Some(host) = Host::new() else { return };
    let mut draft = draft(&host, 1, &["controller@lab"]);
    let path = |principal: &str| format!("entries/{ID}.toml.sig.d/{principal}.sig");
    let signature = draft.files[&path("controller@lab")].clone();
    draft.files.insert(path("second@lab"), signature.clone());
    let other = "entries/other@1.0.0.toml";
    draft.files.insert(other.into(), entry("other", "cohort").into());
    draft.files.insert(format!("{other}.sig.d/controller@lab.sig"), signature);
    draft
        .files
        .insert("entries/renamed@1.0.0.toml".into(), entry("variant-calling", "cohort").into());
    host.publish(&draft);
    assert_eq!(entry_code(&host, &two(), ID), "entry-unsigned");
    assert_eq!(entry_code(&host, &one(), "other@1.0.0"), "entry-unsigned");
    assert_eq!(entry_code(&host, &one(), "renamed@1.0.0"), "entry-invalid");
}

#[test]
fn too_many_signatures_make_an_entry_invalid() {
    let Some(host) = Host::new() else { return };
    let mut draft = draft(&host, 1, &["controller@lab"]);
    for number in 0..64 {
        draft.files.insert(format!("entries/{ID}.toml.sig.d/p{number}@lab.sig"), vec![b'x']);
    }
    host.publish(&draft);
    assert_eq!(entry_code(&host, &one(), ID), "entry-invalid");
}

#[test]
fn revocation_wins() {
    let Some(host) = Host::new() else { return };
    for (what, expected) in [
        (format!("[[digest]]\ndigest = \"{}\"", Digest::of(b"bundle")), "revoked"),
        (
            format!("[[key]]\nfingerprint = \"{}\"", host.keys.fingerprint("controller@lab")),
            "revoked",
        ),
        (
            format!(
                "[[digest]]\ndigest = \"{}\"",
                Digest::of(entry("variant-calling", "cohort").as_bytes())
            ),
            "revoked",
        ),
        (format!("[[digest]]\ndigest = \"{}\"", Digest::of(b"another")), "ok"),
    ] {
        let _ = fs::remove_dir_all(host.dir.path().join("state"));
        let _ = fs::remove_dir_all(host.allowlist().join("sets"));
        let mut draft = draft(&host, 1, &["controller@lab"]);
        host.add(&mut draft, "revoked.toml", &revoked(&what), &["controller@lab"]);
        host.publish(&draft);
        assert_eq!(entry_code(&host, &one(), ID), expected, "{what}");
    }
    let _ = fs::remove_dir_all(host.dir.path().join("state"));
    let _ = fs::remove_dir_all(host.allowlist().join("sets"));
    let mut draft = draft(&host, 1, &["controller@lab"]);
    let admin = format!("[[key]]\nfingerprint = \"{}\"", host.keys.fingerprint("admin@lab"));
    host.add(&mut draft, "revoked.toml", &revoked(&admin), &["controller@lab"]);
    host.publish(&draft);
    assert_eq!(code(current(&host, &one())), "revoked");
}

/// The set that takes a key back may still carry that key's signature of its index, in front of others.
#[test]
fn a_revoked_key_spoils_no_other_signature_of_the_index() {
    let Some(mut host) = Host::new() else { return };
    host.key("deputy@lab", "namespaces=\"sluice-index@v1\"");
    let mut draft = draft(&host, 1, &["controller@lab"]);
    let key = host.keys.fingerprint("admin@lab");
    let text = revoked(&format!("[[key]]\nfingerprint = \"{key}\""));
    host.add(&mut draft, "revoked.toml", &text, &["controller@lab"]);
    host.publish(&draft);
    let signature = host.allowlist().join("sets/1/index.toml.sig.d/deputy@lab.sig");
    let index = fs::read(host.allowlist().join("sets/1/index.toml")).unwrap();
    write(&signature, &host.keys.sign("deputy@lab", "sluice-index@v1", &index));
    assert_eq!(entry_code(&host, &one(), ID), "ok");

    // Older releases noted the first who had signed.
    let stamp = host.dir.path().join("state/allowlist/1/verified.json");
    let noted = fs::read_to_string(&stamp).unwrap();
    let noted =
        noted.split_once('\n').unwrap().1.replace(&host.keys.fingerprint("deputy@lab"), &key);
    assert!(noted.contains(&key));
    write(&stamp, format!("{}\n{noted}", Digest::of(noted.as_bytes())).as_bytes());
    assert_eq!(entry_code(&host, &one(), ID), "ok");
    assert!(!fs::read_to_string(&stamp).unwrap().contains(&key), "found anew");
    // Without the other signature the set is the revoked key's alone.
    fs::remove_file(signature).unwrap();
    fs::remove_dir_all(host.dir.path().join("state")).unwrap();
    assert_eq!(code(current(&host, &one())), "revoked");
}

#[test]
fn what_was_taken_back_is_not_given_back_by_leaving_it_out() {
    let Some(host) = Host::new() else { return };
    let bundle = revoked(&format!("[[digest]]\ndigest = \"{}\"", Digest::of(b"bundle")));
    let mut first = draft(&host, 1, &["controller@lab"]);
    host.add(&mut first, "revoked.toml", &bundle, &["controller@lab"]);
    host.publish(&first);
    assert_eq!(entry_code(&host, &one(), ID), "revoked");
    // Whoever signs indexes leaves it out, or takes the list of before.
    host.publish(&draft(&host, 2, &["controller@lab"]));
    let mut third = draft(&host, 3, &["controller@lab"]);
    host.add(&mut third, "revoked.toml", "format = 1\n", &["controller@lab"]);
    for serial in [2, 3] {
        if serial == 3 {
            host.publish(&third);
        }
        let set = current(&host, &one()).unwrap();
        assert_eq!((set.serial(), entry_code(&host, &one(), ID)), (1, "revoked"));
        let why = set.passed_over().unwrap().to_string();
        assert!(why.contains(&format!("the allowlist {serial} no longer takes sha256:")), "{why}");
    }
    // One that takes back more is in force.
    let mut fourth = draft(&host, 4, &["controller@lab"]);
    let key = host.keys.fingerprint("second@lab");
    let more = format!(
        "{bundle}[[key]]\nfingerprint = \"{key}\"\nwhy = \"lost\"\nat = \"2026-06-02T00:00:00Z\"\n"
    );
    host.add(&mut fourth, "revoked.toml", &more, &["controller@lab"]);
    host.publish(&fourth);
    assert_eq!(current(&host, &one()).unwrap().serial(), 4);
}

#[test]
fn a_key_that_is_taken_away_takes_its_sets_along() {
    let Some(host) = Host::new() else { return };
    host.publish(&draft(&host, 1, &["controller@lab"]));
    assert_eq!(code(current(&host, &one())), "ok");
    let lines: Vec<&str> = host.signers().lines().collect();
    let without = |principal: &str| -> String {
        lines
            .iter()
            .filter(|line| !line.starts_with(principal))
            .map(|line| format!("{line}\n"))
            .collect()
    };
    host.write_signers(&without("admin@lab"));
    assert_eq!(code(current(&host, &one())), "allowlist-invalid");
    host.write_signers(&without("controller@lab"));
    assert_eq!(entry_code(&host, &one(), ID), "entry-unsigned");
    host.write_signers(host.signers());
    assert_eq!(entry_code(&host, &one(), ID), "ok");
}

#[test]
fn a_cut_off_copy_is_never_taken_for_a_set() {
    let Some(host) = Host::new() else { return };
    host.publish(&draft(&host, 1, &["controller@lab"]));
    write(&host.dir.path().join("state/allowlist/1.partial/entries/x"), b"");
    assert_eq!(entry_code(&host, &one(), ID), "ok");
    assert!(!host.dir.path().join("state/allowlist/1.partial").exists());
}

#[test]
fn manifests_come_with_the_set() {
    let Some(host) = Host::new() else { return };
    let mut draft = draft(&host, 1, &["controller@lab"]);
    let manifest = b"sluice-manifest 1\nd - - a\n";
    let digest = Digest::of(manifest);
    draft.files.insert(format!("manifests/{}", digest.hex()), manifest.to_vec());
    host.publish(&draft);
    let set = current(&host, &one()).unwrap();
    assert_eq!(set.manifest(&digest).unwrap().items().len(), 1);
    assert!(set.manifest(&Digest::of(b"")).is_none());
}
