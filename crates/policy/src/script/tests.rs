use super::*;

const WESKIT: &str = "#!/bin/bash\n\
    set -eu -o pipefail && source /opt/env.sh && \
    snakemake --snakefile ../../../wf/x/Snakefile --cores 1 --configfile c19c.yaml\n";

fn words(script: &str) -> Vec<String> {
    let script = tokenize(format!("#!/bin/sh\n{script}").as_bytes()).unwrap();
    script.lines.iter().flat_map(|line| &line.tokens).map(ToString::to_string).collect()
}

fn refused(script: &str) -> What {
    let error = tokenize(format!("#!/bin/sh\n\n{script}").as_bytes()).unwrap_err();
    assert_eq!(error.line, 3, "{script:?}");
    error.what
}

#[test]
fn reads_weskit() {
    let script = tokenize(WESKIT.as_bytes()).unwrap();
    assert_eq!(script.shebang, "#!/bin/bash");
    assert_eq!(script.lines.len(), 1);
    assert_eq!(script.lines[0].number, 2);
    assert_eq!(script.lines[0].tokens.len(), 15);
    assert_eq!(script.paths().collect::<Vec<_>>(), ["/opt/env.sh", "../../../wf/x/Snakefile"]);
    assert_eq!(tokenize(WESKIT.trim_end().as_bytes()).unwrap(), script, "no last line end");
}

#[test]
fn skips_comments_and_blank_lines() {
    let script = b"#!/bin/sh\n#SBATCH -n 1\n \t\n  # gr\xc3\xbc\xc3\x9fe; rm -rf $HOME\n\ta\n";
    let script = tokenize(script).unwrap();
    assert_eq!(script.lines, [Line { number: 5, tokens: vec![Token::Word("a".into())] }]);
    assert_eq!(tokenize(b"#!/bin/sh").unwrap().lines, []);
}

#[test]
fn reads_quotes_as_bash_does() {
    assert_eq!(
        words(r#"a 'b  $c' "d*'e" f'g'"h" '' i#j"#),
        ["a", "b  $c", "d*'e", "fgh", "", "i#j"]
    );
    assert_eq!(words("a&&b\tc"), ["a", "&&", "b", "c"]);
    assert_eq!(words("'&&'"), ["&&"]);
}

/// What this reader calls words must be bash's words.
#[test]
fn agrees_with_bash() {
    let script = r#"--a=b 'x y' "p;q"'|r' '' c:d,e@f%g+h '$HOME' "~" a#b '{x,y}' "*" '\n'"#;
    let bash = std::process::Command::new("bash")
        .args(["-c", &format!("printf '%s\\n' {script}")])
        .output()
        .unwrap();
    let bash = String::from_utf8(bash.stdout).unwrap();
    assert_eq!(words(script), bash.lines().collect::<Vec<_>>());
}

#[test]
fn refuses_what_the_shell_would_act_on() {
    use What::{Control, EmptyCommand, Expansion, NotAscii, OpenQuote, TrailingComment, Unquoted};
    for (script, what) in [
        ("a $HOME", Unquoted('$')),
        ("a ${HOME}", Unquoted('$')),
        ("a $(id)", Unquoted('$')),
        ("a $'x'", Unquoted('$')),
        ("a `id`", Unquoted('`')),
        ("a \"$HOME\"", Expansion('$')),
        ("a \"`id`\"", Expansion('`')),
        ("a \"x\\\"y\"", Expansion('\\')),
        ("a *.yaml", Unquoted('*')),
        ("a ?", Unquoted('?')),
        ("a [ab]", Unquoted('[')),
        ("[ a ]", Unquoted('[')),
        ("a {b,c}", Unquoted('{')),
        ("{ a", Unquoted('{')),
        ("a ~/b", Unquoted('~')),
        ("a b=~", Unquoted('~')),
        ("a \\b", Unquoted('\\')),
        ("a \\", Unquoted('\\')),
        ("a > b", Unquoted('>')),
        ("a 2>&1", Unquoted('>')),
        ("a < b", Unquoted('<')),
        ("a << EOF", Unquoted('<')),
        ("a <(b)", Unquoted('<')),
        ("a ; b", Unquoted(';')),
        ("a;", Unquoted(';')),
        ("a | b", Unquoted('|')),
        ("a || b", Unquoted('|')),
        ("a & b", Unquoted('&')),
        ("a &", Unquoted('&')),
        ("a &&& b", Unquoted('&')),
        ("(a)", Unquoted('(')),
        ("a() b", Unquoted('(')),
        ("! a", Unquoted('!')),
        ("a !!", Unquoted('!')),
        ("a ^b", Unquoted('^')),
        ("a # b", TrailingComment),
        ("a && # b", TrailingComment),
        ("a &&", EmptyCommand),
        ("&& a", EmptyCommand),
        ("a && && b", EmptyCommand),
        ("a 'b", OpenQuote),
        ("a \"b", OpenQuote),
        ("a 'b\nc'", OpenQuote),
        ("a \0", Control),
        ("a\r", Control),
        ("# a\rb", Control),
        ("# a\0b", Control),
        ("a \x1b", Control),
        ("a \x7f", Control),
        ("a \u{a0} b", NotAscii),
        ("a 'ü'", NotAscii),
        ("if a", What::Reserved),
        ("a && while b", What::Reserved),
        ("time a", What::Reserved),
        ("'[[' a", What::Reserved),
    ] {
        assert_eq!(refused(script), what, "{script:?}");
    }
}

#[test]
fn needs_a_shebang_in_the_first_bytes() {
    for script in ["", "a\n", "\n#!/bin/sh\n", " #!/bin/sh\n", "\u{feff}#!/bin/sh\n", "# !/bin/sh"]
    {
        let error = tokenize(script.as_bytes()).unwrap_err();
        assert_eq!(error, ScriptError { line: 1, what: What::NoShebang }, "{script:?}");
    }
    assert_eq!(tokenize(b"#!/bin/sh\r\na\n").unwrap_err().what, What::Control);
    assert_eq!(tokenize("#!/bin/sh \u{a0}\n".as_bytes()).unwrap_err().what, What::NotAscii);
}

#[test]
fn has_a_size_limit() {
    let mut script = b"#!/bin/sh\n#".to_vec();
    script.resize(MAX_BYTES, b'x');
    assert!(tokenize(&script).is_ok());
    script.push(b'x');
    assert_eq!(tokenize(&script).unwrap_err().what, What::TooLarge);
}

#[test]
fn says_where_and_what() {
    assert_eq!(
        tokenize(b"#!/bin/sh\na | b\n").unwrap_err().to_string(),
        "line 2 of the script has an unquoted '|'; a batch script here has only words, quotes and &&"
    );
}
