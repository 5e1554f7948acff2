//! A page of text, with parts put in their place.

/// Where a text is put.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    Catalog,
    Page,
    Resources,
    /// The same, drawn over the page and far beyond.
    Picture,
    /// Behind the page's own content.
    Content,
    /// Keys of the content's stream.
    ContentKeys,
    Font,
    Trailer,
    /// Where object 6 begins.
    Between,
}

/// The page with `text` at `part`. Behind each `|` stands a further object, from number 6 on, and
/// behind `~` its stream, where `\n` stands for itself.
pub(super) fn made(part: Part, text: &str) -> Vec<u8> {
    let mut more = text.split('|');
    let first = more.next().unwrap_or_default();
    let at = |other: Part| if part == other { first } else { "" };
    let mut objects = vec![
        format!("<< /Type /Catalog /Pages 2 0 R {} >>", at(Part::Catalog)),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".into(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R {} \
             /Resources << /Font << /F1 5 0 R >> {} >> >>",
            at(Part::Page),
            [at(Part::Resources), at(Part::Picture)].concat()
        ),
        format!(
            "<< {} >>~BT /F1 12 Tf 10 10 Td (Mean) Tj ET {}",
            at(Part::ContentKeys),
            match part {
                Part::Content => first,
                // What resources name is drawn.
                Part::Picture => "4000 0 0 4000 0 0 cm /X1 Do",
                Part::Resources if first.contains("/X1") => "/X1 Do",
                _ => "",
            }
        ),
        format!("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica {} >>", at(Part::Font)),
    ];
    objects.extend(more.map(str::to_owned));
    whole(&objects, at(Part::Between), at(Part::Trailer))
}

/// A file of these objects, whose table says where they are.
pub(super) fn whole(objects: &[String], between: &str, trailer: &str) -> Vec<u8> {
    let mut file = "%PDF-1.7\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, object) in objects.iter().enumerate() {
        if index == 5 || objects.len() == index + 1 {
            file += between;
        }
        table += &format!("{:010} 00000 n \n", file.len());
        file += &format!("{} 0 obj\n", index + 1);
        file += &match object.split_once('~') {
            Some((dict, stream)) => {
                let dict = dict.trim().trim_end_matches(">>");
                format!("{dict} /Length {} >>\nstream\n{stream}\nendstream", stream.len())
            }
            None => object.clone(),
        };
        file += "\nendobj\n";
    }
    let start = file.len();
    let size = objects.len() + 1;
    file += &format!(
        "{table}trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n"
    );
    file.into_bytes()
}

/// The objects of a file that [`made`] made.
pub(super) fn objects(file: &str) -> Vec<Vec<u8>> {
    let parts = file.split(" 0 obj\n").skip(1);
    parts
        .map(|part| part.split("\nendobj").next().unwrap_or_default().as_bytes().to_vec())
        .collect()
}

/// A file of these objects.
pub(super) fn bytes(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", file.len());
        file.extend(format!("{} 0 obj\n", index + 1).bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let start = file.len();
    let size = objects.len() + 1;
    file.extend(
        format!("{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n")
            .bytes(),
    );
    file
}
