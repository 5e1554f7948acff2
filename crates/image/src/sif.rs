//! The Singularity Image Format, version 1: a header, a table of descriptors, and the objects that
//! these describe. Source: the Go package github.com/apptainer/sif, pkg/sif, `header` and `rawDescriptor`.

use crate::{ImageError, Part, bytes::Fields, filesystem::head};

const LAUNCH: usize = 32;
const MAGIC: &[u8; 10] = b"SIF_MAGIC\0";
const VERSION: &[u8; 3] = b"01\0";
const HEADER: usize = 128;
const DESCRIPTOR: usize = 585;
/// Writers make room for 48.
const MAX_DESCRIPTORS: u64 = 1024;

/// Types of objects: a definition file, environment, labels, a partition, a signature, JSON, anything, a
/// message of cryptography, a root index and a blob of OCI.
const KNOWN_TYPES: std::ops::RangeInclusive<i32> = 0x4001..=0x400a;
const PARTITION: i32 = 0x4004;

/// Names of file systems, from 1.
const FILE_SYSTEMS: [&str; 5] =
    ["squashfs", "ext3", "an archive", "raw data", "encrypted squashfs"];
const SQUASHFS: i32 = 1;
const ENCRYPTED: i32 = 5;
/// Names of partitions' uses, from 1.
const USES: [&str; 4] = ["system", "primary system", "data", "overlay"];
const PRIMARY: i32 = 2;

/// The numbers of the architectures that Sluice is built for.
const THIS_ARCHITECTURE: &[u8; 3] = if cfg!(target_arch = "aarch64") { b"04\0" } else { b"02\0" };

/// Whether a file begins as a SIF does.
pub(crate) fn is_sif(part: Part<'_>) -> Result<bool, ImageError> {
    let head = head::<{ LAUNCH + MAGIC.len() }>(part, 0)?;
    Ok(head.is_some_and(|head| head.ends_with(MAGIC)))
}

/// An object in use.
struct Object {
    start: u64,
    size: u64,
    partition: Option<Partition>,
}

struct Partition {
    file_system: i32,
    usage: i32,
    architecture: [u8; 3],
}

/// The one partition of a SIF: a squashfs, primary, for this architecture. A SIF with any other
/// partition is refused, since a runtime might lay that over it.
pub(crate) fn partition(part: Part<'_>) -> Result<Part<'_>, ImageError> {
    let objects = objects(part)?;
    check_apart(part, &objects)?;
    let mut primary = None;
    for object in &objects {
        let Some(partition) = &object.partition else { continue };
        if partition.file_system == ENCRYPTED {
            return Err(refused(
                "its partition is encrypted: neither reviewers nor nodes can read it",
            ));
        }
        if partition.file_system != SQUASHFS || partition.usage != PRIMARY {
            let (what, usage) =
                (named(&FILE_SYSTEMS, partition.file_system), named(&USES, partition.usage));
            return Err(refused(&format!("it has another partition: {what}, for {usage}")));
        }
        if partition.architecture != *THIS_ARCHITECTURE {
            return Err(refused("it is for another architecture than this host's"));
        }
        if primary.replace(object).is_some() {
            return Err(refused("it has more than one primary partition"));
        }
    }
    let object = primary.ok_or_else(|| refused("it has no partition"))?;
    part.within(object.start, object.size)
        .ok_or_else(|| refused("its partition lies outside the file"))
}

fn objects(part: Part<'_>) -> Result<Vec<Object>, ImageError> {
    let short = || refused("the file is too short");
    let header = head::<HEADER>(part, 0)?.ok_or_else(short)?;
    let mut fields = Fields::new(&header);
    let (_launch, magic, version) = (fields.take(LAUNCH)?, fields.take(10)?, fields.take(3)?);
    if magic != MAGIC || version != VERSION {
        return Err(refused("its version is not 1"));
    }
    fields.take(3 + 16 + 8 + 8)?; // architecture, UUID, two times
    let (_free, total) = (fields.u64()?, fields.u64()?);
    let (start, length) = (fields.u64()?, fields.u64()?);
    if total > MAX_DESCRIPTORS {
        return Err(refused("it has more than 1024 descriptors"));
    }
    let size = total * DESCRIPTOR as u64;
    if start < HEADER as u64 || length < size {
        return Err(refused("its table of descriptors is out of bounds"));
    }
    let table = part.within(start, length).ok_or_else(short)?;
    let mut objects = vec![
        Object { start: 0, size: HEADER as u64, partition: None },
        Object { start, size: length, partition: None },
    ];
    for number in 0..total {
        let mut bytes = [0; DESCRIPTOR];
        table.read_at(number * DESCRIPTOR as u64, &mut bytes)?;
        objects.extend(object(&bytes)?);
    }
    Ok(objects)
}

/// The object that a descriptor describes, if the descriptor is in use.
fn object(bytes: &[u8; DESCRIPTOR]) -> Result<Option<Object>, ImageError> {
    let mut fields = Fields::new(bytes);
    let (kind, used) = (fields.u32()?.cast_signed(), fields.u8()?);
    match used {
        0 => return Ok(None),
        1 => {}
        _ => return Err(refused("a descriptor is neither used nor free")),
    }
    if !KNOWN_TYPES.contains(&kind) {
        return Err(refused("it has an object of an unknown type"));
    }
    fields.take(3 * 4)?; // number, group, link
    let (start, size) = (fields.u64()?, fields.u64()?);
    fields.take(8 + 4 * 8 + 128)?; // padded size, times, owners, name
    let partition = match kind {
        PARTITION => Some(Partition {
            file_system: fields.u32()?.cast_signed(),
            usage: fields.u32()?.cast_signed(),
            architecture: fields.array()?,
        }),
        _ => None,
    };
    Ok(Some(Object { start, size, partition }))
}

/// Whether all objects lie in the file and no two share a byte, the header and the table among them.
fn check_apart(part: Part<'_>, objects: &[Object]) -> Result<(), ImageError> {
    let mut ranges = Vec::new();
    for Object { start, size, .. } in objects {
        if part.within(*start, *size).is_none() {
            return Err(refused("an object lies outside the file"));
        }
        ranges.push((*start, start + size));
    }
    ranges.retain(|(start, end)| start < end);
    ranges.sort_unstable();
    match ranges.windows(2).any(|pair| pair[1].0 < pair[0].1) {
        true => Err(refused("two of its objects overlap")),
        false => Ok(()),
    }
}

fn named<'a>(names: &[&'a str], number: i32) -> &'a str {
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    index.and_then(|index| names.get(index)).copied().unwrap_or("unknown")
}

fn refused(why: &str) -> ImageError {
    ImageError::malformed(format!("SIF, {why}"))
}
