//! Tables are judged alike however they come, and never as a shorter or longer one.

use std::io::Read;

use sluice_policy::entry::{ContentKind, Output};

use super::rule;
use crate::{Hold, check};

/// Gives out so many bytes at a time.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = self.1.min(buffer.len());
        self.0.read(&mut buffer[..most])
    }
}

fn verdict(rule: &Output, content: &[u8], piece: usize) -> Result<(), Hold> {
    check(rule, &mut Pieces(content, piece), content.len() as u64).map(drop)
}

/// Many characters are looked at at once: the same is found of each by itself.
#[test]
fn a_block_is_judged_as_its_characters() {
    let odd = [
        "\r\n",
        "\r",
        "\t",
        "\n\u{301}",
        "\t\u{301}",
        "\u{301}",
        "\r\n\u{301}",
        "ä",
        "ä\r\n",
        "\u{200b}",
        "\0",
        "\x7f",
        "\u{1f389}",
        "\u{9b}",
        "\r\r\n",
        "\u{301}\u{301}\u{301}\u{301}\u{301}",
    ];
    for odd in odd {
        for before in 50..150 {
            let text = format!("{}{odd}{}", "a".repeat(before), "b".repeat(200 - before));
            let rule = rule(ContentKind::Text);
            let whole = verdict(&rule, text.as_bytes(), usize::MAX);
            for piece in [1, 7, 66] {
                assert_eq!(verdict(&rule, text.as_bytes(), piece), whole, "{text:?} by {piece}");
            }
        }
    }
}

const TABLES: &[(ContentKind, &str)] = &[
    (
        ContentKind::Csv,
        "\u{feff}site,\"a, b\",n\r\nÄ,\"x, \"\"y\"\"\r\nz\",12\r\nB,\"\",-1.5e3\r\n\r\n",
    ),
    (ContentKind::Csv, "# made, \"today\"\n# ä\n\nsite,n\nA,12\n"),
    (ContentKind::Csv, "#site,n\nA,12\n"),
    (ContentKind::Csv, "site,n\nA,12\n\nsex,n\nf,3\n"),
    (ContentKind::Csv, "site,n\nA,\"12\"3\n"),
    (ContentKind::Csv, "site;n\nA;12\n"),
    (ContentKind::Csv, "\"site\";\"n\"\n\"A\";12\n"),
    (ContentKind::Csv, "site,n\nA,\"=1+1\"\n"),
    (ContentKind::Csv, "site,n\nA,\"12\n\n\n"),
    (ContentKind::Tsv, "\"site\"\t\"n\"\n\"A b\"\t12\n"),
    (ContentKind::Tsv, "site\tn\nA\t\"1\t2\"\n"),
    (ContentKind::Tsv, "n\tm\nr1\t1\t2\nr2\t3\t4\n"),
];

#[test]
fn a_table_is_judged_alike_in_pieces() {
    for (kind, table) in TABLES {
        let rule = Output { comments: Some('#'), row_names: true, ..rule(*kind) };
        let whole = verdict(&rule, table.as_bytes(), usize::MAX);
        for piece in 1..table.len() {
            assert_eq!(verdict(&rule, table.as_bytes(), piece), whole, "{table:?} by {piece}");
        }
    }
}

/// What is cut off is held, or is a table of the first rows: the last of them may end early, as
/// nobody can tell that a number goes on.
#[test]
fn a_part_of_a_table_is_no_other_table() {
    let mut passed = 0;
    for (kind, table) in TABLES {
        let rule = Output { comments: Some('#'), row_names: true, ..rule(*kind) };
        let whole = records(*kind, table.as_bytes());
        for end in 0..table.len() {
            let part = &table.as_bytes()[..end];
            let found = verdict(&rule, part, usize::MAX);
            if std::str::from_utf8(part).is_err()
                || part.iter().filter(|&&b| b == b'"').count() % 2 > 0
            {
                assert!(found.is_err(), "{table:?} cut to {end}");
            }
            if found.is_err() {
                continue;
            }
            passed += 1;
            let rows = records(*kind, part);
            let (last, before) = rows.split_last().expect("a header");
            assert_eq!(before, &whole[..before.len()], "{table:?} cut to {end}");
            let full = &whole[before.len()];
            let (cut, cells) = last.split_last().expect("a cell");
            // The header may end early, and so the first row that has a name.
            let begun = before
                .last()
                .is_some_and(|row| row.len() == full.len() && !row[0].starts_with(b"#"));
            assert!(!begun || last.len() == full.len(), "{table:?} cut to {end}");
            assert_eq!(cells, &full[..cells.len()], "{table:?} cut to {end}");
            assert!(full[cells.len()].starts_with(cut), "{table:?} cut to {end}");
        }
    }
    assert!(passed > 50, "{passed}");
}

/// Rows and cells, as the csv crate reads them; comments are rows of one cell.
fn records(kind: ContentKind, content: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let delimiter = if kind == ContentKind::Tsv { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new();
    reader.delimiter(delimiter).has_headers(false).flexible(true);
    let rows = reader.from_reader(content).into_byte_records();
    rows.map(|row| row.unwrap().iter().map(<[u8]>::to_vec).collect()).collect()
}

/// The largest of each is refused before it is read whole.
#[test]
fn bombs_are_held() {
    let bomb = |kind, start: &str, part: &str| {
        let table = format!("{start}{}", part.repeat(3_000_000 / part.len()));
        let rule = Output { max_bytes: 1 << 30, ..rule(kind) };
        verdict(&rule, table.as_bytes(), usize::MAX).unwrap_err().code.word()
    };
    for (start, part, code) in [
        ("", "a,", "too-many-columns"),
        ("a\n", "1,", "too-many-columns"),
        ("a\n\"", "\"\"", "cell-too-long"),
        ("a\n\"", "\n", "cell-too-long"),
        ("a\n\"", "x", "cell-too-long"),
        ("", "\"\"", "cell-too-long"),
        ("a\n", "\"", "cell-too-long"),
        ("a\n", "\n", "second-table"),
        ("", "\n", "not-csv"),
    ] {
        assert_eq!(bomb(ContentKind::Csv, start, part), code, "{start:?} {part:?}");
    }
    assert_eq!(bomb(ContentKind::Tsv, "", "a\t"), "too-many-columns");
    let rule = Output { comments: Some('#'), max_bytes: 1 << 30, ..rule(ContentKind::Csv) };
    let lines = "#\n".repeat(1001);
    assert_eq!(verdict(&rule, lines.as_bytes(), 7).unwrap_err().code.word(), "too-many-rows");
    let line = "#".repeat(3_000_000);
    assert_eq!(verdict(&rule, line.as_bytes(), 7000).unwrap_err().code.word(), "cell-too-long");
}
