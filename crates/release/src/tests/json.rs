use super::*;

fn with(content: &str, change: impl FnOnce(&mut Output)) -> Result<(), Hold> {
    let mut rule = rule(ContentKind::Json);
    rule.max_bytes = 1 << 30;
    change(&mut rule);
    check_as(&rule, content.as_bytes()).map(drop)
}

#[test]
fn one_value_passes() {
    for good in [
        "1",
        " [] ",
        "{}\n",
        "null",
        "\"\"",
        "{\"a\": [1, null, true, false, \"x\"]}\r\n",
        "[{\"a\":1,\"b\":2},{\"a\":3,\"b\":{\"a\":4}}]",
        "[[],[[]],{},{\"a\":{}}]",
        "[-0, 0.5, -1.25e-3, 1E+5, 1e300, 0.0, 0e0, 5e-324]",
        "[9007199254740992, -9007199254740992, 1234567890.1234567, 0.1000000000000000000000000]",
        r#"["\n\t\r\n \"\\\/ \u00e4 \ud83d\ude00 e\u0301", "\u05d0"]"#,
        "{\"\":1}",
        "{\"a\\u0062\":1,\"a\":2,\"b\":3}",
        "[\t1 ,\n2 ]",
        // As SQLite writes 21.2.
        "[21.199999999999999289]",
    ] {
        assert_eq!(code(ContentKind::Json, good), "ok", "{good}");
    }
}

#[test]
fn what_readers_read_differently_is_held_by_name() {
    for (bad, place, named) in [
        ("", "line 1, column 1", "empty"),
        (" \n", "line 2, column 1", "empty"),
        ("{", "line 1, column 2", "cut off"),
        ("[1,\n", "line 2, column 1", "cut off"),
        ("{\"a\"", "line 1, column 5", "cut off"),
        ("\"a", "line 1, column 3", "cut off"),
        ("\"a\\", "line 1, column 4", "cut off"),
        ("[\"a\\ud83d\"]", "line 1, column 10", "surrogate"),
        ("1 2", "line 1, column 3", "JSON lines"),
        ("{\"a\":1}\n{\"a\":2}\n", "line 2, column 1", "JSON lines"),
        ("{\"a\":1}]", "line 1, column 8", "closes what was not opened"),
        ("{a: 1}", "line 1, column 2", "key without quotes"),
        ("{1: 1}", "line 1, column 2", "key without quotes"),
        ("{'a': 1}", "line 1, column 2", "single quotes"),
        ("{[]: 1}", "line 1, column 2", "where a key belongs"),
        ("[1,]", "line 1, column 4", "no value after it"),
        ("{\"a\":1,}", "line 1, column 8", "no member after it"),
        ("{,}", "line 1, column 2", "comma where none belongs"),
        ("[1 2]", "line 1, column 4", "lacks a comma"),
        ("[\"a\"b\"]", "line 1, column 5", "lacks a comma"),
        ("{\"a\" 1}", "line 1, column 6", "lacks the colon"),
        ("{\"a\":}", "line 1, column 6", "closes what was not opened"),
        ("{\"a\":1:2}", "line 1, column 7", "colon where none belongs"),
        ("[1}", "line 1, column 3", "closes an array with }"),
        ("{\"a\":1]", "line 1, column 7", "closes an array with }"),
        ("// x\n1", "line 1, column 1", "comment"),
        ("[NaN]", "line 1, column 5", "NaN, which is no JSON; write null"),
        ("[-Infinity]", "line 1, column 11", "write null"),
        ("[NA]", "line 1, column 4", "write null"),
        ("[True]", "line 1, column 6", "Python"),
        ("[yes]", "line 1, column 5", "no JSON"),
        ("tru", "line 1, column 4", "no JSON"),
        ("[01]", "line 1, column 4", "no JSON"),
        ("[.5]", "line 1, column 4", "no JSON"),
        ("[5.]", "line 1, column 4", "no JSON"),
        ("[+5]", "line 1, column 4", "no JSON"),
        ("[1e]", "line 1, column 4", "no JSON"),
        ("[0x10]", "line 1, column 6", "no JSON"),
        ("[1_000]", "line 1, column 7", "no JSON"),
        ("[--1]", "line 1, column 5", "no JSON"),
        ("[9007199254740993]", "line 1, column 18", "not every reader"),
        ("[-99999999999999999999]", "line 1, column 23", "not every reader"),
        ("[1e400]", "line 1, column 7", "not every reader"),
        ("[1e-400]", "line 1, column 8", "not every reader"),
        ("[0.123456789012345678901]", "line 1, column 25", "not every reader"),
        ("[\"a\nb\"]", "line 1, column 4", "line end or tab inside a string"),
        (r#"["\x41"]"#, "line 1, column 4", "escape that JSON doesn't have"),
        (r#"["\u12g4"]"#, "line 1, column 7", "hexadecimal"),
        (r#"["\udc00"]"#, "line 1, column 8", "surrogate"),
        (r#"["\ud800a"]"#, "line 1, column 9", "surrogate"),
        (r#"["\ud800\n"]"#, "line 1, column 10", "surrogate"),
        (r#"["\ud800\u0041"]"#, "line 1, column 14", "surrogate"),
    ] {
        let hold = check_as(&rule(ContentKind::Json), bad.as_bytes()).unwrap_err();
        assert_eq!(hold.code, HoldCode::NotJson, "{bad}");
        let found = hold.message;
        assert!(found.starts_with(place) && found.contains(named), "{bad}: {found}");
    }
    let secret = message(ContentKind::Json, "{\"a\":\n secret}");
    assert!(secret.contains("line 2") && !secret.contains("secret"), "{secret}");
}

#[test]
fn a_key_stands_once_in_an_object() {
    for bad in [
        r#"{"n":1,"n":2}"#,
        r#"{"n":1,"\u006e":2}"#,
        r#"{"n":1,"m":{"n":1},"n":2}"#,
        r#"[{"a":{"b":1,"b":1}}]"#,
        r#"{"":1,"":1}"#,
    ] {
        let found = message(ContentKind::Json, bad);
        assert!(found.contains("this object has already"), "{bad}: {found}");
    }
    let members = |keys: &mut dyn Iterator<Item = u32>| {
        let members: Vec<_> = keys.map(|key| format!("\"k{key}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    for count in [15, 16, 17, 18, 1000] {
        let inner = members(&mut (0..count));
        let twice = members(&mut (0..count).chain([count / 2]));
        // Each object anew: what a closed one had is forgotten.
        let beside = format!("[{inner},{inner},{{\"k0\":{inner},\"k1\":{inner}}}]");
        assert_eq!(with(&beside, |_| ()), Ok(()), "{count}");
        assert!(with(&twice, |_| ()).is_err(), "{count}");
        assert!(with(&format!("[{inner},{twice}]"), |_| ()).is_err(), "{count}");
    }
}

#[test]
fn what_escapes_stand_for_shows() {
    for (hides, bad, named) in [
        ("a reversed text", r#"{"a":"\u202e1174"}"#, "bidirectional"),
        ("a key's end", r#"{"a\u200b":1}"#, "no width"),
        ("a colour", r#"["\u001b[8m"]"#, "ANSI"),
        ("what a progress bar overwrites", r#"["a\rb"]"#, "carriage return"),
        ("what is taken back", r#"["a\b"]"#, "backspace"),
        ("what C ends at", r#"["a\u0000b"]"#, "NUL"),
        ("tags", r#"["\udb40\udc41"]"#, "tag"),
        ("a flood of marks", r#"["e\u0301\u0301\u0301\u0301\u0301"]"#, "combining"),
        ("a mark on the quote", r#"["\u0301"]"#, "combining"),
    ] {
        let hold = check_as(&rule(ContentKind::Json), bad.as_bytes()).unwrap_err();
        assert_eq!(hold.code, HoldCode::NotText, "{hides}");
        assert!(hold.message.contains(named), "{hides}: {}", hold.message);
    }
}

#[test]
fn depth_items_and_lengths_are_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(with(&nested(16), |_| ()), Ok(()));
    for deep in [nested(17), "[".repeat(1 << 20), "{\"a\":".repeat(1 << 20)] {
        assert_eq!(with(&deep, |_| ()).unwrap_err().code, HoldCode::TooDeep);
    }
    let deeper = |rule: &mut Output| {
        rule.max_depth = Some(1 << 20);
        rule.max_items = Some(1 << 20);
    };
    assert_eq!(with(&nested(1 << 20), deeper), Ok(()), "no stack of ours ends");

    // The array, four values, the object in it, a member's key and value.
    let eight = "[1,2,3,4,{\"a\":5}]";
    assert_eq!(with(eight, |rule| rule.max_items = Some(8)), Ok(()));
    let seven = with(eight, |rule| rule.max_items = Some(7)).unwrap_err();
    assert_eq!(seven.code, HoldCode::TooManyItems);
    assert!(seven.message.starts_with("line 1, column 15 is past 7"), "{}", seven.message);
    let keys: Vec<_> = (0..1_000_000).map(|key| format!("\"{key}\":0")).collect();
    let million = format!("{{{}}}", keys.join(","));
    assert_eq!(with(&million, |rule| rule.max_items = Some(2_000_001)), Ok(()));

    for (inside, long) in [("a", 64 << 10), ("ä", 32 << 10), (r"\u0061", 64 << 10)] {
        let string = |times: usize| format!("[\"{}\"]", inside.repeat(times));
        assert_eq!(with(&string(long), |_| ()), Ok(()), "{inside}");
        let longer = with(&string(long + 1), |_| ()).unwrap_err().message;
        assert!(longer.contains("more than 65536 bytes"), "{inside}: {longer}");
    }
    let number = with(&"1".repeat(41), |_| ()).unwrap_err().message;
    assert!(number.contains("more than 40 characters"), "{number}");
}
