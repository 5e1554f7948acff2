//! Changes of an `allowed_signers` file. All that isn't changed stays as its author wrote it.

use ::time::OffsetDateTime;
use ssh_key::{HashAlg, PublicKey};

use super::{AllowedSigners, SignersError, first_word, is_key_type, parse_line, split_options};

/// What a new line allows.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// What the key may sign.
    pub namespaces: Vec<String>,
    /// Nothing before.
    pub valid_after: Option<OffsetDateTime>,
    /// Nothing at or after.
    pub valid_before: Option<OffsetDateTime>,
}

/// The list with one line more: `key` signs for `principal`.
pub fn add(
    list: &str,
    principal: &str,
    key: &PublicKey,
    limits: &Limits,
) -> Result<String, SignersError> {
    let mut options = vec![format!("namespaces=\"{}\"", limits.namespaces.join(","))];
    options.extend(limits.valid_after.map(|at| format!("valid-after=\"{}\"", stamp(at))));
    options.extend(limits.valid_before.map(|at| format!("valid-before=\"{}\"", stamp(at))));
    let mut list = list.to_owned();
    if !list.is_empty() && !list.ends_with('\n') {
        list.push('\n');
    }
    let why = "its key cannot be read";
    let line = list.lines().count() + 1;
    let key = key.to_openssh().map_err(|_| SignersError::Line { line, why })?;
    list += &format!("{principal} {} {}\n", options.join(","), key.trim());
    AllowedSigners::parse(list.as_bytes())?;
    Ok(list)
}

/// The list in which every line of the key with this `SHA256:…` fingerprint ends at `at`.
pub fn end(list: &str, fingerprint: &str, at: OffsetDateTime) -> Result<String, SignersError> {
    let mut found = false;
    let mut out = String::with_capacity(list.len() + 64);
    for (text, number) in list.lines().zip(1..) {
        let trimmed = text.trim_matches([' ', '\t']);
        let line = match trimmed.is_empty() || trimmed.starts_with('#') {
            true => None,
            false => {
                Some(parse_line(trimmed).map_err(|why| SignersError::Line { line: number, why })?)
            }
        };
        match line {
            Some(line) if line.key.fingerprint(HashAlg::Sha256).to_string() == fingerprint => {
                if line.valid_before.is_some_and(|until| until < at) {
                    return Err(SignersError::EndsEarlier { line: number });
                }
                found = true;
                out += &ended(trimmed, at);
            }
            _ => out += text,
        }
        out.push('\n');
    }
    AllowedSigners::parse(out.as_bytes())?;
    if found { Ok(out) } else { Err(SignersError::UnknownKey(fingerprint.into())) }
}

/// A line that parses, with another end.
fn ended(line: &str, at: OffsetDateTime) -> String {
    let (principal, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let rest = rest.trim_start_matches([' ', '\t']);
    let (options, key) = match is_key_type(first_word(rest)) {
        true => ("", rest),
        false => split_options(rest).unwrap_or(("", rest)),
    };
    let stays = |option: &&str| !option.starts_with("valid-before=");
    let mut options: Vec<String> =
        super::split_quoted(options).filter(stays).map(str::to_owned).collect();
    options.push(format!("valid-before=\"{}\"", stamp(at)));
    format!("{principal} {} {key}", options.join(","))
}

/// `YYYYMMDDhhmmssZ`, as OpenSSH reads it.
fn stamp(at: OffsetDateTime) -> String {
    crate::time::format(at).replace(['-', ':', 'T'], "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::time::macros::datetime;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDIhz2GK/XCUj4i6Q5yQJNL1MKMY0RxzPV2QrBqfHrDq";
    const AT: OffsetDateTime = datetime!(2026-07-01 12:00 UTC);

    fn key() -> PublicKey {
        PublicKey::from_openssh(&format!("{KEY} a comment")).unwrap()
    }

    fn fingerprint() -> String {
        key().fingerprint(HashAlg::Sha256).to_string()
    }

    #[test]
    fn a_line_is_added_and_ended_and_the_rest_stays() {
        let limits = Limits { namespaces: vec!["x".into(), "y".into()], ..Limits::default() };
        let list = add("# mine\n\n# no line end", "a@lab", &key(), &limits).unwrap();
        let line = format!("a@lab namespaces=\"x,y\" {KEY} a comment\n");
        assert_eq!(list, format!("# mine\n\n# no line end\n{line}"));
        let later = Limits { valid_after: Some(AT), valid_before: Some(AT), ..limits.clone() };
        let other = add("", "a@lab", &key(), &later).unwrap();
        assert!(other.contains("\",valid-after=\"20260701120000Z\",valid-before=\"2026070112"));

        let ended = end(&list, &fingerprint(), AT).unwrap();
        let line = line.replace("\" ssh", "\",valid-before=\"20260701120000Z\" ssh");
        assert_eq!(ended, format!("# mine\n\n# no line end\n{line}"));
        let earlier = end(&ended, &fingerprint(), datetime!(2026-06-01 0:00 UTC)).unwrap();
        assert!(earlier.contains("valid-before=\"20260601000000Z\"") && !earlier.contains("0701"));
        assert_eq!(end(&earlier, &fingerprint(), AT), Err(SignersError::EndsEarlier { line: 4 }));
        let plain = format!("a@lab\t{KEY}");
        let plain = end(&plain, &fingerprint(), AT).unwrap();
        assert_eq!(plain, format!("a@lab valid-before=\"20260701120000Z\" {KEY}\n"));
    }

    #[test]
    fn no_list_is_made_that_does_not_parse() {
        let limits = Limits { namespaces: vec!["x".into()], ..Limits::default() };
        let list = add("", "a@lab", &key(), &limits).unwrap();
        assert!(add(&list, "b@lab", &key(), &limits).is_err());
        assert!(add("", "*", &key(), &limits).is_err());
        assert!(add("", "a@lab", &key(), &Limits::default()).is_err());
        assert!(add("rubbish\n", "a@lab", &key(), &limits).is_err());
        assert!(end("rubbish\n", &fingerprint(), AT).is_err());
        assert!(matches!(end(&list, "SHA256:x", AT), Err(SignersError::UnknownKey(_))));
    }
}
