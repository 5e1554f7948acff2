//! The reference lists every key of sluice.toml, no other, and the defaults that it has.

use std::collections::BTreeSet;

use sluice_site::Site;

/// A table of sluice.toml, what must stand in it, and where it is described.
struct Table {
    head: &'static str,
    needs: &'static str,
    page: &'static str,
    heading: &'static str,
}

const CONFIGURATION: &str = include_str!("../../../docs/reference/configuration.md");
const STORE: &str = include_str!("../../../docs/reference/store.md");
const CRAWLER: &str = include_str!("../../../docs/reference/crawler.md");

const TABLES: [Table; 8] = [
    Table {
        head: "",
        needs: "format = 1\ncluster = \"c\"\nworkflows = \"/w\"\nruntimes = \"/r\"\nruns = \"/d\"\n\
                sealed-root = \"/s\"\nattestations = \"/a\"\nstatus = \"/t\"",
        page: CONFIGURATION,
        heading: "# sluice.toml",
    },
    of("[data.NAME]", "path = \"/p\"", CONFIGURATION, "## `[data.NAME]`"),
    of("[scope]", "", CONFIGURATION, "## `[scope]`"),
    of("[sandbox]", "", CONFIGURATION, "## `[sandbox]`"),
    of("[store]", "", STORE, "## Settings"),
    of("[crawler]", "store = \"file:///p\"", CRAWLER, "## sluice.toml, `[crawler]`"),
    of("[policy]", "", CONFIGURATION, "## `[policy]`"),
    of("[[policy.controller]]", "principal = \"p\"", CONFIGURATION, "### Who holds a role"),
];

const fn of(
    head: &'static str,
    needs: &'static str,
    page: &'static str,
    heading: &'static str,
) -> Table {
    Table { head, needs, page, heading }
}

impl Table {
    /// A configuration with `line` in this table.
    fn with(&self, line: &str) -> Result<Site, String> {
        let text: String = TABLES
            .iter()
            .map(|table| {
                let more = if table.head == self.head { line } else { "" };
                format!("{}\n{}\n{more}\n", table.head, table.needs)
            })
            .collect();
        toml::from_str(&text).map_err(|error| error.to_string())
    }

    /// Its keys in the source: whoever meets another one names them all.
    fn keys(&self) -> BTreeSet<String> {
        let error = self.with("surprise = 1").expect_err("an unknown key");
        let (_, expected) = error.split_once("unknown field `surprise`, expected").expect(&error);
        quoted(expected).map(str::to_owned).collect()
    }

    /// Its rows in the reference: keys, and the cell of the default.
    fn rows(&self) -> Vec<(Vec<&'static str>, &'static str)> {
        let (_, section) =
            self.page.split_once(&format!("{}\n", self.heading)).expect(self.heading);
        let section = section.split("\n#").next().unwrap_or_default();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
        rows.map(|row| {
            let mut cells = row.split(" | ");
            let keys = cells.next().unwrap_or_default().split('`').step_by(2);
            let keys = keys.map(|key| key.trim_matches(['[', ']']).trim_end_matches(".NAME"));
            (keys.filter(|key| !key.is_empty()).collect(), cells.next().unwrap_or_default())
        })
        .collect()
    }
}

/// What stands in backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_key_is_in_the_reference() {
    for table in TABLES {
        let documented = table.rows().into_iter().flat_map(|(keys, _)| keys).map(str::to_owned);
        assert_eq!(documented.collect::<BTreeSet<_>>(), table.keys(), "{}", table.heading);
    }
}

#[test]
fn documented_defaults_change_nothing() {
    let mut compared = 0;
    for table in TABLES {
        let plain = table.with("").unwrap();
        for (keys, default) in table.rows() {
            // Others are described in words.
            let Some(value) = default.strip_prefix('`').and_then(|it| it.strip_suffix('`')) else {
                continue;
            };
            for key in keys {
                let same = table.with(&format!("{key} = {value}")).unwrap();
                assert_eq!(same, plain, "{key} = {value}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 28, "defaults that the reference names");
}
