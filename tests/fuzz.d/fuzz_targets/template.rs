//! A template, NUL, a script: matching ends, and what is rendered matches.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::script::tokenize;
use sluice_policy::template::{Choices, Places, Template};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (template, script) = text.split_once('\0').unwrap_or((text, "#!/bin/bash\nx\n"));
    let Ok(template) = Template::parse(template) else { return };
    let places = Places {
        bundle: "/srv/workflows/demo/1.0",
        runtime: Some("/srv/runtimes/r/1"),
        rundir: "/srv/runs/alice/x",
        run_id: "x-lab-7.0",
    };
    if let Ok(script) = tokenize(script.as_bytes()) {
        let _ = template.matches(&script, &places);
    }
    let files = template.file_endings().into_iter().map(|ending| format!("x{ending}")).collect();
    let Ok(text) = template.render(&places, &Choices { files, int: None }) else { return };
    // A template may have words that no script can, such as `if`.
    if let Ok(script) = tokenize(text.as_bytes()) {
        assert!(template.matches(&script, &places).is_ok(), "{text}");
    }
});
