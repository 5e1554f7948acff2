//! A JSON Schema, NUL, a parameter file; what comes out fits as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_parameters::Schema;
use sluice_policy::entry::Syntax;

fuzz_target!(|bytes: &[u8]| {
    let at = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let (schema, file) = bytes.split_at(at);
    let Ok(schema) = Schema::parse(schema) else { return };
    let file = file.strip_prefix(b"\0").unwrap_or_default();
    let _ = schema.apply(file, Syntax::Json);
    let Ok(out) = schema.apply(file, Syntax::Yaml) else { return };
    // The two readers agree on what the job gets.
    assert_eq!(schema.apply(&out, Syntax::Json).unwrap(), out);
    assert_eq!(schema.apply(&out, Syntax::Yaml).unwrap(), out);
});
