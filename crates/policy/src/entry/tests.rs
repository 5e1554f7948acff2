use super::*;

const SAMPLE: &str = r##"
format = 1
name = "variant-calling"
version = "1.0.0"
digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
engine = "snakemake"
network = "none"
steps = "none"
stdio = "sealed"
[source]
url = "https://example.org/variant-calling"
commit = "0123456789abcdef0123456789abcdef01234567"
tag = "v1.0.0"
[approval]
by = "controller@lab"
proposal = "DAC-2026-7"
purpose = "call variants in the cohort"
requester = "alice"
at = "2026-07-01T12:00:00Z"
previous = "variant-calling@0.9.0"
diff = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
[scope]
users = ["alice"]
not-before = "2026-07-01T12:00:00Z"
not-after = "2027-07-01T12:00:00Z"
max-runs = { per-user = 20, days = 30 }
[runtime]
name = "snakemake"
version = "9.27.1"
digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
[system]
links = ["/usr/bin/python3.11"]
[[data]]
name = "cohort"
at = "/data/cohort"
[parameters]
schema = "config/schema.json"
[[command]]
script = """
#!/bin/bash
set -eu -o pipefail && {runtime}/bin/snakemake --snakefile {bundle}/Snakefile --configfile {file:.yaml}
"""
[[output]]
glob = "results.csv"
kind = "csv"
required = true
max-bytes = 1000000
max-rows = 5000
[[output]]
glob = "plots/*.svg"
kind = "svg"
max-bytes = 1000000
review = true
"##;

fn parse(text: &str) -> Result<Entry, EntryError> {
    Entry::parse(text.as_bytes())
}

#[test]
fn reads_every_field() {
    let entry = parse(SAMPLE).unwrap();
    assert_eq!(entry.id(), "variant-calling@1.0.0");
    assert_eq!(entry.digest, Digest::of(b"abc"));
    assert_eq!(entry.approval.proposal, "DAC-2026-7");
    assert_eq!(entry.scope.users, ["alice"]);
    assert_eq!(entry.scope.groups, [""; 0]);
    assert!(entry.scope.not_after > entry.scope.not_before);
    assert_eq!(entry.runtime.as_ref().unwrap().version, "9.27.1");
    assert_eq!(entry.system.links, ["/usr/bin/python3.11"]);
    assert_eq!((entry.data.len(), entry.command.len(), entry.output.len()), (1, 1, 2));
    assert_eq!((entry.output[0].required, entry.output[0].needs_review()), (true, false));
    assert_eq!((entry.output[1].max_rows, entry.output[1].review), (None, Some(true)));
    assert!(entry.output[0].extra_columns(), "format 1 lets others stand beside those named");
}

const RULES: &str = r##"
[[output]]
glob = "tables/*.csv"
kind = "csv"
max-bytes = 1000000
max-rows = 5000
columns = ["group", "n"]
forbidden-columns = ["patient_id"]
max-columns = 20
max-cell-bytes = 64
row-names = true
counts = { columns = ["n", "n_*"], minimum = 10, multiple-of = 5, zero = "allow", labels = ["group"] }
percent = { columns = ["share"], of = "n" }
contributors = { column = "n", minimum = 10 }
dominance = { largest = ["first", "second"], total = "sum", percent = 90 }
gzip = true
max-unpacked-bytes = 10000000
[[output]]
glob = "report.json"
kind = "json"
max-bytes = 1000000
max-depth = 8
max-items = 1000
[[output]]
glob = "figure.svg"
kind = "svg"
max-bytes = 1000000
max-points = 1000
[[output]]
glob = "figures/*.pdf"
kind = "pdf"
max-bytes = 1000000
rasterise = true
[[output]]
glob = "model.rds"
kind = "other"
max-bytes = 1000000
[[output]]
glob = "notes.tsv"
kind = "tsv"
max-bytes = 1000000
extra-columns = true
comments = "#"
"##;

fn format_2(rules: &str) -> String {
    let start = SAMPLE.find("[[output]]").unwrap();
    [&SAMPLE[..start].replace("format = 1", "format = 2"), rules].concat()
}

#[test]
fn format_2_has_more_rules() {
    let entry = parse(&format_2(RULES)).unwrap();
    let table = &entry.output[0];
    assert!(!table.extra_columns() && table.counts.as_ref().unwrap().has("n_old"));
    assert!(!table.counts.as_ref().unwrap().has("m"));
    assert_eq!((entry.output[1].max_depth(), table.max_columns()), (8, 20));
    assert!(entry.output[4].needs_review() && !entry.output[1].needs_review());
    let picture = entry.output[3].of_picture();
    assert!(picture.needs_review() && !picture.rasterise && picture.kind == ContentKind::Png);
    let written = toml::to_string(&entry).unwrap();
    assert_eq!(parse(&written).unwrap(), entry);
}

#[test]
fn counts_are_compared_unless_that_is_pointless() {
    for (more, compared) in [
        ("minimum = 10, labels = [\"group\"]", true),
        ("minimum = 10, labels = []", true),
        ("minimum = 10, labels = [], earlier = \"compare\"", true),
        ("minimum = 10, earlier = \"ignore\"", false),
        ("minimum = 10, labels = [\"group\"], multiple-of = 5", true),
        ("minimum = 10, multiple-of = 10", false),
        ("minimum = 1", false),
    ] {
        let old = "minimum = 10, multiple-of = 5, zero = \"allow\", labels = [\"group\"]";
        let rules = RULES.replacen(old, more, 1);
        let entry = parse(&format_2(&rules)).unwrap();
        assert_eq!(entry.output[0].counts.as_ref().unwrap().are_compared(), compared, "{more}");
        let written = toml::to_string(&entry).unwrap();
        assert_eq!(parse(&written).unwrap(), entry);
        assert_eq!(written.contains("earlier"), more.contains("ignore"), "{written}");
    }
}

#[test]
fn row_names_alone_are_labels_without_a_name() {
    let rules = RULES.replacen("labels = [\"group\"]", "labels = [\"\"]", 1);
    assert!(parse(&format_2(&rules)).is_ok());
    let rules = rules.replacen("row-names = true", "row-names = false", 1);
    let error = parse(&format_2(&rules)).unwrap_err().to_string();
    assert!(error.contains("output.counts.labels"), "{error}");
}

#[test]
fn rules_can_be_read_alone() {
    let outputs = |text: &str| Entry::parse_outputs(text.as_bytes());
    assert_eq!(outputs(RULES).unwrap(), parse(&format_2(RULES)).unwrap().output);
    assert_eq!(outputs(SAMPLE).unwrap(), parse(SAMPLE).unwrap().output);
    for bad in ["[[output]]\nglob = \"x\"\n", "format = 3\n", "format = 1\n[[output]]\ngzip = true"]
    {
        assert!(outputs(bad).is_err(), "{bad}");
    }
}

/// What a machine alone lets out of a PDF is a picture of it; format 1 has none.
#[test]
fn a_pdf_without_review_is_rasterised() {
    let outputs = |text: &str| Entry::parse_outputs(text.as_bytes());
    let rule =
        |more: &str| format!("[[output]]\nglob = \"x\"\nkind = \"pdf\"\nmax-bytes = 9\n{more}");
    for good in ["", "review = true", "review = false\nrasterise = true"] {
        assert!(outputs(&rule(good)).is_ok(), "{good}");
    }
    let alone = rule("review = false");
    let why = outputs(&alone).unwrap_err().to_string();
    assert!(why.contains("output.review") && why.contains("rasterise = true"), "{why}");
    assert!(outputs(&format!("format = 1\n{alone}")).is_ok());
}

#[test]
fn refuses_other_rules() {
    for (from, to, said) in [
        ("columns = [\"group\", \"n\"]\n", "", "output.columns"),
        ("kind = \"csv\"", "kind = \"png\"", "output"),
        ("kind = \"json\"", "kind = \"text\"", "output.max-depth"),
        ("kind = \"svg\"", "kind = \"png\"", "output.max-points"),
        ("kind = \"other\"", "kind = \"other\"\nreview = false", "output.review"),
        ("kind = \"other\"", "kind = \"png\"\ngzip = true", "output.gzip"),
        ("max-unpacked-bytes = 10000000\n", "", "output.max-unpacked-bytes"),
        ("gzip = true\n", "", "output.max-unpacked-bytes"),
        ("comments = \"#\"", "comments = \"%\"", "output.comments"),
        ("max-columns = 20", "max-columns = 20\ncomments = \"#\"", "output.comments"),
        ("max-columns = 20", "max-columns = 0", "output.max-columns"),
        ("max-cell-bytes = 64", "max-cell-bytes = 0", "output.max-cell-bytes"),
        ("\"n_*\"", "\"*\"", "output.counts.columns"),
        ("minimum = 10, multiple", "minimum = 0, multiple", "output.counts.minimum"),
        ("multiple-of = 5", "multiple-of = 1", "output.counts.multiple-of"),
        ("zero = \"allow\"", "zero = \"maybe\"", "zero"),
        ("zero = \"allow\"", "earlier = \"maybe\"", "earlier"),
        ("labels = [\"group\"]", "labels = [\"n_old\"]", "output.counts.labels"),
        (
            ", labels = [\"group\"]",
            "",
            "name the columns that tell rows apart in labels, or say earlier = \"ignore\"",
        ),
        ("of = \"n\" }", "of = \"m\" }", "output.percent.of"),
        ("column = \"n\", minimum = 10", "column = \"n\", minimum = 0", "output.contributors"),
        ("percent = 90", "percent = 0", "output.dominance"),
        ("largest = [\"first\", \"second\"]", "largest = []", "output.dominance"),
        ("max-depth = 8", "max-depth = 129", "output.max-depth"),
        ("max-items = 1000", "max-items = 0", "output.max-items"),
        ("max-points = 1000", "max-dots = 1000", "max-dots"),
        ("max-points = 1000", "max-points = 1000\nrasterise = true", "output.max-points"),
        ("kind = \"pdf\"", "kind = \"png\"", "output.rasterise"),
        ("rasterise = true", "review = false", "output.review"),
    ] {
        let bad = RULES.replacen(from, to, 1);
        assert_ne!(bad, RULES, "{from}");
        let error = parse(&format_2(&bad)).expect_err(to).to_string();
        assert!(error.contains(said), "{to}: {error}");
    }
}

#[test]
fn a_newer_format_is_told_from_a_broken_entry() {
    let newer = SAMPLE.replace("format = 1", "format = 3\nunheard-of = true");
    assert!(matches!(parse(&newer), Err(EntryError::TooNew(3))));
}

#[test]
fn refuses_other_values() {
    for (from, to, said) in [
        ("format = 1", "format = 0", "format"),
        ("format = 1", "format = 1\nextra = 1", "extra"),
        ("name = \"variant-calling\"", "name = \"../x\"", "name"),
        ("name = \"variant-calling\"", "name = \"Variant\"", "name"),
        ("name = \"variant-calling\"", "name = \"\"", "name"),
        ("name = \"variant-calling\"", "name = \".x\"", "name"),
        ("version = \"1.0.0\"", "version = \"1/0\"", "version"),
        ("version = \"1.0.0\"", "version = \"-1\"", "version"),
        ("digest = \"sha256:ba", "digest = \"sha256:BA", "digest"),
        ("digest = \"sha256:", "digest = \"sha512:", "digest"),
        ("network = \"none\"", "network = \"open\"", "network"),
        ("steps = \"none\"", "steps = \"inside\"", "steps"),
        ("network = \"none\"", "network = \"slurm\"", "steps"),
        ("stdio = \"sealed\"", "stdio = \"open\"", "stdio"),
        ("https://", "file://", "source.url"),
        ("tag = \"v1.0.0\"", "tag = \"-v\"", "source.tag"),
        ("tag = \"v1.0.0\"", "tag = \"a..b\"", "source.tag"),
        ("variant-calling@0.9.0", "other@0.9.0", "approval.previous"),
        ("variant-calling@0.9.0", "variant-calling@1.0.0", "approval.previous"),
        ("previous = \"variant-calling@0.9.0\"\n", "", "approval.diff"),
        ("per-user = 20", "per-user = 0", "max-runs"),
        ("days = 30", "days = 4000", "max-runs"),
        ("days = 30", "weeks = 4", "weeks"),
        ("\"config/schema.json\"", "\"/etc/schema.json\"", "parameters.schema"),
        ("{file:.yaml}", "{file:.txt}", "parameters"),
        ("{file:.yaml}", "{file:.yaml} {file:.json}", "parameters"),
        ("commit = \"0", "commit = \"", "source.commit"),
        ("commit = \"0123456789abc", "commit = \"0123456789ABC", "source.commit"),
        ("by = \"controller@lab\"\n", "", "by"),
        ("[approval]", "[approval]\nextra = 1", "extra"),
        ("at = \"2026-07-01T12:00:00Z\"", "at = \"2026-07-01T12:00:00+02:00\"", "UTC"),
        ("at = \"2026-07-01T12:00:00Z\"", "at = 2026-07-01T12:00:00Z", "string"),
        ("[scope]", "[scope]\nhosts = []", "hosts"),
        ("not-after = \"2027", "not-after = \"2025", "not-after"),
        ("[runtime]\nname = \"snakemake\"", "[runtime]\nname = \"..\"", "runtime.name"),
        ("version = \"9.27.1\"", "version = \"..\"", "runtime.version"),
        ("/usr/bin/python3.11", "usr/bin/python3.11", "system.links"),
        ("/usr/bin/python3.11", "/usr/../etc", "system.links"),
        ("/usr/bin/python3.11", "/", "system.links"),
        ("name = \"cohort\"", "name = \"a/b\"", "data.name"),
        ("\"/data/cohort\"", "\"data/cohort\"", "data.at"),
        ("\"/data/cohort\"", "\"/data/../etc\"", "data.at"),
        ("\"/data/cohort\"", "\"/\"", "data.at"),
        ("[[command]]", "[[data]]\nname = \"cohort\"\nat = \"/x\"\n[[command]]", "twice"),
        ("[[command]]", "[[data]]\nname = \"b\"\nat = \"/data/cohort\"\n[[command]]", "share"),
        ("[[command]]", "[[data]]\nname = \"b\"\nat = \"/data/cohort/b\"\n[[command]]", "lies in"),
        ("[[command]]", "[[data]]\nname = \"b\"\nat = \"/data\"\n[[command]]", "lies in"),
        ("#!/bin/bash\n", "", "[[command]] 1"),
        ("{bundle}/Snakefile", "$HOME/Snakefile", "[[command]] 1"),
        ("\"results.csv\"", "\"/results.csv\"", "output.glob"),
        ("\"results.csv\"", "\"../results.csv\"", "output.glob"),
        ("\"results.csv\"", "\"[\"", "output.glob"),
        ("kind = \"csv\"", "kind = \"exe\"", "kind"),
        ("kind = \"csv\"", "kind = \"json\"", "max-rows"),
        ("max-bytes = 1000000", "max-bytes = 0", "max-bytes"),
        ("max-bytes = 1000000", "max-bytes = 1099511627777", "max-bytes"),
        ("max-bytes = 1000000\nreview", "max-bytes = 268435457\nreview", "max-bytes"),
        ("kind = \"csv\"", "kind = \"other\"", "format = 2"),
        ("max-rows = 5000", "extra-columns = true", "format = 2"),
        ("max-bytes = 1000000", "max-bytes = -1", "max-bytes"),
        ("max-bytes = 1000000\n", "", "max-bytes"),
        ("call variants", "call \\u202e variants", "control or direction"),
        ("call variants", "call \\u001b[2K", "control or direction"),
    ] {
        let bad = SAMPLE.replacen(from, to, 1);
        assert_ne!(bad, SAMPLE, "{from}");
        let error = parse(&bad).expect_err(to).to_string();
        assert!(error.contains(said), "{to}: {error}");
    }
}

#[test]
fn needs_a_command_and_its_runtime() {
    let start = SAMPLE.find("[[command]]").unwrap();
    let end = SAMPLE.find("[[output]]").unwrap();
    assert!(parse(&[&SAMPLE[..start], &SAMPLE[end..]].concat()).is_err(), "no command");
    let runtime = SAMPLE.find("[runtime]").unwrap();
    let system = SAMPLE.find("[system]").unwrap();
    let error = parse(&[&SAMPLE[..runtime], &SAMPLE[system..]].concat()).unwrap_err();
    assert!(error.to_string().contains("{runtime}"), "{error}");
}

#[test]
fn has_a_size_limit() {
    let mut text = SAMPLE.to_owned();
    text.push_str(&"#".repeat(MAX_BYTES - text.len()));
    assert!(parse(&text).is_ok());
    assert!(matches!(parse(&(text + "#")), Err(EntryError::TooLarge)));
}

#[test]
fn neighbouring_places_are_not_nested() {
    let more = "[[data]]\nname = \"b\"\nat = \"/data/cohort-2\"\n\
                [[data]]\nname = \"c\"\nat = \"/data/coh\"\n[[command]]";
    assert_eq!(parse(&SAMPLE.replacen("[[command]]", more, 1)).unwrap().data.len(), 3);
}

#[test]
fn knows_ids() {
    assert!(is_entry_id("a@1") && is_entry_id("variant-calling@1.0.0+b"));
    for bad in
        ["a", "@1", "a@", "a@1@2", "a@../1", "A@1", "a/b@1", &format!("{}@1", "a".repeat(65))]
    {
        assert!(!is_entry_id(bad), "{bad}");
    }
}
