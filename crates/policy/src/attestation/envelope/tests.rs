use super::*;
use crate::{
    attestation::{AuditHead, Basis, End, JobState, OutputFile, Run},
    digest::Digest,
    testing::{Keys, flips},
};
use time::macros::datetime;

const ENDED: OffsetDateTime = datetime!(2026-07-01 12:00 UTC);
const NOW: OffsetDateTime = datetime!(2026-07-02 12:00 UTC);
const VALID: &str = "20260101:20270101";

fn predicate() -> Predicate {
    Predicate {
        format: 1,
        run: Run {
            cluster: "lab".into(),
            job: 7,
            restart: 0,
            run_id: "c19c-lab-7.0".into(),
            node: "n1".into(),
            nodes: vec!["n1".into(), "n2".into()],
            user: "alice".into(),
            uid: 1001,
            held: None,
            submitted_run_dir: "/srv/sluice/runs/c19c".into(),
            sealed: "/srv/sluice-private/sealed/lab/7.0/run".into(),
            started: ENDED - Duration::hours(1),
            status_token: "0".repeat(32),
        },
        basis: Basis {
            entry: "variant-calling@1.0.0".into(),
            serial: 3,
            signers: vec!["controller@lab".into()],
            ..Basis::none()
        },
        end: End { ended: ENDED, exit_code: 0, state: JobState::Completed, interfered: false },
        files: vec![OutputFile {
            path: "results.csv".into(),
            bytes: 3,
            sha256: Digest::of(b"a,b").hex(),
            rule: 0,
        }],
        irregular: Vec::new(),
        audit_head: AuditHead { seq: 9, hash: "0".repeat(64) },
    }
}

/// A cluster key and a node key, and the certificate that `options` ask for.
struct Cluster {
    keys: Keys,
    cert: String,
}

impl Cluster {
    fn new(options: &[&str]) -> Self {
        let keys = Keys::new();
        keys.make("cluster", "ed25519");
        keys.make("node", "ed25519");
        let cert = keys.certify("cluster", "node", options);
        Self { keys, cert }
    }

    fn of_n1() -> Self {
        Self::new(&["-h", "-n", "n1", "-V", VALID])
    }

    fn ca(&self) -> PublicKey {
        PublicKey::from_openssh(&self.keys.public("cluster")).unwrap()
    }

    fn key(&self, name: &str) -> PrivateKey {
        PrivateKey::from_openssh(self.keys.read(name)).unwrap()
    }

    fn sign(&self, predicate: Predicate) -> Envelope {
        let payload = Statement::new(predicate).to_bytes().unwrap();
        sign(&payload, &self.key("node"), &self.cert).unwrap()
    }

    fn open(&self, envelope: &Envelope) -> Result<Statement, AttestationError> {
        envelope.open(&self.ca(), NOW)
    }

    fn attest(&self, change: impl Fn(&mut Predicate)) -> Result<Statement, AttestationError> {
        let mut predicate = predicate();
        change(&mut predicate);
        self.open(&self.sign(predicate))
    }
}

fn certificate_error(result: Result<Statement, AttestationError>) -> &'static str {
    match result {
        Err(AttestationError::Certificate(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn opens_what_a_certified_node_sealed() {
    let cluster = Cluster::of_n1();
    let envelope = cluster.sign(predicate());
    let read = Envelope::parse(&envelope.to_bytes().unwrap()).unwrap();
    assert_eq!(read, envelope);
    let statement = cluster.open(&read).unwrap();
    assert_eq!(statement.predicate, predicate());
    assert_eq!(statement.subject[0].digest.sha256, Digest::of(b"a,b").hex());
}

#[test]
fn has_the_form_of_in_toto_and_dsse() {
    assert_eq!(
        pre_authentication_encoding("http://example.com/HelloWorld", b"hello world"),
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world",
        "the vector of DSSE's specification"
    );
    let cluster = Cluster::of_n1();
    let envelope = serde_json::to_value(cluster.sign(predicate())).unwrap();
    assert_eq!(envelope["payloadType"], "application/vnd.in-toto+json");
    let payload = Base64::decode_vec(envelope["payload"].as_str().unwrap()).unwrap();
    let statement: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["predicateType"], "urn:sluice:attestation:v1");
    assert_eq!(statement["subject"][0]["name"], "results.csv");
    assert_eq!(statement["predicate"]["run-id"], "c19c-lab-7.0");
    assert_eq!(statement["predicate"]["ended"], "2026-07-01T12:00:00Z");
    assert_eq!(statement["predicate"]["audit-head"]["seq"], 9);
}

#[test]
fn refuses_certificates_that_say_something_else() {
    for (options, why) in [
        (&["-n", "n1", "-V", VALID][..], "host certificate"),
        (&["-h", "-n", "n2", "-V", VALID], "not for the node"),
        (&["-h", "-V", VALID], "not for the node"),
        (&["-h", "-n", "n1", "-V", "20270101:20280101"], "not valid"),
        (&["-h", "-n", "n1", "-V", "20250101:20260101"], "not valid"),
    ] {
        let cluster = Cluster::new(options);
        let found = certificate_error(cluster.attest(|_| {}));
        assert!(found.contains(why), "{options:?}: {found}");
    }
    // The crate cannot read an end of validity that never comes.
    let endless = Cluster::new(&["-h", "-n", "n1"]);
    let payload = Statement::new(predicate()).to_bytes().unwrap();
    assert!(sign(&payload, &endless.key("node"), &endless.cert).is_err());
}

#[test]
fn refuses_another_cluster_and_borrowed_certificates() {
    let (ours, theirs) = (Cluster::of_n1(), Cluster::of_n1());
    let found = certificate_error(ours.open(&theirs.sign(predicate())));
    assert!(found.contains("did not sign"), "{found}");

    // Their key with our certificate.
    let mut borrowed = theirs.sign(predicate());
    borrowed.signatures[0].cert = ours.cert.clone();
    assert!(ours.open(&borrowed).is_err());
    borrowed.signatures[0].keyid = ours.sign(predicate()).signatures[0].keyid.clone();
    assert_eq!(ours.open(&borrowed), Err(AttestationError::Signature));
    let payload = Statement::new(predicate()).to_bytes().unwrap();
    assert!(sign(&payload, &theirs.key("node"), &ours.cert).is_err());
    assert!(sign(&payload, &ours.key("cluster"), &ours.cert).is_err());
}

#[test]
fn wants_ed25519() {
    let keys = Keys::new();
    keys.make("cluster", "ed25519");
    keys.make("node", "ecdsa");
    let cert = keys.certify("cluster", "node", &["-h", "-n", "n1", "-V", VALID]);
    let key = PrivateKey::from_openssh(keys.read("node")).unwrap();
    assert_eq!(sign(b"x", &key, &cert), Err(AttestationError::KeyType("the node's key")));
    let cluster = Cluster::of_n1();
    let ca = PublicKey::from_openssh(&keys.public("node")).unwrap();
    assert_eq!(
        cluster.sign(predicate()).open(&ca, NOW),
        Err(AttestationError::KeyType("the cluster's key"))
    );
}

#[test]
fn refuses_statements_that_contradict_themselves() {
    let cluster = Cluster::of_n1();
    let refused = |change: &dyn Fn(&mut Predicate)| cluster.attest(change).unwrap_err();
    let contradiction = |why| AttestationError::Contradiction(why);
    assert!(matches!(refused(&|p| p.run.node = "n2".into()), AttestationError::Certificate(_)));
    assert_eq!(
        refused(&|p| p.run.nodes = vec!["n2".into()]),
        contradiction("the signing node is not one of the job's")
    );
    assert_eq!(
        refused(&|p| p.run.started = ENDED + Duration::SECOND),
        contradiction("it ended before it started")
    );
    assert_eq!(
        refused(&|p| p.end.ended = NOW + CLOCK_SKEW + Duration::SECOND),
        contradiction("its job ends in the future")
    );
    assert!(matches!(refused(&|p| p.format = 2), AttestationError::Malformed(_)));

    let sealed = |change: &dyn Fn(&mut Statement)| {
        let mut statement = Statement::new(predicate());
        change(&mut statement);
        let payload = statement.to_bytes().unwrap();
        cluster.open(&sign(&payload, &cluster.key("node"), &cluster.cert).unwrap()).unwrap_err()
    };
    assert_eq!(
        sealed(&|s| s.subject[0].name = "other.csv".into()),
        contradiction("its subjects are not its files")
    );
    assert_eq!(sealed(&|s| s.subject.clear()), contradiction("its subjects are not its files"));
    assert!(matches!(sealed(&|s| s.predicate_type.push('x')), AttestationError::Malformed(_)));
}

#[test]
fn refuses_other_envelopes() {
    let cluster = Cluster::of_n1();
    let good = cluster.sign(predicate());
    let refused = |change: &dyn Fn(&mut Envelope)| {
        let mut envelope = good.clone();
        change(&mut envelope);
        cluster.open(&envelope).unwrap_err();
    };
    refused(&|e| e.signatures.clear());
    refused(&|e| e.signatures.push(e.signatures[0].clone()));
    refused(&|e| e.payload_type = "text/plain".into());
    refused(&|e| e.payload.push('='));
    refused(&|e| e.signatures[0].sig = String::new());
    refused(&|e| e.signatures[0].keyid = "SHA256:x".into());
    refused(&|e| e.signatures[0].cert = "ssh-ed25519 AAAA".into());
    let mut unknown = serde_json::to_value(&good).unwrap();
    unknown["extra"] = 1.into();
    assert!(Envelope::parse(unknown.to_string().as_bytes()).is_err());
    assert!(Envelope::parse(b"").is_err());
    assert_eq!(Envelope::parse(&vec![b' '; MAX_BYTES + 1]), Err(AttestationError::TooLarge));
}

/// How many bits of an attestation can be flipped so that it still opens.
fn undetected(cluster: &Cluster, good: &[u8]) -> usize {
    let opens = |bytes: &Vec<u8>| {
        Envelope::parse(bytes).and_then(|envelope| cluster.open(&envelope)).is_ok()
    };
    assert!(opens(&good.to_vec()));
    flips(good).filter(opens).count()
}

#[test]
fn detects_every_flipped_bit() {
    let cluster = Cluster::of_n1();
    // Base64 ends in three ways.
    for user in ["alice", "alice2", "alice23"] {
        let predicate =
            Predicate { run: Run { user: user.into(), ..predicate().run }, ..predicate() };
        let good = cluster.sign(predicate).to_bytes().unwrap();
        assert_eq!(undetected(&cluster, &good), 0, "of {} bits", 8 * good.len());
    }
}

#[test]
fn of_an_older_attestation_only_the_certificate_s_comment_is_free() {
    let cluster = Cluster::of_n1();
    let mut older = cluster.sign(predicate());
    assert!(!older.signatures[0].cert.ends_with(" n"), "it is sealed without");
    older.signatures[0].cert += " n";
    let good = older.to_bytes().unwrap();
    // But for a byte that isn't UTF-8, and two that JSON would write otherwise.
    let free = undetected(&cluster, &good);
    assert!((1..=8).contains(&free), "{free} of {} bits", 8 * good.len());
}
