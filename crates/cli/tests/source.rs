//! Where a bundle comes from: commits, signed tags, the version before, and keys held by an agent.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::Ran;
use support::repository::{add, entry, git, repository, tag};

#[test]
fn a_signed_tag_that_names_the_commit_of_the_bundle_is_accepted() {
    let scratch = repository();
    add(&scratch, "").fails(2, "--git");
    let ran = add(&scratch, "--git repo --tag-signers tag-signers").ok();
    assert!(ran.err.contains("Good \"git\" signature for dev@example.org"), "{ran:?}");
    // By the caller's own list, too.
    let list = scratch.path("tag-signers");
    scratch
        .write(".gitconfig", format!("[gpg \"ssh\"]\n\tallowedSignersFile = {}\n", list.display()));
    add(&scratch, "--git repo").ok();
}

#[test]
fn other_signers_tags_commits_and_contents_are_refused() {
    let scratch = repository();
    let with = "--git repo --tag-signers tag-signers";
    // What the repository says about keys and programs doesn't count.
    let list = scratch.path("tag-signers").display().to_string();
    git(&scratch, &["config", "gpg.ssh.allowedSignersFile", &list]).ok();
    let yes = scratch.write("yes", "#!/bin/sh\necho Good signature >&2\n");
    scratch.mode("yes", 0o755);
    git(&scratch, &["config", "gpg.ssh.program", &yes.display().to_string()]).ok();
    add(&scratch, "--git repo").fails(1, "is not signed by a key you trust");

    git(&scratch, &["tag", "plain"]).ok();
    entry(&scratch, "plain");
    add(&scratch, with).fails(1, "the tag plain is not signed");
    tag(&scratch, "stolen", "mallory");
    entry(&scratch, "stolen");
    add(&scratch, with).fails(1, "the tag stolen is not signed by a key you trust");
    entry(&scratch, "v2.0");
    add(&scratch, with).fails(1, "refs/tags/v2.0");

    entry(&scratch, "v1.0");
    for (file, content, says) in
        [("main", "echo evil\n", "content    main\n"), ("main.pyc", "", "added      main.pyc\n")]
    {
        let before = fs::read(scratch.path("bundle").join(file)).ok();
        scratch.write(&format!("bundle/{file}"), content);
        let ran = add(&scratch, with).fails(1, "is not what the commit");
        assert!(ran.err.contains(says), "{ran:?}");
        match before {
            Some(bytes) => fs::write(scratch.path("bundle").join(file), bytes).expect("a file"),
            None => fs::remove_file(scratch.path("bundle").join(file)).expect("a file"),
        }
    }
    scratch.mode("bundle/main", 0o644);
    add(&scratch, with).fails(1, "is not what the commit");
    scratch.mode("bundle/main", 0o755);
    add(&scratch, with).ok();

    scratch.write("repo/main", "echo second\n");
    git(&scratch, &["commit", "-q", "-a", "-m", "second"]).ok();
    entry(&scratch, "v1.0");
    add(&scratch, with).fails(1, "the tag v1.0 names the commit");
    assert!(Path::new(&scratch.path("repo/.git/index")).exists());
}

#[test]
fn a_checkout_itself_is_no_bundle() {
    let scratch = repository();
    let plain = scratch.read("entry.toml").replace("tag = \"v1.0\"\n", "");
    scratch.write("entry.toml", plain);
    scratch.run("allowlist add set entry.toml --bundle repo").fails(1, "holds .git");
    add(&scratch, "--git repo").ok();
}

#[test]
fn the_difference_to_the_version_before_is_part_of_the_approval() {
    let scratch = repository();
    let first = scratch.read("entry.toml").replace("tag = \"v1.0\"\n", "");
    scratch.write("entry.toml", &first);
    add(&scratch, "").ok();
    let second = first
        .replace("\"1.0\"", "\"1.1\"")
        .replace("[approval]", "[approval]\nprevious = \"demo@1.0\"");
    scratch.write("entry.toml", &second);
    scratch.write("bundle/main", "echo second\n");
    add(&scratch, "").ok();
    let diff = scratch.run("diff demo@1.0 bundle --set set --json");
    let diff = diff.json()["diff"].as_str().expect("a digest").to_owned();
    let text = scratch.read("set/entries/demo@1.1.toml");
    assert!(text.contains(&format!("[approval]\ndiff = \"{diff}\"\nprevious")), "{text}");

    scratch.key("alice");
    let signers = format!("alice@site {}", scratch.read("alice.pub"));
    scratch.write("signers", signers);
    scratch.run("allowlist sign set --all --key alice --as alice@site").ok();
    scratch.run("allowlist verify set --signers signers").ok();
    let other = diff.replace("sha256:", "sha256:00");
    scratch.write("set/entries/demo@1.1.toml", text.replace(&diff, &other[..71]));
    scratch.run("allowlist verify set --signers signers").fails(1, "approval.diff is sha256:00");
    scratch.write("entry.toml", second.replace("demo@1.0", "demo@0.9"));
    add(&scratch, "").fails(1, "demo@0.9 is not in the set");
}

#[test]
fn parameter_schemas_are_checked_before_they_are_signed() {
    let scratch = repository();
    let plain = scratch.read("entry.toml").replace("tag = \"v1.0\"\n", "");
    let with = plain.replace("[[command]]", "[parameters]\nschema = \"s.json\"\n[[command]]");
    scratch.write("entry.toml", with);
    add(&scratch, "").fails(1, "s.json: ");
    scratch.write("bundle/s.json", "{\"$ref\": \"https://example.org/x\"}");
    add(&scratch, "").fails(1, "the parameter schema is not valid");
    scratch.write("bundle/s.json", "{\"type\": \"object\"}");
    add(&scratch, "").ok();
}

#[test]
fn keys_in_an_agent_sign() {
    let scratch = repository();
    let plain = scratch.read("entry.toml").replace("tag = \"v1.0\"\n", "");
    scratch.write("entry.toml", plain);
    add(&scratch, "").ok();
    let public = scratch.key("alice");
    scratch.write("signers", format!("alice@site {public}"));
    // The agent lives as long as the command it starts; the private key is nowhere else.
    let script = "ssh-add -q alice && rm alice && \
                  \"$0\" allowlist sign set --all --key alice.pub --as alice@site";
    let output = Command::new("ssh-agent")
        .args(["sh", "-c", script, env!("CARGO_BIN_EXE_sluice")])
        .current_dir(scratch.root())
        .output();
    Ran::of(output.expect("ssh-agent runs")).ok();
    scratch.run("allowlist verify set --signers signers").ok();
}

#[test]
fn a_tag_signed_with_openpgp_counts_if_its_key_is_trusted() {
    let scratch = repository();
    let gpg = |words: &[&str]| {
        let output = Command::new("gpg")
            .args(["--batch", "--quiet", "--homedir"])
            .arg(scratch.path("gpg"))
            .args(words)
            .output();
        Ran::of(output.expect("gpg runs"))
    };
    fs::create_dir(scratch.path("gpg")).expect("a directory");
    scratch.mode("gpg", 0o700);
    let who = "dev@example.org";
    gpg(&["--passphrase", "", "--quick-generate-key", who, "ed25519", "sign", "1d"]).ok();
    let signed = Command::new("git")
        .args(["-c", "user.name=dev", "-c", "user.email=dev@example.org", "-C"])
        .arg(scratch.path("repo"))
        .args(["-c", "user.signingKey=dev@example.org", "tag", "-s", "-m", "x", "pgp"])
        .env("GNUPGHOME", scratch.path("gpg"))
        .status();
    assert!(signed.expect("git runs").success());
    entry(&scratch, "pgp");
    let add = |home: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_sluice"))
            .args(["allowlist", "add", "set", "entry.toml", "--bundle", "bundle", "--git", "repo"])
            .current_dir(scratch.root())
            .env("HOME", scratch.root())
            .env("GNUPGHOME", scratch.path(home))
            .output();
        Ran::of(output.expect("sluice runs"))
    };
    fs::create_dir(scratch.path("none")).expect("a directory");
    scratch.mode("none", 0o700);
    add("none").fails(1, "the tag pgp is not signed by a key you trust");
    add("gpg").ok();
    // The agents end with their directories, but not at once.
    for home in ["gpg", "none"] {
        let kill = Command::new("gpgconf")
            .args(["--kill", "all"])
            .env("GNUPGHOME", scratch.path(home))
            .status();
        assert!(kill.expect("gpgconf runs").success());
    }
}
