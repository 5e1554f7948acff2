//! `sluice output`: what the crawler will say of a file, for those who write the workflow.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use serde::Serialize;
use sluice_policy::entry::{Entry, MAX_BYTES, Output, Rule, Rules};
use sluice_release::{Hold, HoldCode, Memory, Passed, check, png};
use sluice_site::renderer::{Figure, PATIENCE, Renderer, Undrawn};

use crate::args::output::{Output as Command, OutputCheck};
use crate::exit::{Doing, Exit, Failure, Result};
use crate::{output, read};

pub(crate) fn run(command: &Command) -> Result<Exit> {
    let Command::Check(args) = command;
    let outputs = rules(&args.rule)?;
    if args.picture.is_some() && args.files.len() > 1 {
        return Err(Failure::usage("--picture is that of one FILE"));
    }
    let mut judge = Judge::new(&outputs, args);
    args.earlier.iter().try_for_each(|file| judge.learn(file))?;
    let checked = args.files.iter().map(|file| judge.check(file)).collect::<Result<Vec<_>>>()?;
    match args.json {
        true => output::json(&checked)?,
        false => checked.iter().try_for_each(|it| output::line(it.line()))?,
    }
    let held = checked.iter().any(|it| it.verdict == Verdict::Held);
    Ok(if held { Exit::NotAsItShould } else { Exit::Ok })
}

fn rules(file: &Path) -> Result<Vec<Output>> {
    let told = |error| Failure::environment(format_args!("{}: {error}", file.display()));
    let outputs = Entry::parse_outputs(&read::file(file, MAX_BYTES)?).map_err(told)?;
    match outputs.is_empty() {
        true => Err(Failure::environment(format_args!("{} has no [[output]]", file.display()))),
        false => Ok(outputs),
    }
}

/// What becomes of a file.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    /// The machine's rules pass.
    Passed,
    /// They pass, or there are none, and a person decides.
    Review,
    /// They hold it.
    Held,
}

#[derive(Serialize)]
struct Checked {
    file: String,
    /// The rule that decides; none matches without it.
    rule: Option<String>,
    verdict: Verdict,
    code: Option<&'static str>,
    message: Option<String>,
    /// What to write instead.
    remedy: Option<&'static str>,
}

/// The rules of one entry, and the counts of tables that were checked.
struct Judge<'a> {
    outputs: &'a [Output],
    globs: Rules,
    run_dir: &'a Path,
    /// Where the picture of a figure is written.
    picture: Option<&'a Path>,
    memory: Vec<Memory>,
}

impl<'a> Judge<'a> {
    fn new(outputs: &'a [Output], args: &'a OutputCheck) -> Self {
        let memory = outputs.iter().map(|_| Memory::default()).collect();
        let (run_dir, picture) = (args.run_dir.as_path(), args.picture.as_deref());
        Self { outputs, globs: Rules::new(outputs), run_dir, picture, memory }
    }

    fn rule_for(&self, file: &Path) -> Option<usize> {
        let path = file.strip_prefix(self.run_dir).unwrap_or(file);
        let path = path.strip_prefix(".").unwrap_or(path);
        let matching = path.to_str().and_then(|path| self.globs.rule_for(path));
        matching.or((self.outputs.len() == 1).then_some(0))
    }

    /// Takes the counts of a table in that was released before.
    fn learn(&mut self, file: &Path) -> Result<()> {
        let held = match self.rule_for(file) {
            Some(index) => self.held(index, file)?,
            None => Some(UNLISTED.into()),
        };
        match held {
            None => Ok(()),
            Some(Held { code, message, .. }) => Err(Failure::environment(format_args!(
                "{} was never released: {code}: {message}",
                file.display()
            ))),
        }
    }

    /// What keeps a file from leaving, by itself or beside those before it.
    fn held(&mut self, index: usize, file: &Path) -> Result<Option<Held>> {
        let name = file.display().to_string();
        // What a person decides on is compared all the same.
        let rule = Output { review: Some(false), ..self.outputs[index].clone() };
        let found = judge(&rule, file, self.picture)?;
        let compare = |passed: Passed| Ok(self.memory[index].add(&name, &passed.cells)?);
        Ok(found.and_then(compare).err())
    }

    fn check(&mut self, file: &Path) -> Result<Checked> {
        let found = self.rule_for(file);
        let (held, review) = match found {
            Some(index) => (self.held(index, file)?, self.outputs[index].needs_review()),
            None => (Some(UNLISTED.into()), false),
        };
        let rule = found.and_then(|index| Rule::of(self.outputs, index));
        Ok(Checked {
            file: file.display().to_string(),
            rule: rule.map(|rule| rule.to_string()),
            verdict: match held {
                Some(_) => Verdict::Held,
                None if review => Verdict::Review,
                None => Verdict::Passed,
            },
            code: held.as_ref().map(|held| held.code),
            remedy: held.as_ref().map(|held| held.remedy),
            message: held.map(|held| held.message),
        })
    }
}

impl Checked {
    fn line(&self) -> String {
        let Self { file, rule, verdict, code, message, remedy } = self;
        let rule = rule.as_deref().unwrap_or("no rule");
        match verdict {
            Verdict::Passed => format!("{file}: passes {rule}"),
            Verdict::Review => format!("{file}: passes {rule}; a person decides"),
            Verdict::Held => {
                let [code, remedy] = [code, remedy].map(|it| it.unwrap_or_default());
                let message = message.as_deref().unwrap_or_default();
                format!("{file}: held by {rule}, {code}: {message}; {remedy}")
            }
        }
    }
}

/// Why a file doesn't leave.
struct Held {
    code: &'static str,
    message: String,
    remedy: &'static str,
}

/// The crawler's own words, which need no content.
type Words = (&'static str, &'static str, &'static str);
const UNLISTED: Words =
    ("output-unlisted", "its path matches no glob", "give --run-dir, or add a rule");
const IRREGULAR: Words = (
    "output-irregular",
    "it is a link or no plain file",
    "have the workflow copy it (Nextflow: publishDir with mode: 'copy')",
);

impl From<Words> for Held {
    fn from((code, message, remedy): Words) -> Self {
        Self { code, message: message.into(), remedy }
    }
}

impl From<Hold> for Held {
    fn from(Hold { code, message }: Hold) -> Self {
        Self { code: code.word(), message, remedy: code.remedy() }
    }
}

/// What the machine says of a file, whether or not a person decides on it.
fn judge(
    rule: &Output,
    file: &Path,
    picture: Option<&Path>,
) -> Result<std::result::Result<Passed, Held>> {
    let doing = || format!("read {}", file.display());
    if !fs::symlink_metadata(file).doing(doing)?.is_file() {
        return Ok(Err(IRREGULAR.into()));
    }
    let mut content = File::open(file).doing(doing)?;
    let size = content.metadata().doing(doing)?.len();
    if !rule.rasterise || size > rule.max_bytes {
        return Ok(passes(rule, &mut content, size));
    }
    let mut figure = Figure::new().doing(doing)?;
    io::copy(&mut content.take(size), &mut figure).doing(doing)?;
    let drawn = match Renderer::installed().draw(rule.kind, figure, PATIENCE) {
        Ok(drawn) => png(&drawn),
        Err(Undrawn::Figure(why)) => {
            return Ok(Err(Hold { code: HoldCode::NotDrawn, message: why.into() }.into()));
        }
        Err(Undrawn::Host(why)) => return Err(Failure::environment(why)),
    };
    if let Some(path) = picture {
        fs::write(path, &drawn).doing(|| format!("write {}", path.display()))?;
    }
    let size = drawn.len() as u64;
    Ok(passes(&rule.of_picture(), &mut drawn.as_slice(), size))
}

fn passes(rule: &Output, content: &mut dyn Read, size: u64) -> std::result::Result<Passed, Held> {
    match check(rule, content, size) {
        Err(Hold { code: HoldCode::ReviewRequired, .. }) => Ok(Passed::default()),
        found => found.map_err(Held::from),
    }
}
