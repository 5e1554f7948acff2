//! Why a file is held back.

/// Why a file is held back, for reviewers and authors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Hold {
    /// For programs.
    pub code: HoldCode,
    /// What is wrong and where in the file, and what to write instead.
    pub message: String,
}

/// What a content check found.
pub(crate) struct Fault(pub(crate) HoldCode, pub(crate) String);

sluice_protocol::codes! {
    /// What a file is held back for.
    pub enum HoldCode {
        ActiveContent = "active-content":
            "the file can load or run something when it is opened"
            => "leave links, scripts and formulas out",
        CellTooLong = "cell-too-long":
            "a cell is longer than the rule allows"
            => "write shorter cells, or ask for a larger `max-cell-bytes`",
        Changed = "changed":
            "the file's size is not the attested one"
            => "find out who changed it; run it again",
        ColumnExtra = "column-extra":
            "the table has a column that the rule doesn't name"
            => "leave it out, or ask for it in `columns`",
        ColumnForbidden = "column-forbidden":
            "the table has a column that the rule forbids"
            => "leave it out",
        ColumnMissing = "column-missing":
            "the table lacks a column that the rule asks for"
            => "write it, under this very name",
        ColumnUnnamed = "column-unnamed":
            "a column has no name"
            => "name it, or leave row names and the index out: `index=False`, `row.names = FALSE`",
        ContributorsFew = "contributors-few":
            "a row is made of fewer persons than the rule asks for"
            => "suppress the row, or merge groups",
        CountInvalid = "count-invalid":
            "a cell of a column of numbers is none, and isn't empty or suppressed"
            => "write numbers as the rules for counts have them, alike in all rows",
        CountSmall = "count-small":
            "a count is below the rule's minimum"
            => "suppress it, or merge groups",
        CountUnrounded = "count-unrounded":
            "a count is no multiple of the rule's number"
            => "round all counts, and make totals of the rounded ones",
        Differencing = "differencing":
            "a count differs little from one of the same group that was released before"
            => "round counts, or let the output checker decide",
        Dominated = "dominated":
            "the largest contributions make up too much of a total"
            => "suppress the row, or merge groups",
        HeaderMissing = "header-missing":
            "the first row looks like data"
            => "write a row of column names first",
        HiddenContent = "hidden-content":
            "the file has something that it does not show"
            => "leave out what isn't to be seen",
        LabelsRepeat = "labels-repeat":
            "two rows have the same labels"
            => "repeat the group's name in each row, or name the column that tells them apart in `labels`",
        NotCsv = "not-csv":
            "the file is no well-formed csv"
            => "write RFC 4180: commas, double quotes, as many cells in each row",
        NotDrawn = "not-drawn":
            "the figure can't be drawn"
            => "write a plain drawing of one page, or a PNG",
        NotGzip = "not-gzip":
            "the file is no gzip file of one member"
            => "compress it once, with `gzip -n`",
        NotJpeg = "not-jpeg":
            "the file is no JPEG of pixels alone"
            => "write it without metadata",
        NotJson = "not-json":
            "the file is no JSON that every reader reads alike"
            => "write one value, each key once, no NaN",
        NotPdf = "not-pdf":
            "the file is no PDF that can be checked"
            => "write a plain PDF, or a PNG",
        NotPng = "not-png":
            "the file is no PNG of pixels alone"
            => "write it without metadata",
        NotSvg = "not-svg":
            "the file is no SVG of known elements"
            => "write a plain SVG, or a PNG",
        NotText = "not-text":
            "the file is not printable UTF-8"
            => "write UTF-8 without control characters",
        NotTsv = "not-tsv":
            "the file is no well-formed tsv"
            => "write tabs between cells, no quotes, as many cells in each row",
        OtherDelimiter = "other-delimiter":
            "the header has a delimiter that is not the table's own"
            => "write commas in csv and tabs in tsv, points in decimals",
        PercentReveals = "percent-reveals":
            "a percentage stands for a count below the rule's minimum"
            => "suppress it, or merge groups",
        ReviewRequired = "review-required":
            "the rule asks for a person's decision"
            => "let the output checker decide",
        SecondTable = "second-table":
            "another table stands below the first"
            => "write each table to a file of its own",
        TooDeep = "too-deep":
            "the file is nested deeper than the rule allows"
            => "write it flatter, or ask for a larger `max-depth`",
        TooLarge = "too-large":
            "the file is larger than the rule allows"
            => "write less, or ask for a larger `max-bytes` or `max-unpacked-bytes`",
        TooManyColumns = "too-many-columns":
            "the table has more columns than the rule allows"
            => "write fewer, or ask for a larger `max-columns`",
        TooManyItems = "too-many-items":
            "the file has more values than the rule allows"
            => "write fewer, or ask for a larger `max-items`",
        TooManyPoints = "too-many-points":
            "the drawing has more points than the rule allows"
            => "draw fewer, or write a PNG",
        TooManyRows = "too-many-rows":
            "the file has more rows than the rule allows"
            => "write fewer, or ask for a larger `max-rows`",
        TotalReveals = "total-reveals":
            "a total gives back a count that is suppressed or left out"
            => "suppress a second one, or leave the total out",
        Unreadable = "unreadable":
            "the file cannot be read"
            => "look at the file system",
    }
}
