//! Release rules beside the plain readers of the same bytes, and their memory for files of two
//! sizes. Writes JSON to standard output.
#![allow(clippy::unwrap_used)]

use std::{env, fs, hint::black_box, io::Read, ops::Range, process::Command, time::Instant};

use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};
use sluice_policy::entry::Output;

/// Bytes of a file whose speed is measured.
const SIZE: usize = 16 << 20;
const ROUNDS: usize = 15;
/// Bytes of the two files whose memory is measured.
const SMALL: u64 = 10_000_000;
const LARGE: u64 = 1_000_000_000;

/// Stands in a sample's rows for how often they stood before.
const TURN: &str = "@@@@@@";

/// A file: what it begins with, what it goes on with as often as it takes, and how it ends.
struct Sample {
    name: &'static str,
    rule: Value,
    start: &'static str,
    rows: String,
    end: &'static str,
    plain: fn(&[u8]),
}

fn samples() -> Vec<Sample> {
    let counts = json!({
        "kind": "csv",
        "columns": ["site", "sex", "age", "n", "n_cases", "mean", "p"],
        "counts": { "columns": ["n", "n_*"], "minimum": 10, "zero": "allow", "earlier": "ignore" },
    });
    let tsv =
        json!({ "kind": "tsv", "columns": ["site", "sex", "age", "n", "n_cases", "mean", "p"] });
    let row = |site: &str, number: u64| {
        let sex = ["f", "m"][number as usize % 2];
        let (from, n) = (number % 9 * 10, 20 + number * 37 % 4000);
        let (mean, p) = (number as f64 * 0.37 % 90.0, number as f64 % 97.0 / 970.0);
        format!("{site},{sex},{from}-{},{n},{},{mean:.3},{p:.5}\n", from + 9, 12 + n / 3)
    };
    let site = |number: u64| ["North", "South", "\"East, and West\""][number as usize % 3];
    let rows: String = (0..2000).map(|number| row(site(number), number)).collect();
    // No two rows have this label in common.
    let own = |number: u64| format!("Site {TURN}{number:04}");
    let own_rows: String = (0..2000).map(|number| row(&own(number), number)).collect();
    let tabs = rows.replace("\"East, and West\"", "East").replace(',', "\t");
    let object = |number: u64| {
        format!("{{\"site\": \"North {number}\", \"n\": {}, \"mean\": 1.5e-3}},\n", number * 37)
    };
    vec![
        Sample {
            name: "csv",
            rule: counts.clone(),
            start: "site,sex,age,n,n_cases,mean,p\n",
            rows,
            end: "",
            plain: |bytes| records(bytes, b','),
        },
        Sample {
            name: "csv-own-labels",
            rule: counts,
            start: "site,sex,age,n,n_cases,mean,p\n",
            rows: own_rows,
            end: "",
            plain: |bytes| records(bytes, b','),
        },
        Sample {
            name: "tsv",
            rule: tsv,
            start: "site\tsex\tage\tn\tn_cases\tmean\tp\n",
            rows: tabs,
            end: "",
            plain: |bytes| records(bytes, b'\t'),
        },
        Sample {
            name: "json",
            rule: json!({ "kind": "json", "max-items": u32::MAX }),
            start: "[",
            rows: (0..2000).map(object).collect(),
            end: "0]\n",
            plain: |bytes| {
                black_box(serde_json::from_slice::<IgnoredAny>(bytes).unwrap());
            },
        },
        Sample {
            name: "text",
            rule: json!({ "kind": "text", "review": false }),
            start: "",
            rows: "A line of a log, with what a program said in 0.125 s: n = 4711.\n".repeat(50),
            end: "",
            plain: |bytes| {
                black_box(std::str::from_utf8(bytes).unwrap());
            },
        },
    ]
}

fn records(bytes: &[u8], delimiter: u8) {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).unwrap() {
        black_box(&record);
    }
}

impl Sample {
    fn rule(&self) -> Output {
        let mut rule = self.rule.clone();
        rule["glob"] = "*".into();
        rule["max-bytes"] = (1_u64 << 40).into();
        serde_json::from_value(rule).unwrap()
    }

    /// How often the rows stand in a file of about so many bytes.
    fn times(&self, size: u64) -> u64 {
        size / self.rows.len() as u64
    }

    /// The rows as they stand there so many times later.
    fn turn(&self, number: u64) -> String {
        self.rows.replace(TURN, &format!("{number:00$}", TURN.len()))
    }

    fn bytes(&self, size: usize) -> Vec<u8> {
        let rows: String = (0..self.times(size as u64)).map(|turn| self.turn(turn)).collect();
        [self.start, &rows, self.end].concat().into_bytes()
    }
}

fn check(rule: &Output, reader: &mut dyn Read, size: u64) {
    if let Err(hold) = sluice_release::check(rule, reader, size) {
        panic!("held for {}: {hold}", hold.code.word());
    }
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Medians of rounds in which both take turns at being first.
fn speed(sample: &Sample) -> Value {
    let (bytes, rule) = (sample.bytes(SIZE), sample.rule());
    let timed = |which: usize| {
        let started = Instant::now();
        match which {
            0 => check(&rule, &mut &bytes[..], bytes.len() as u64),
            _ => (sample.plain)(&bytes),
        }
        started.elapsed().as_secs_f64()
    };
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for turn in 0..2 {
            let which = (round + turn) % 2;
            times[which].push(timed(which));
        }
    }
    let [rules, plain] = times.map(|mut times| bytes.len() as f64 / median(&mut times) / 1e6);
    json!({ "rules-mb-per-s": rules.round(), "plain-mb-per-s": plain.round(),
            "rules-to-plain": (rules / plain * 100.0).round() / 100.0 })
}

/// The largest memory of a process of its own that checks a file of about `size` bytes, in KiB.
fn memory(sample: &Sample, size: u64) -> u64 {
    let me = env::current_exe().unwrap();
    let child =
        Command::new(me).args(["--memory", sample.name, &size.to_string()]).output().unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    String::from_utf8(child.stdout).unwrap().trim().parse().unwrap()
}

/// What such a process does.
fn remember(name: &str, size: u64) {
    let samples = samples();
    let sample = samples.iter().find(|sample| sample.name == name).unwrap();
    let times = sample.times(size);
    let mut reader: Box<dyn Read> = Box::new(sample.start.as_bytes());
    reader = Box::new(reader.chain(Turns { sample, rows: Vec::new(), at: 0, turns: 0..times }));
    let mut reader = reader.chain(sample.end.as_bytes());
    let size = (sample.start.len() + sample.end.len()) as u64 + times * sample.rows.len() as u64;
    check(&sample.rule(), &mut reader, size);
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    println!("{}", peak.trim().trim_end_matches(" kB"));
}

/// A sample's rows again and again.
struct Turns<'a> {
    sample: &'a Sample,
    rows: Vec<u8>,
    at: usize,
    turns: Range<u64>,
}

impl Read for Turns<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.rows.len() {
            let Some(turn) = self.turns.next() else { return Ok(0) };
            (self.rows, self.at) = (self.sample.turn(turn).into_bytes(), 0);
        }
        let read = (&self.rows[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

fn main() {
    let args: Vec<String> = env::args().collect();
    if let [_, flag, name, size] = args.as_slice()
        && flag == "--memory"
    {
        return remember(name, size.parse().unwrap());
    }
    let mut report = Map::new();
    for sample in samples() {
        let mut row = speed(&sample);
        row["peak-kib-10-mb"] = memory(&sample, SMALL).into();
        row["peak-kib-1-gb"] = memory(&sample, LARGE).into();
        report.insert(sample.name.into(), row);
    }
    println!("{:#}", Value::Object(report));
}
