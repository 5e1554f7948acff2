use super::*;
use crate::script::tokenize;
use proptest::prelude::*;

const WESKIT: &str = "#!/bin/bash
set -eu -o pipefail && source {runtime}/env.sh && snakemake --snakefile {bundle}/Snakefile \
{any-order --cores {int:1..64} [ --quiet {one-of:all|rules} ] --configfile {file:.yaml} }
";
const SCRIPT: &str = "#!/bin/bash
set -eu -o pipefail && source /srv/runtimes/smk/9/env.sh && snakemake --snakefile \
../../../workflows/x/1.0/Snakefile --cores 4 --configfile c19c.yaml
";
const PLACES: Places<'_> = Places {
    bundle: "/srv/workflows/x/1.0",
    runtime: Some("/srv/runtimes/smk/9"),
    rundir: "/srv/runs/c19c/c19c2843",
    run_id: "c19c2843-lab-7.0",
};

fn attempt(template: &str, script: &str) -> Result<Match, Mismatch> {
    let template = Template::parse(template).unwrap_or_else(|error| panic!("{template}: {error}"));
    template.matches(&tokenize(script.as_bytes()).unwrap(), &PLACES)
}

/// A template and a script of one line each.
fn line(template: &str, script: &str) -> bool {
    attempt(&format!("#!/bin/sh\n{template}"), &format!("#!/bin/sh\n{script}\n")).is_ok()
}

#[test]
fn matches_weskits_two_lines() {
    assert_eq!(attempt(WESKIT, SCRIPT).unwrap().files, ["c19c.yaml"]);
    for (from, to) in [
        ("--cores 4 --configfile c19c.yaml", "--configfile c19c.yaml --cores 4"),
        ("--cores 4", "--quiet rules --cores 4"),
        ("--cores 4", "--cores 4 --quiet all"),
        ("../../../workflows/x/1.0/Snakefile", "/srv/workflows/x/1.0/Snakefile"),
        ("../../../workflows", "./../../..//workflows"),
        ("snakemake", "'snakemake'"),
        ("#!/bin/bash\n", "#!/bin/bash\n#SBATCH -n 1\n\n# hello\n"),
        ("c19c.yaml\n", "c19c.yaml\n# the end\n"),
    ] {
        let script = SCRIPT.replacen(from, to, 1);
        assert_ne!(script, SCRIPT);
        assert_eq!(attempt(WESKIT, &script).unwrap().files, ["c19c.yaml"], "{to}");
    }
}

#[test]
fn refuses_near_misses() {
    for (from, to) in [
        ("#!/bin/bash", "#!/bin/sh"),
        ("#!/bin/bash", "#!/bin/bash -x"),
        ("#!/bin/bash", "#!/bin/bash "),
        ("#!/bin/bash\n", "#!/bin/bash\ntouch x\n"),
        ("c19c.yaml\n", "c19c.yaml\ntouch x\n"),
        ("c19c.yaml\n", "c19c.yaml && touch x\n"),
        ("c19c.yaml\n", "c19c.yaml extra\n"),
        ("set -eu -o pipefail && ", ""),
        ("set -eu", "set -u"),
        ("set -eu -o pipefail &&", "set -eu -o pipefail"),
        ("&& snakemake", "snakemake"),
        ("source /srv/runtimes/smk/9/env.sh && ", ""),
        ("/srv/runtimes/smk/9/env.sh", "/srv/runtimes/smk/9/other.sh"),
        ("/srv/runtimes/smk/9/env.sh", "/tmp/env.sh"),
        ("/srv/runtimes/smk/9/env.sh", "env.sh"),
        ("snakemake", "/tmp/snakemake"),
        ("snakemake --snakefile", "PATH=/tmp snakemake --snakefile"),
        ("../../../workflows", "../../workflows"),
        ("x/1.0/Snakefile", "x/1.1/Snakefile"),
        ("x/1.0/Snakefile", "x/1.0/Snakefile2"),
        ("x/1.0/Snakefile", "x/1.0/a/../Snakefile"),
        ("x/1.0/Snakefile", "x/1.0-evil/Snakefile"),
        ("../../../workflows/x/1.0/Snakefile", "Snakefile"),
        ("../../../workflows", "link/../../../../workflows"),
        ("../../../workflows", "/tmp/link/../../srv/workflows"),
        ("--snakefile ", "--snakefile="),
        ("--cores 4", "--cores 0"),
        ("--cores 4", "--cores 65"),
        ("--cores 4", "--cores 04"),
        ("--cores 4", "--cores +4"),
        ("--cores 4", "--cores -4"),
        ("--cores 4", "--cores all"),
        ("--cores 4", "--cores 18446744073709551620"),
        ("--cores 4", "--cores"),
        ("--cores 4 ", ""),
        ("--cores 4", "--cores 4 --cores 4"),
        ("--cores 4", "--cores 4 --quiet all --quiet all"),
        ("--cores 4", "--cores 4 --quiet none"),
        ("--cores 4", "--cores 4 --quiet"),
        ("--configfile c19c.yaml", "--configfile"),
        ("c19c.yaml", "c19c.yml"),
        ("c19c.yaml", ".yaml"),
        ("c19c.yaml", ".c19c.yaml"),
        ("c19c.yaml", "-c19c.yaml"),
        ("c19c.yaml", "./c19c.yaml"),
        ("c19c.yaml", "../c19c.yaml"),
        ("c19c.yaml", "sub/c19c.yaml"),
        ("c19c.yaml", "'c 19c.yaml'"),
        ("c19c.yaml", "'$(id).yaml'"),
        ("c19c.yaml", "a=b.yaml"),
        ("c19c.yaml", "''"),
    ] {
        let script = SCRIPT.replacen(from, to, 1);
        assert_ne!(script, SCRIPT, "{from}");
        assert!(attempt(WESKIT, &script).is_err(), "{to}");
    }
}

#[test]
fn names_the_first_difference() {
    for (from, to, said) in [
        ("--cores 4", "--cores 65", "line 2 of the script: expected {int:1..64}, found 65"),
        (
            "c19c.yaml\n",
            "c19c.yaml x\n",
            "line 2 of the script: expected the end of the line, found x",
        ),
        (
            "c19c.yaml\n",
            "c19c.yaml\nx\n",
            "line 3 of the script: expected the end of the script, found another line",
        ),
        ("#!/bin/bash", "#!/bin/sh", "line 1 of the script: expected #!/bin/bash, found #!/bin/sh"),
        ("set -eu", "set", "line 2 of the script: expected -eu, found -o"),
        ("pipefail &&", "pipefail", "line 2 of the script: expected &&, found source"),
        (
            " c19c.yaml",
            "",
            "line 2 of the script: expected {file:.yaml}, found the end of the line",
        ),
    ] {
        let found = attempt(WESKIT, &SCRIPT.replacen(from, to, 1)).unwrap_err().to_string();
        assert_eq!(found, said);
    }
    let short = attempt(WESKIT, "#!/bin/bash\n").unwrap_err();
    assert_eq!(
        short.to_string(),
        "line 1 of the script: expected another line, found the end of the script"
    );
}

#[test]
fn matches_each_placeholder() {
    for (template, script, expected) in [
        ("a {rundir}", "a .", true),
        ("a {rundir}", "a /srv/runs/c19c/c19c2843/", true),
        ("a {rundir}", "a ..", false),
        ("a {rundir}/out", "a ./out", true),
        ("a {rundir}/out", "a out", false),
        ("a {bundle}", "a ../../../workflows/x/1.0", true),
        (
            "a {bundle}/v{int:1..9}/{run-id}.txt",
            "a /srv/workflows/x/1.0/v3/c19c2843-lab-7.0.txt",
            true,
        ),
        ("a {bundle}/v{int:1..9}/x", "a /srv/workflows/x/1.0/v10/x", false),
        ("a --name={run-id}", "a --name=c19c2843-lab-7.0", true),
        ("a --name={run-id}", "a --name=c19c2843-lab-7.1", false),
        ("a n{int:1..20}0", "a n20", true),
        ("a n{int:1..20}0", "a n200", true),
        ("a {int:0..9}", "a 0", true),
        ("a {int:0..9}", "a 00", false),
        ("a {one-of:x|xy}z", "a xyz", true),
        ("a {one-of:x|xy}z", "a xz", true),
        ("a {one-of:x|xy}z", "a yz", false),
        ("a {{b}}", "a '{b}'", true),
        ("a [ b ] [ b c ]", "a b c", true),
        ("a [ b [ c ] ] d", "a b c d", true),
        ("a [ b [ c ] ] d", "a c d", false),
        ("[ source {bundle}/e && ] a", "source /srv/workflows/x/1.0/e && a", true),
        ("[ source {bundle}/e && ] a", "a", true),
        ("a {any-order -x [ -y ] -z {int:1..2}}", "a -z 1 -x", true),
        ("a {any-order -x [ -y ] -z {int:1..2}}", "a -y -x -z 2", true),
        ("a {any-order -x [ -y ] -z {int:1..2}}", "a -x -y", false),
        ("a {any-order -x -x}", "a -x -x", true),
        ("a {any-order -x -x}", "a -x", false),
    ] {
        assert_eq!(line(template, script), expected, "{template} against {script}");
    }
    let template = Template::parse("#!/bin/sh\n{runtime}/a").unwrap();
    assert!(template.needs_runtime());
    let places = Places { runtime: None, ..PLACES };
    let script = tokenize(b"#!/bin/sh\n/srv/runtimes/smk/9/a").unwrap();
    assert!(template.matches(&script, &PLACES).is_ok());
    assert!(template.matches(&script, &places).is_err());
}

#[test]
fn refuses_what_is_no_template() {
    for (template, said) in [
        ("", "starts with #!"),
        ("a", "starts with #!"),
        ("#!/bin/sh", "runs something"),
        ("#!/bin/sh\n\n", "runs something"),
        ("#!/bin/sh\n# x", "comments"),
        ("#!/bin/sh\na # x", "comments"),
        ("#!/bin/sh\na ü", "ASCII"),
        ("#!/bin/sh\na 'b'", "quote"),
        ("#!/bin/sh\na $HOME", "act on"),
        ("#!/bin/sh\na | b", "act on"),
        ("#!/bin/sh\na & b", "act on"),
        ("#!/bin/sh\na[ b ]", "act on"),
        ("#!/bin/sh\na {unknown}", "placeholder"),
        ("#!/bin/sh\na {int}", "placeholder"),
        ("#!/bin/sh\na {bundle", "does not end"),
        ("#!/bin/sh\na {int:5..1}", "range"),
        ("#!/bin/sh\na {int:1}", "range"),
        ("#!/bin/sh\na {int:..}", "range"),
        ("#!/bin/sh\na {int:-1..2}", "range"),
        ("#!/bin/sh\na {one-of:}", "choice"),
        ("#!/bin/sh\na {one-of:x|}", "choice"),
        ("#!/bin/sh\na {one-of:$x}", "choice"),
        ("#!/bin/sh\na {file:yaml}", "ending"),
        ("#!/bin/sh\na {file:.}", "ending"),
        ("#!/bin/sh\na {file:./x}", "ending"),
        ("#!/bin/sh\na x{file:.yaml}", "word of its own"),
        ("#!/bin/sh\na x{bundle}", "start of a word"),
        ("#!/bin/sh\na {bundle}{rundir}", "start of a word"),
        ("#!/bin/sh\na {bundle}x", "clean path"),
        ("#!/bin/sh\na {bundle}/../x", "clean path"),
        ("#!/bin/sh\na {bundle}/", "nothing or a clean path"),
        ("#!/bin/sh\na {bundle}//x", "clean path"),
        ("#!/bin/sh\nsource /opt/env.sh && a", "sourced"),
        ("#!/bin/sh\n. {rundir}/env.sh", "sourced"),
        ("#!/bin/sh\n. {bundle}", "sourced"),
        ("#!/bin/sh\nsource", "sourced"),
        ("#!/bin/sh\nsource [ {bundle}/x ]", "sourced"),
        ("#!/bin/sh\n[ a ]", "optional"),
        ("#!/bin/sh\na [ ]", "nothing required"),
        ("#!/bin/sh\na [ b", "does not end"),
        ("#!/bin/sh\na ]", "closes nothing"),
        ("#!/bin/sh\na }", "closes nothing"),
        ("#!/bin/sh\na {any-order -x", "does not end"),
        ("#!/bin/sh\na {any-order }", "1 to 16"),
        ("#!/bin/sh\na {any-order x -y }", "starts with -"),
        ("#!/bin/sh\na {any-order [ -x ] y }", "starts with -"),
        ("#!/bin/sh\na {any-order -x && -y }", "only words"),
        ("#!/bin/sh\na [ b [ c [ d [ e [ f ] ] ] ] ]", "deeply"),
    ] {
        let error = Template::parse(template).expect_err(template).to_string();
        assert!(error.contains(said), "{template}: {error}");
    }
    let long = format!("#!/bin/sh\n{}", "a ".repeat(40_000));
    assert!(Template::parse(&long).is_err());
}

#[test]
fn renders_what_it_matches() {
    let template = Template::parse(WESKIT).unwrap();
    let choices = Choices { files: vec!["p.yaml".into()], int: Some(8) };
    let script = template.render(&PLACES, &choices).unwrap();
    assert_eq!(
        script,
        "#!/bin/bash\nset -eu -o pipefail && source /srv/runtimes/smk/9/env.sh && snakemake \
         --snakefile /srv/workflows/x/1.0/Snakefile --cores 8 --configfile p.yaml\n"
    );
    assert_eq!(attempt(WESKIT, &script).unwrap().files, ["p.yaml"]);
    let fails = |files: &[&str], int| {
        let files = files.iter().map(ToString::to_string).collect();
        template.render(&PLACES, &Choices { files, int }).unwrap_err()
    };
    assert_eq!(fails(&[], None), RenderError::FileMissing(".yaml".into()));
    assert_eq!(fails(&["a.txt"], None), RenderError::FileUnused("a.txt".into()));
    assert_eq!(fails(&["../a.yaml"], None), RenderError::FileUnused("../a.yaml".into()));
    assert_eq!(fails(&["a.yaml", "b.yaml"], None), RenderError::FileUnused("b.yaml".into()));
    assert_eq!(
        fails(&["a.yaml"], Some(65)),
        RenderError::OutOfRange { number: 65, low: 1, high: 64 }
    );
    let places = Places { runtime: None, ..PLACES };
    assert_eq!(template.render(&places, &choices), Err(RenderError::RuntimeMissing));
}

#[test]
fn renders_optional_files_and_odd_paths() {
    let text =
        "#!/bin/sh\n{bundle}/run [ --cores {int:1..4} ] [ --params {file:.yaml} ] [ -q ] {{x}}";
    let template = Template::parse(text).unwrap();
    let places = Places { bundle: "/srv/my flows/$x", ..PLACES };
    for choices in [
        Choices::default(),
        Choices { files: vec!["p.yaml".into()], int: None },
        Choices { files: vec!["p.yaml".into()], int: Some(3) },
    ] {
        let script = template.render(&places, &choices).unwrap();
        let found = template.matches(&tokenize(script.as_bytes()).unwrap(), &places).unwrap();
        assert_eq!(found.files, choices.files, "{script}");
    }
    for bundle in ["/srv/it's", "/srv/ü", "/srv/a\nb"] {
        let places = Places { bundle, ..PLACES };
        let error = template.render(&places, &Choices::default()).unwrap_err();
        assert!(matches!(error, RenderError::Unquotable(_)), "{bundle}");
    }
}

#[test]
fn does_not_search_for_long() {
    let template = format!("a {}", "[ b ] ".repeat(2_000));
    assert!(line(&template, &format!("a{}", " b".repeat(2_000))));
    assert!(!line(&template, &format!("a{}", " b".repeat(2_001))));
    let options = format!("a {{any-order {}}}", "-x ".repeat(16));
    assert!(!line(&options, &format!("a{}", " -x".repeat(15))));
}

proptest! {
    #[test]
    fn reading_never_panics(template in "#!/bin/sh\n[ -~\n]{0,80}", script in "#!/bin/sh\n[ -~\n]{0,80}") {
        if let (Ok(template), Ok(script)) = (Template::parse(&template), tokenize(script.as_bytes())) {
            let _ = template.matches(&script, &PLACES);
            let _ = template.render(&PLACES, &Choices::default());
        }
    }

    #[test]
    fn a_changed_byte_of_the_script_is_noticed(at in 0..SCRIPT.len(), byte in b' '..=b'~') {
        let mut script = SCRIPT.as_bytes().to_vec();
        script[at] = byte;
        if let Ok(tokens) = tokenize(&script)
            && let Ok(found) = Template::parse(WESKIT).unwrap().matches(&tokens, &PLACES)
        {
            // Only the parameters' name and the number of cores are free.
            let freed = |script: &str| {
                // A byte that became a blank may leave two of them, or one at the end.
                let script = script.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
                let (start, rest) = script.split_once("--cores ").unwrap();
                let (_, rest) = rest.split_once(' ').unwrap();
                format!("{start}{}", rest.replacen(&found.files[0], "FILE", 1))
            };
            let altered = freed(&String::from_utf8(script).unwrap());
            prop_assert_eq!(altered, freed(&SCRIPT.replacen("c19c.yaml", &found.files[0], 1)));
        }
    }
}
