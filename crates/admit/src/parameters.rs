//! The run's parameters: checked against the approved schema and completed with its defaults. The
//! sealed copy is what came out of that, not what the user wrote.

use sluice_parameters::{MAX_SCHEMA, ParameterError, Schema};
use sluice_policy::entry::Syntax;
use sluice_protocol::Code;

use crate::decide::Approved;
use crate::refused::Refused;
use crate::store::{Held, Store};

/// Replaces the content of the parameter file, if the entry has a schema.
pub(crate) fn apply(
    approved: &mut Approved,
    store: &Store<'_>,
    held: &[Held],
) -> Result<(), Refused> {
    let Some(parameters) = &approved.verified.entry.parameters else { return Ok(()) };
    let id = &approved.id;
    let invalid = |why: &dyn std::fmt::Display| {
        Refused::new(Code::EntryInvalid, format!("{id}: {}: {why}", parameters.schema))
    };
    let schema = match approved.bundles().zip(held).next() {
        Some((bundle, held)) => store.read_file(&bundle, held, &parameters.schema, MAX_SCHEMA)?,
        None => None,
    };
    let schema = schema.ok_or_else(|| invalid(&"the bundle has no such file"))?;
    let schema = Schema::parse(&schema).map_err(|error| invalid(&error))?;
    for (name, content) in &mut approved.files {
        if let Some(syntax) = Syntax::of(name) {
            *content = schema.apply(content, syntax).map_err(|error| refused(name, &error))?;
        }
    }
    Ok(())
}

fn refused(name: &str, error: &ParameterError) -> Refused {
    Refused::new(Code::ParametersRefused, format!("{name}: {error}; correct it and submit again"))
}
