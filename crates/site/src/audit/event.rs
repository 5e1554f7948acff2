//! What audit logs tell: those of the nodes, and the crawler's own.

sluice_protocol::codes! {
    /// What happened.
    pub enum Event {
        Admit = "admit": "node: a job was admitted",
        Allowlist = "allowlist": "node: a set of the allowlist came into force",
        Altered = "altered": "node: a copy in the store isn't what was approved any more",
        Attest = "attest": "node: the end of a job was attested",
        AttestFailed = "attest-failed": "node: the end of a job can't be attested yet",
        ClearFailed = "clear-failed": "node: what an ended job left can't be cleared away",
        Confine = "confine": "node: a job that would be refused runs on trial, its results held",
        Hold = "hold": "crawler: a run is held, or has failed",
        Mode = "mode": "node: the plugin's mode has changed",
        NodeUnsafe = "node-unsafe": "node: settings of the host would weaken the sandbox",
        Observe = "observe": "node: what `mode=enforce` would have done with a job or step",
        Publish = "publish": "crawler: a run is published; its manifest is sent next",
        Recovered = "recovered": "any: the line before was cut off by a crash",
        Refuse = "refuse": "node: a job or step was refused",
        Step = "step": "node: a step of an admitted job was let in",
        Withdraw = "withdraw": "crawler: a run is taken back",
    }
}

#[cfg(test)]
mod tests {
    use sluice_protocol::codes::rows;

    use super::Event;

    #[test]
    fn the_page_has_every_event() {
        let page = include_str!("../../../../docs/reference/audit.md");
        let stated: Vec<String> = Event::ALL
            .iter()
            .map(|event| {
                let (writer, meaning) = event.meaning().split_once(": ").unwrap();
                format!("| `{event}` | {writer} | {meaning} |")
            })
            .collect();
        assert_eq!(rows(page, "## Events"), stated);
        assert!(Event::ALL.is_sorted_by_key(|event| event.word()));
    }
}
