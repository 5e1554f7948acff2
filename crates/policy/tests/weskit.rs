//! The scripts that WESkit hands to sbatch, and scripts that are nearly theirs.
#![allow(clippy::unwrap_used)]

use sluice_policy::script::tokenize;
use sluice_policy::template::{Places, Template};

const PLACES: Places<'_> = Places {
    bundle: "/srv/sluice/workflows/demo/1.0.0",
    runtime: Some("/srv/sluice/runtimes/snakemake/9.27.1"),
    rundir: "/srv/sluice/runs/c19c/c19c2843-bf89-4e01-bfd4-74cc2961596f",
    run_id: "c19c2843-lab-7.0",
};

const SNAKEMAKE: &str = "#!/bin/bash
set -eu -o pipefail && source {runtime}/bin/activate && snakemake --snakefile {bundle}/Snakefile --cores {int:1..4} --configfile {file:.yaml}
";
/// As WESkit writes it: the workflow by a relative path.
const SCRIPT: &str = "#!/bin/bash
set -eu -o pipefail && source /srv/sluice/runtimes/snakemake/9.27.1/bin/activate && snakemake --snakefile ../../../workflows/demo/1.0.0/Snakefile --cores 2 --configfile c19c2843.yaml
";
const SNAKEFILE: &str = "../../../workflows/demo/1.0.0/Snakefile";

const NEXTFLOW: &str = "#!/bin/bash
set -eu -o pipefail && source {runtime}/bin/activate && nextflow -Djava.io.tmpdir=/tmp run {bundle}/main.nf -params-file {file:.yaml} {any-order [ -with-trace ] [ -with-report ] [ -with-timeline ] [ -with-dag ]}
";

fn approves(template: &str, script: &str) -> bool {
    let template = Template::parse(template).unwrap();
    tokenize(script.as_bytes()).is_ok_and(|script| template.matches(&script, &PLACES).is_ok())
}

#[test]
fn weskits_own_scripts_are_approved() {
    assert!(approves(SNAKEMAKE, SCRIPT));
    // sluice submit names the same file by its absolute path.
    let absolute = "/srv/sluice/workflows/demo/1.0.0/Snakefile";
    assert!(approves(SNAKEMAKE, &SCRIPT.replace(SNAKEFILE, absolute)));
    // Blank lines and comments, which bash doesn't run either, are nobody's concern.
    assert!(approves(SNAKEMAKE, &SCRIPT.replace("#!/bin/bash\n", "#!/bin/bash\n#SBATCH -c 2\n\n")));
    let engine = SCRIPT.find("snakemake --").unwrap();
    let nextflow = format!(
        "{}nextflow -Djava.io.tmpdir=/tmp run ../../../workflows/demo/1.0.0/main.nf -params-file \
         c19c2843.yaml -with-report -with-trace\n",
        &SCRIPT[..engine]
    );
    assert!(approves(NEXTFLOW, &nextflow));
    for (from, to) in [
        ("-with-trace", "-with-trace -resume"),
        ("-with-trace", "-c nextflow.config"),
        ("-with-trace", "-with-report"),
        ("=/tmp run", "=/data run"),
    ] {
        assert!(!approves(NEXTFLOW, &nextflow.replace(from, to)), "{to}");
    }
}

#[test]
fn near_misses_are_not() {
    let near = [
        // The first line.
        ("#!/bin/bash", "#!/bin/bash -l"),
        ("#!/bin/bash", "#!/bin/sh"),
        ("#!/bin/bash", "#! /bin/bash"),
        ("#!/bin/bash\n", "\n#!/bin/bash\n"),
        ("#!/bin/bash\n", ""),
        ("#!/bin/bash\n", "\u{feff}#!/bin/bash\n"),
        ("#!/bin/bash\n", "#!/bin/bash\r\n"),
        // Other commands around the one.
        ("set -eu", "id && set -eu"),
        ("set -eu", "id\nset -eu"),
        ("set -eu", "id; set -eu"),
        ("set -eu", "set -x -eu"),
        ("set -eu", "set -eu<<X"),
        ("set -eu -o pipefail && ", ""),
        ("-o pipefail", "+o pipefail"),
        (".yaml\n", ".yaml && cat /data/cohort/canary.txt\n"),
        (".yaml\n", ".yaml\nid\n"),
        (".yaml\n", ".yaml & id\n"),
        (".yaml\n", ".yaml | cat\n"),
        (".yaml\n", ".yaml > ../out\n"),
        (".yaml\n", ".yaml || id\n"),
        (".yaml\n", ".yaml # --cores 4\n"),
        (".yaml\n", ".yaml \\\n"),
        // Another environment.
        ("source ", ". "),
        ("9.27.1/bin/activate", "9.27.1/../evil/bin/activate"),
        ("9.27.1/bin/activate", "9.27.2/bin/activate"),
        ("/srv/sluice/runtimes/snakemake/9.27.1/bin/activate", "activate"),
        ("/srv/sluice/runtimes/snakemake/9.27.1/bin/activate", "./activate"),
        // Another engine or workflow.
        ("&& snakemake", "&& ./snakemake"),
        ("&& snakemake", "&& env A=b snakemake"),
        ("&& snakemake", "&& A=b snakemake"),
        ("&& snakemake", "&& snakemake.py"),
        (SNAKEFILE, "Snakefile"),
        (SNAKEFILE, "../../../workflows/demo/1.0.1/Snakefile"),
        (SNAKEFILE, "../../../workflows/demo/1.0.0/Snakefile2"),
        (SNAKEFILE, "../../workflows/demo/1.0.0/Snakefile"),
        (SNAKEFILE, "$HOME/Snakefile"),
        (SNAKEFILE, "$(echo Snakefile)"),
        ("--snakefile ../", "--snakefile=../"),
        ("--snakefile ", "--snakefile Snakefile --snakefile "),
        // Other options.
        ("--cores 2", "--cores 8"),
        ("--cores 2", "--cores 02"),
        ("--cores 2", "--cores all"),
        ("--cores 2", "--cores 2 --profile p"),
        ("--cores 2", "--cores 2 --config a=b"),
        ("--cores 2", "--cores 2 --use-conda"),
        ("--cores 2 --configfile c19c2843.yaml", "--configfile c19c2843.yaml --cores 2"),
        ("c19c2843.yaml", "../c19c2843.yaml"),
        ("c19c2843.yaml", "/tmp/c19c2843.yaml"),
        ("c19c2843.yaml", "c19c2843.json"),
        ("c19c2843.yaml", "*.yaml"),
        ("c19c2843.yaml", "c19c2843.yaml other.yaml"),
        ("c19c2843.yaml", "--version.yaml"),
        ("c19c2843.yaml", "{a,b}.yaml"),
        // Words that look the same.
        ("snakemake --snakefile", "snakemake\u{a0}--snakefile"),
        ("--cores", "\u{2212}-cores"),
        ("demo", "d\u{435}mo"),
        ("--cores 2", "--cores \0 2"),
    ];
    assert!(near.len() >= 40);
    for (from, to) in near {
        let script = SCRIPT.replacen(from, to, 1);
        assert_ne!(script, SCRIPT, "{from:?}");
        assert!(!approves(SNAKEMAKE, &script), "{from:?} -> {to:?}");
    }
}
