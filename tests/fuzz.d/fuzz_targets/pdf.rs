//! PDFs; what passes is whole, and has nothing behind it. A file that doesn't begin as one is the bodies of
//! its objects, each behind the byte 0xff, the stream of one behind 0xfe: lengths and table are made right.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::entry::{ContentKind, Output};
use sluice_release::check;

fn made(bodies: &[u8]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut table = "0000000000 65535 f \n".to_owned();
    let mut size = 1;
    for body in bodies.split(|&byte| byte == 0xff) {
        table += &format!("{:010} 00000 n \n", file.len());
        file.extend(format!("{size} 0 obj\n").bytes());
        match body.iter().position(|&byte| byte == 0xfe) {
            Some(at) => {
                let (dict, stream) = (&body[..at], &body[at + 1..]);
                let dict = dict.trim_ascii_end().strip_suffix(b">>").unwrap_or(dict);
                file.extend(dict);
                file.extend(format!(" /Length {} >>\nstream\n", stream.len()).bytes());
                file.extend(stream);
                file.extend(b"\nendstream");
            }
            None => file.extend(body),
        }
        file.extend(b"\nendobj\n");
        size += 1;
    }
    let start = file.len();
    let end = format!(
        "xref\n0 {size}\n{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    );
    file.extend(end.bytes());
    file
}

fuzz_target!(|bytes: &[u8]| {
    let mut rule = Output::new("**", ContentKind::Pdf, 1 << 20);
    rule.review = Some(false);
    let passes = |content: &[u8]| check(&rule, &mut &content[..], content.len() as u64).is_ok();
    let content = if bytes.starts_with(b"%PDF-") { bytes.to_vec() } else { made(bytes) };
    if passes(&content) {
        let short = content.trim_ascii_end();
        assert!(!passes(&short[..short.len() - 1]), "cut off");
        assert!(!passes(&[content.as_slice(), b"x"].concat()), "something behind it");
        assert!(!passes(&[content.as_slice(), &content].concat()), "two files");
    }
});
