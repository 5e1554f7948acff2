//! Files that real programs wrote, and hostile ones beside harmless twins, are judged as the tables
//! of `tests/rules.d` want them judged.
#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read},
    path::PathBuf,
};

use serde::Deserialize;
use sluice_policy::entry::{ContentKind, Output};

const REAL: [&str; 4] = ["real-csv", "real-tsv", "real-text", "real-figures"];
const HOSTILE: [&str; 5] =
    ["hostile-tables", "hostile-counts", "hostile-text", "hostile-svg", "hostile-files"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table<Row> {
    samples: Vec<Row>,
    rules: BTreeMap<String, toml::Table>,
}

/// File, rule, wanted verdict, why, and what the message says at least.
type Real = Vec<String>;
/// What it hides, rule, wanted verdict, hostile content, harmless twin.
type Hostile = (String, String, String, Content, Content);

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    /// A number repeats what stands before it.
    Repeated(Vec<Part>),
    File {
        file: String,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Times(usize),
    Text(String),
}

impl Content {
    fn bytes(&self) -> Vec<u8> {
        let parts = match self {
            Self::Text(text) => return text.clone().into_bytes(),
            Self::Repeated(parts) => parts,
            Self::File { file } => return fs::read(folder().join("hostile").join(file)).unwrap(),
        };
        let mut whole = String::new();
        let mut last = "";
        for part in parts {
            match part {
                Part::Times(times) => whole += &last.repeat(times - 1),
                Part::Text(text) => {
                    whole += text;
                    last = text;
                }
            }
        }
        whole.into_bytes()
    }
}

fn folder() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/rules.d").into()
}

fn read<Row: for<'a> Deserialize<'a>>(table: &str) -> Table<Row> {
    let path = folder().join(table).with_extension("toml");
    toml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

impl<Row> Table<Row> {
    /// The rule with what each must have; none leaves its kind to a person unless an entry's must.
    fn rule(&self, name: &str) -> Output {
        let mut rule = self.rules[name].clone();
        rule.insert("glob".into(), "*".into());
        rule.entry("max-bytes").or_insert((1 << 20).into());
        if !matches!(rule["kind"].as_str(), Some("other" | "pdf")) {
            rule.entry("review").or_insert(false.into());
        }
        rule.try_into().unwrap()
    }
}

/// Verdict and message.
fn judge(rule: &Output, content: &[u8]) -> (&'static str, String) {
    match sluice_release::check(rule, &mut &content[..], content.len() as u64) {
        Ok(_) => ("pass", String::new()),
        Err(hold) => (hold.code.word(), hold.message),
    }
}

/// What is said of a file that the checks let pass.
fn passes(rule: &Output) -> &'static str {
    if rule.needs_review() { "review-required" } else { "pass" }
}

/// A byte at a time.
struct Bytes<'a>(&'a [u8]);

impl Read for Bytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn real_files_are_judged_as_wanted() {
    let mut wrong = Vec::new();
    for name in REAL {
        let table = read::<Real>(name);
        for row in &table.samples {
            let [file, rule, wanted, _, says @ ..] = row.as_slice() else { panic!("{row:?}") };
            let content = fs::read(folder().join("real").join(file)).unwrap();
            let (verdict, message) = judge(&table.rule(rule), &content);
            let says = says.concat().to_lowercase();
            let as_wanted = verdict == wanted && message.to_lowercase().contains(&says);
            if !as_wanted {
                let got = format!("got {verdict}: {message:?}");
                wrong.push(format!("{name}: {file} {rule}: wanted {wanted} {says:?}, {got}"));
            }
        }
    }
    none(&wrong);
}

/// Where a piece ends changes nothing.
#[test]
fn a_byte_at_a_time_is_judged_as_the_whole() {
    let same = |rule: &Output, content: &[u8], what: &str| {
        let (verdict, message) = judge(rule, content);
        let found = sluice_release::check(rule, &mut Bytes(content), content.len() as u64);
        let (pieces, why) = match found {
            Ok(_) => ("pass", String::new()),
            Err(hold) => (hold.code.word(), hold.message),
        };
        // Of two faults of a table that which is complete first is told.
        match rule.kind.is_table() && pieces != "pass" {
            true => assert_ne!(verdict, "pass", "{what}: {pieces}, {why}"),
            false => assert_eq!((pieces, why), (verdict, message), "{what}"),
        }
    };
    for name in REAL {
        let table = read::<Real>(name);
        for row in &table.samples {
            let content = fs::read(folder().join("real").join(&row[0])).unwrap();
            same(&table.rule(&row[1]), &content, &row[0]);
        }
    }
    for name in HOSTILE {
        let table = read::<Hostile>(name);
        for (hides, rule, _, hostile, twin) in &table.samples {
            for content in [hostile.bytes(), twin.bytes()].iter().filter(|it| it.len() < 1 << 20) {
                same(&table.rule(rule), content, hides);
            }
        }
    }
}

/// What is cut off is no whole file, where the kind has an end; and nothing panics.
#[test]
fn no_part_of_a_real_file_passes_for_it() {
    for name in REAL {
        let table = read::<Real>(name);
        for row in &table.samples {
            let rule = table.rule(&row[1]);
            if row[2] != passes(&rule) || rule.kind == ContentKind::Other {
                continue;
            }
            let ends = !rule.kind.is_text() || rule.gzip || rule.kind == ContentKind::Json;
            let content = fs::read(folder().join("real").join(&row[0])).unwrap();
            let content = content.trim_ascii_end();
            for length in (0..24).map(|part| content.len() * part / 24) {
                let (verdict, _) = judge(&rule, &content[..length]);
                assert!(!ends || verdict != passes(&rule), "{}, cut after {length} bytes", row[0]);
            }
        }
    }
}

#[test]
fn hostile_files_are_held_and_their_twins_pass() {
    let mut wrong = Vec::new();
    for name in HOSTILE {
        let table = read::<Hostile>(name);
        for (hides, rule, wanted, hostile, twin) in &table.samples {
            let rule = table.rule(rule);
            let (verdict, message) = judge(&rule, &hostile.bytes());
            let (twins, why) = judge(&rule, &twin.bytes());
            let as_wanted = verdict == wanted && twins == passes(&rule);
            if !as_wanted {
                let got = format!("got {verdict}: {message:?}; its twin {twins}: {why:?}");
                wrong.push(format!("{name}: {hides}: wanted {wanted}, {got}"));
            }
        }
    }
    none(&wrong);
}

/// ACRO's tables, each cell a row of its own: what it suppresses is held, and nothing else.
#[test]
fn what_acro_suppresses_is_held() {
    let table = read::<Real>("acro");
    let verdicts = fs::read_to_string(folder().join("acro/verdicts.toml")).unwrap();
    let verdicts: toml::Table = toml::from_str(&verdicts).unwrap();
    let mut wrong = Vec::new();
    for (name, cells) in verdicts.iter().filter_map(|(name, it)| Some((name, it.as_table()?))) {
        let text = fs::read_to_string(folder().join(format!("acro/{name}.csv"))).unwrap();
        let (header, rows) = text.split_once('\n').unwrap();
        let rule = table.rule(if header.contains("total") { "sums" } else { "counts" });
        let is_held = |content: String| judge(&rule, content.as_bytes()).0 != "pass";
        let mut suppressed = format!("{header}\n");
        let mut fails = false;
        for row in rows.lines() {
            let mut parts = row.split(',');
            let groups = [parts.next().unwrap(), parts.next().unwrap()];
            let ok = cells[&groups.join(", ")].as_str() == Some("ok");
            fails |= !ok;
            if is_held(format!("{header}\n{row}\n")) == ok {
                wrong.push(format!(
                    "acro: {name}: wanted {} of {row}",
                    if ok { "pass" } else { "hold" }
                ));
            }
            suppressed += &match ok {
                true => format!("{row}\n"),
                false => format!("{}{}\n", groups.join(","), ",".repeat(parts.count())),
            };
        }
        if is_held(text.clone()) != fails || is_held(suppressed) {
            wrong.push(format!("acro: {name}: wanted the whole table and ACRO's own judged so"));
        }
    }
    none(&wrong);
}
