//! What a release rule's values must be beyond their types.

use super::{
    ContentKind, MAX_BYTES, Output,
    check::{EntryError, FORMAT, require},
    rules::is_glob,
};
use crate::{path::is_clean_relative, text};

/// Keys of `[[output]]` that format 1 has.
const FORMAT_1: &[&str] = &[
    "glob",
    "kind",
    "required",
    "max-bytes",
    "max-rows",
    "columns",
    "forbidden-columns",
    "review",
];
/// Kinds that format 1 has.
const KINDS_1: &[ContentKind] = {
    use ContentKind::{Csv, Json, Pdf, Png, Svg, Text, Tsv};
    &[Csv, Tsv, Json, Svg, Png, Pdf, Text]
};

/// The release rules of an entry or of a draft with nothing but rules, which has format 2 unless it
/// says otherwise; whatever else stands there isn't judged.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Output>, EntryError> {
    #[derive(serde::Deserialize)]
    struct Draft {
        #[serde(default = "newest")]
        format: u32,
        #[serde(default)]
        output: Vec<Output>,
    }
    const fn newest() -> u32 {
        FORMAT
    }
    if bytes.len() > MAX_BYTES {
        return Err(EntryError::TooLarge);
    }
    let table: toml::Value = crate::toml::read(bytes).map_err(EntryError::Malformed)?;
    let Draft { format, mut output } = crate::toml::read(bytes).map_err(EntryError::Malformed)?;
    require((1..=FORMAT).contains(&format), "format", "it must be 1 or 2")?;
    if format == 1 {
        as_format_1(&mut output, &table)?;
    }
    output.iter().try_for_each(check)?;
    Ok(output)
}

/// Refuses what format 1 doesn't have in the entry's `outputs`, and says of the rules what it means
/// there.
pub(super) fn as_format_1(outputs: &mut [Output], table: &toml::Value) -> Result<(), EntryError> {
    const NEWER: &str = "this key needs format = 2";
    let rules = table.get("output").and_then(toml::Value::as_array);
    let keys =
        rules.into_iter().flatten().filter_map(toml::Value::as_table).flat_map(|it| it.keys());
    for key in keys {
        require(FORMAT_1.contains(&key.as_str()), "output", NEWER)?;
    }
    for output in outputs {
        require(KINDS_1.contains(&output.kind), "output.kind", "this kind needs format = 2")?;
        output.open = true;
    }
    Ok(())
}

pub(super) fn check(rule: &Output) -> Result<(), EntryError> {
    require(is_clean_relative(&rule.glob), "output.glob", "a clean relative path")?;
    require(is_glob(&rule.glob), "output.glob", "it is no valid pattern")?;
    check_size(rule)?;
    let review = rule.kind != ContentKind::Other || rule.review != Some(false);
    require(review, "output.review", "a file of another kind is never released by machine")?;
    // Format 1 has no `rasterise`, and keeps what its entries mean.
    let seen = rule.open || rule.rasterise || rule.kind != ContentKind::Pdf;
    const UNSEEN: &str = "a PDF has more places to hide something than a machine finds: write \
        `rasterise = true` beside `review = false`, or leave `review` out";
    require(seen || rule.needs_review(), "output.review", UNSEEN)?;
    check_table(rule)?;
    check_disclosure(rule)?;
    let json = rule.kind == ContentKind::Json;
    let depth = rule.max_depth.is_none_or(|most| json && (1..=128).contains(&most));
    require(depth, "output.max-depth", "1 to 128, for json")?;
    let items = rule.max_items.is_none_or(|most| json && most >= 1);
    require(items, "output.max-items", "1 or more, for json")?;
    let drawing = rule.kind == ContentKind::Svg;
    require(rule.max_points.is_none() || drawing, "output.max-points", "only for svg")?;
    let figure = drawing || rule.kind == ContentKind::Pdf;
    require(!rule.rasterise || figure, "output.rasterise", "only for svg and pdf")?;
    const UNREAD: &str = "not beside rasterise: pixels have no points";
    require(!rule.rasterise || rule.max_points.is_none(), "output.max-points", UNREAD)
}

fn check_size(rule: &Output) -> Result<(), EntryError> {
    let fits = |bytes: u64, limit: u64| (1..=limit).contains(&bytes);
    match rule.kind.limit() {
        limit @ super::MAX_WHOLE_BYTES => {
            require(fits(rule.max_bytes, limit), "output.max-bytes", "1 to 268435456 (256 MiB)")?;
        }
        limit => {
            require(fits(rule.max_bytes, limit), "output.max-bytes", "1 to 1099511627776 (1 TiB)")?;
        }
    }
    require(!rule.gzip || rule.kind.is_text(), "output.gzip", "only for kinds that are text")?;
    const UNPACKED: &str = "1 to 1099511627776 (1 TiB), needed with gzip and only there";
    let unpacked = rule
        .max_unpacked_bytes
        .map_or(!rule.gzip, |most| rule.gzip && fits(most, super::MAX_STREAMED_BYTES));
    require(unpacked, "output.max-unpacked-bytes", UNPACKED)
}

fn check_table(rule: &Output) -> Result<(), EntryError> {
    let Output { columns, forbidden_columns, .. } = rule;
    let table = rule.kind.is_table();
    let mut names = columns.iter().chain(forbidden_columns);
    require(table || names.clone().next().is_none(), "output.columns", "only for csv and tsv")?;
    let plain = |name: &String| !name.is_empty() && name.chars().all(text::is_visible);
    require(names.all(plain), "output.columns", "names of visible characters")?;
    require(table || rule.max_rows.is_none(), "output.max-rows", "only for csv and tsv")?;
    const CLOSED: &str = "csv and tsv need `columns`, or `extra-columns = true` to let any pass";
    let any = rule.extra_columns();
    require(!table || any || !columns.is_empty(), "output.columns", CLOSED)?;
    require(table || rule.extra_columns.is_none(), "output.extra-columns", "only for csv and tsv")?;
    let bound = |value: Option<u32>| value.is_none_or(|most| table && most >= 1);
    require(bound(rule.max_columns), "output.max-columns", "1 or more, for csv and tsv")?;
    require(bound(rule.max_cell_bytes), "output.max-cell-bytes", "1 or more, for csv and tsv")?;
    let comments = rule.comments.is_none_or(|mark| table && mark == '#');
    require(comments, "output.comments", "\"#\", for csv and tsv")?;
    require(table || !rule.row_names, "output.row-names", "only for csv and tsv")
}

fn check_disclosure(rule: &Output) -> Result<(), EntryError> {
    let Output { counts, percent, contributors, dominance, .. } = rule;
    let any =
        counts.is_some() || percent.is_some() || contributors.is_some() || dominance.is_some();
    require(!any || rule.kind.is_table(), "output.counts", "only for csv and tsv")?;
    const UNREAD: &str =
        "not beside counts, contributors or dominance: no rule reads comments' numbers";
    require(!any || rule.comments.is_none(), "output.comments", UNREAD)?;
    let named = |names: &[String]| {
        !names.is_empty() && names.iter().all(|name| !matches!(name.as_str(), "" | "*"))
    };
    if let Some(counts) = counts {
        require(named(&counts.columns), "output.counts.columns", "names, `*` at their end alone")?;
        require(counts.minimum >= 1, "output.counts.minimum", "1 or more")?;
        let multiple = counts.multiple_of.is_none_or(|of| of >= 2);
        require(multiple, "output.counts.multiple-of", "2 or more")?;
        // R's row names have no name.
        let label = |name: &String| (!name.is_empty() || rule.row_names) && !counts.has(name);
        let labels = counts.labels.iter().flatten().all(label);
        require(labels, "output.counts.labels", "names of columns, none of them of counts")?;
        const UNSAID: &str =
            "name the columns that tell rows apart in labels, or say earlier = \"ignore\"";
        let said = counts.labels.is_some() || !counts.are_compared();
        require(said, "output.counts.labels", UNSAID)?;
    }
    if let Some(percent) = percent {
        require(
            named(&percent.columns),
            "output.percent.columns",
            "names, `*` at their end alone",
        )?;
        const OF: &str = "a column of [output.counts]";
        let counts = counts.as_ref().is_some_and(|counts| counts.has(&percent.of));
        require(counts, "output.percent.of", OF)?;
    }
    if let Some(contributors) = contributors {
        let sound = !contributors.column.is_empty() && contributors.minimum >= 1;
        require(sound, "output.contributors", "a column, and a minimum of 1 or more")?;
    }
    if let Some(dominance) = dominance {
        let sound = named(&dominance.largest)
            && !dominance.total.is_empty()
            && (1..=100).contains(&dominance.percent);
        require(sound, "output.dominance", "columns, a total, and a percent of 1 to 100")?;
    }
    Ok(())
}
