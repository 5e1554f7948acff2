//! Every reason for which a job is refused.

crate::codes! {
    /// Why a job may not run: `docs/refusals.md`. On the wire and in records it is its word, since
    /// another version may know others.
    pub enum Code {
        AllowlistBehind = "allowlist-behind":
            "the node's allowlist has a lower serial than the site requires or the node has seen"
            => "publish the newest set to this node; restore nothing older",
        AllowlistExpired = "allowlist-expired":
            "the allowlist's index has expired"
            => "let the controller issue and sign a new index with a later `expires`",
        AllowlistInvalid = "allowlist-invalid":
            "the allowlist cannot be read, is not signed as the site requires, or was altered"
            => "run `sluice check` and publish the set again as the controller signed it",
        AllowlistMissing = "allowlist-missing":
            "the node has no allowlist"
            => "publish the set to this node with `sluice allowlist push`",
        ArrayRefused = "array-refused":
            "the job is an element of a job array"
            => "submit each job on its own; in WESkit, unset the accounting name, which it passes as -a",
        AuditUnwritable = "audit-unwritable":
            "the decision could not be written to the audit log"
            => "make room for /var/log/sluice/audit.jsonl and check that it is root's",
        BundleChanged = "bundle-changed":
            "a file of the workflow differs from what was approved"
            => "restore the named file, or have the new version approved",
        BundleMissing = "bundle-missing":
            "the workflow named by the script is not installed on this node"
            => "install the approved version below the site's `workflows`, or its image below `images`",
        BundleUnreadable = "bundle-unreadable":
            "a file of the workflow cannot be read or is none that a bundle may have"
            => "make the named file readable for root, or remove it",
        ConfigurationInvalid = "configuration-invalid":
            "/etc/sluice/sluice.toml is missing, not root's alone, or wrong"
            => "run `sluice check` on the node and mend what it names",
        ControllerUnreachable = "controller-unreachable":
            "Slurm's controller did not answer for the job's record"
            => "check slurmctld, then submit again",
        DataMissing = "data-missing":
            "a data set that the entry names is not configured or not there on this node"
            => "add it under [data] in sluice.toml, or mount it",
        EntryExpired = "entry-expired":
            "the entry's `not-after` has passed"
            => "ask the data controller to approve the workflow for longer",
        EntryInvalid = "entry-invalid":
            "the workflow's entry in the allowlist cannot be read"
            => "let the controller correct, sign and publish the entry",
        EntryTooNew = "entry-too-new":
            "the workflow's entry is of a format that this node's Sluice does not know"
            => "upgrade Sluice on the node, or submit a version whose entry is older",
        EntryUnsigned = "entry-unsigned":
            "the workflow's entry lacks signatures that the site requires"
            => "let as many controllers as the site asks for sign the entry, each for names and data that are theirs",
        FactsInvalid = "facts-invalid":
            "what Slurm told about the job is incomplete or contradicts itself"
            => "check that plugin and sluice-admit come from the same release",
        FileRefused = "file-refused":
            "a file that the script names is missing from the run directory, or no plain file"
            => "put the named file into the run directory as a regular file",
        FilesystemUnknown = "filesystem-unknown":
            "the node's kernel does not know the file system of the workflow's image"
            => "load the named module on the node, or have an image of the other file system approved",
        HetRefused = "het-refused":
            "the job is a component of a heterogeneous job"
            => "submit a single job",
        ImageInvalid = "image-invalid":
            "the workflow's image is neither squashfs nor erofs, or is none that is used"
            => "make it with `sluice image build`, and have it approved",
        ImageUnmountable = "image-unmountable":
            "the node's kernel cannot mount the workflow's image"
            => "look into the node's kernel log: the image is damaged, or the kernel lacks its compression",
        InPlaceUntrusted = "in-place-untrusted":
            "a workflow that the site uses in place could be changed by others than root"
            => "give it to root on a local file system, or take it off store.in-place",
        InstalledTwice = "installed-twice":
            "the workflow or its runtime is installed as a directory and as an image"
            => "remove what the entry does not approve",
        InternalError = "internal-error":
            "Sluice met something that it did not expect"
            => "look for the job in the node's log and report it",
        LoopUnavailable = "loop-unavailable":
            "the node has no free loop device for the workflow's image"
            => "load the module `loop` on the node, raise its max_loop, or look who has all devices",
        NoAnswer = "no-answer":
            "sluice-admit made no progress in time or ended without a verdict"
            => "check storage and load of the node, then submit again",
        NodeUnsafe = "node-unsafe":
            "a setting of the node would weaken the sandbox"
            => "run `sluice check` on the node and mend what it names, or accept it in sluice.toml",
        NotListed = "not-listed":
            "no entry of the allowlist approves this workflow"
            => "submit an approved workflow, or ask the data controller to approve this one",
        OutOfScope = "out-of-scope":
            "the entry does not admit this user, group, account, cluster or partition"
            => "submit as the entry says, or ask the data controller for a wider scope",
        ParametersRefused = "parameters-refused":
            "a parameter is not what the workflow's schema asks for"
            => "correct the named parameter and submit again",
        Revoked = "revoked":
            "the workflow, its runtime or its approval was taken back"
            => "use a version that is still approved",
        RunDirectoryRefused = "run-directory-refused":
            "the job's directory is not a run directory of this site, or not the user's"
            => "submit from a directory of your own below the site's `runs`",
        RunsExhausted = "runs-exhausted":
            "the user has run the entry as often as it may be run in its period"
            => "wait until the named time, or ask the data controller for more runs",
        RuntimeChanged = "runtime-changed":
            "a file of the runtime differs from what was approved"
            => "restore the named file, or have the new runtime approved",
        SandboxUnavailable = "sandbox-unavailable":
            "the node cannot confine the job"
            => "run `sluice check` on the node: kernel or container settings forbid namespaces",
        ScriptRefused = "script-refused":
            "the batch script uses more of the shell than words, quotes and `&&`, or is none that sbatch submitted"
            => "submit a script as the entry's template shows, with sbatch",
        ScriptUnmatched = "script-unmatched":
            "the batch script is none that the entry approves"
            => "submit a script as the entry's template shows; the message names the first difference",
        SealedDirectoryExists = "sealed-directory-exists":
            "the sealed directory or the attestation of this job is already there"
            => "an administrator looks where it comes from and removes it; job ids must not repeat",
        StepRefused = "step-refused":
            "the step does not belong to an admitted batch job"
            => "submit with sbatch; srun and salloc have no access to the data",
        StoreChanged = "store-changed":
            "the node's copy of the workflow was altered, and running jobs use it"
            => "submit again when they have ended; have the node's disk looked at",
        StoreCold = "store-cold":
            "the node has no verified copy of the workflow yet, and making one takes too long for a job to wait"
            => "run `sluice warm NAME@VERSION` on the node, then submit again",
        StoreFull = "store-full":
            "the node's store has no room for the workflow beside those that running jobs use"
            => "submit again later, or raise store.max-bytes in sluice.toml",
        StoreUnwritable = "store-unwritable":
            "the node could not write its store or the job's record"
            => "make room below /var/lib/sluice and /run/sluice and check that they are root's",
        TicketExpired = "ticket-expired":
            "the step shows the ticket of an earlier start of its job"
            => "let the job start its steps anew; a ticket ends with the start it was given to",
        TicketForeign = "ticket-foreign":
            "the step shows another job's ticket"
            => "start the step inside the job it belongs to",
        TicketForged = "ticket-forged":
            "the step's ticket was not made on this cluster for this job"
            => "start steps with srun inside the job; check that /etc/sluice/keys/steps is the same on all nodes",
        TicketMissing = "ticket-missing":
            "the step comes into an admitted job from outside"
            => "start steps with srun inside the job, without --export=NONE",
        TooEarly = "too-early":
            "the entry's `not-before` has not come yet"
            => "submit again from the named time on",
    }
}

impl From<Code> for String {
    fn from(code: Code) -> String {
        code.word().into()
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn are_sorted_kebab_case_and_explained() {
        assert!(Code::ALL.windows(2).all(|pair| pair[0].word() < pair[1].word()));
        let documented = include_str!("../../../docs/refusals.md");
        let rows = documented.lines().filter(|line| line.starts_with("| ")).skip(1);
        let stated = Code::ALL
            .iter()
            .map(|code| format!("| {code} | {} | {} |", code.meaning(), code.remedy()));
        assert!(rows.eq(stated), "docs/refusals.md says something else");
        for code in Code::ALL {
            let (word, cause, remedy) = (code.word(), code.meaning(), code.remedy());
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{code}");
            assert!(!cause.is_empty() && !remedy.is_empty(), "{code}");
            assert!(!cause.ends_with('.') && !remedy.ends_with('.'), "{code}");
        }
    }
}
