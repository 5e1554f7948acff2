//! What sets and hosts are made of.

/// An entry of `demo@1.0` that approves one script, with further tables.
pub fn entry(tables: &str, script: &str) -> String {
    format!(
        r#"format = 1
name = "demo"
version = "1.0"
engine = "sh"
network = "none"
steps = "none"
stdio = "sealed"
[approval]
by = "alice@site"
proposal = "P-1"
purpose = "test"
requester = "bob"
at = "2026-07-01T12:00:00Z"
{tables}[[command]]
script = """
#!/bin/bash
{script}
"""
"#
    )
}

/// The configuration of a site with this policy.
pub fn config(policy: &str) -> String {
    format!(
        r#"format = 1
cluster = "lab"
workflows = "/srv/workflows"
runtimes = "/srv/runtimes"
runs = "/srv/runs"
sealed-root = "/srv/private/sealed"
attestations = "/srv/private/attestations"
status = "/srv/status"
service-user = "root"
[policy]
{policy}"#
    )
}
