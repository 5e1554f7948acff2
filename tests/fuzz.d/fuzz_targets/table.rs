//! Tables: what passes is the same to the csv crate and to a reader that knows no quotes. The first byte
//! chooses kind and options, the second the size of pieces.
#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;
use sluice_policy::entry::{ContentKind, Output};
use sluice_release::check;

struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = self.1.min(buffer.len());
        self.0.read(&mut buffer[..most])
    }
}

fn passes(rule: &Output, content: &[u8], piece: usize) -> bool {
    check(rule, &mut Pieces(content, piece), content.len() as u64).is_ok()
}

fuzz_target!(|bytes: &[u8]| {
    let [options, piece, content @ ..] = bytes else { return };
    let kind = [ContentKind::Csv, ContentKind::Tsv][usize::from(options & 1)];
    let rule = Output {
        extra_columns: Some(true),
        max_rows: Some(100),
        forbidden_columns: vec!["id".into()],
        comments: (options & 2 > 0).then_some('#'),
        row_names: options & 4 > 0,
        ..Output::new("**", kind, 1 << 20)
    };
    let whole = passes(&rule, content, usize::MAX);
    assert_eq!(whole, passes(&rule, content, usize::from(*piece) + 1), "in pieces");
    if !whole || rule.comments.is_some() || rule.row_names {
        return;
    }
    let delimiter = [b',', b'\t'][usize::from(options & 1)];
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(content);
    let rows: Vec<_> = reader.byte_records().map(Result::unwrap).collect();
    assert!(!rows.is_empty() && rows.iter().all(|row| row.len() == rows[0].len()), "even");
    assert!(rows[0].iter().all(|name| !name.eq_ignore_ascii_case(b"id")), "forbidden");
    let ends = rows.iter().flatten().map(|cell| cell.iter().filter(|&&byte| byte == b'\n').count());
    assert!(rows.len() - 1 + ends.sum::<usize>() <= 100, "rows");
    if content.contains(&b'"') {
        return;
    }
    let text = std::str::from_utf8(content).unwrap();
    let naive = text.trim_start_matches('\u{feff}').lines().filter(|line| !line.is_empty());
    let naive: Vec<Vec<&str>> = naive.map(|line| line.split(char::from(delimiter)).collect()).collect();
    assert_eq!(naive.len(), rows.len(), "naive rows");
    for (naive, row) in naive.iter().zip(&rows) {
        assert!(naive.iter().map(|cell| cell.as_bytes()).eq(row), "naive cells");
    }
});
