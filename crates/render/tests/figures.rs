//! Figures through the program itself, as the crawler asks it: what is drawn, and what hostile ones come to.
#![allow(clippy::unwrap_used)]

use std::{
    fs::{self, Permissions},
    io::Write,
    os::unix::fs::PermissionsExt,
    time::Duration,
};

use sluice_policy::entry::{ContentKind, Output};
use sluice_protocol::drawing::{LONGEST_SIDE, Picture};
use sluice_release::{check, png};
use sluice_site::renderer::{Figure, PATIENCE, Renderer, Undrawn};

use ContentKind::{Pdf, Svg};

fn renderer() -> Renderer {
    Renderer::at(env!("CARGO_BIN_EXE_sluice-render"))
}

fn draw_within(
    kind: ContentKind,
    figure: impl AsRef<[u8]>,
    time: Duration,
) -> Result<Picture, Undrawn> {
    let mut file = Figure::new().unwrap();
    file.write_all(figure.as_ref()).unwrap();
    renderer().draw(kind, file, time)
}

fn draw(kind: ContentKind, figure: impl AsRef<[u8]>) -> Picture {
    draw_within(kind, figure, PATIENCE).unwrap()
}

fn refused(kind: ContentKind, figure: impl AsRef<[u8]>) -> &'static str {
    match draw_within(kind, figure, PATIENCE) {
        Err(Undrawn::Figure(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn svg(content: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' \
         width='200' height='100'>{content}</svg>"
    )
}

/// A PDF of these objects, the first one its catalog.
fn pdf(objects: &[&str]) -> Vec<u8> {
    let (mut text, mut offsets) = ("%PDF-1.7\n".to_owned(), Vec::new());
    for (number, object) in (1..).zip(objects) {
        offsets.push(format!("{:010} 00000 n \n", text.len()));
        text += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let (at, count) = (text.len(), objects.len() + 1);
    let offsets = offsets.concat();
    text += &format!(
        "xref\n0 {count}\n0000000000 65535 f \n{offsets}trailer\n<< /Size {count} /Root 1 0 R >>\n\
         startxref\n{at}\n%%EOF\n"
    );
    text.into_bytes()
}

const PAGE: &str = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R \
                    /Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont \
                    /Helvetica >> >> >> >>";
const CONTENT: &str = "<< /Length 36 >>\nstream\nBT /F 24 Tf 20 40 Td (Figure) Tj ET \nendstream";

fn one_page(catalog: &str) -> Vec<u8> {
    let catalog = format!("<< /Type /Catalog /Pages 2 0 R {catalog} >>");
    pdf(&[&catalog, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", PAGE, CONTENT])
}

#[test]
fn pictures_are_drawn_and_pass() {
    renderer().try_out(Svg).unwrap();
    renderer().try_out(Pdf).unwrap();
    for (kind, figure) in [
        (
            Svg,
            svg("<text x='20' y='60' font-size='24' font-family='Arial'>Figure</text>")
                .into_bytes(),
        ),
        (Pdf, one_page("")),
    ] {
        let picture = draw(kind, &figure);
        assert_eq!((picture.width(), picture.height()), (LONGEST_SIDE, LONGEST_SIDE / 2));
        assert!(!picture.is_blank(), "{kind:?}");
        let file = png(&picture);
        assert_eq!(file, png(&draw(kind, &figure)), "the same each time");
        let rule = Output { rasterise: true, review: Some(false), ..Output::new("x", kind, 4096) };
        check(&rule.of_picture(), &mut file.as_slice(), file.len() as u64).unwrap();
    }
}

/// As sites start it: by a user without privilege, whom systemd or pam_limits lets have no core files.
#[test]
fn lower_limits_are_no_hindrance() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    let program = dir.path().join("sluice-render");
    fs::copy(env!("CARGO_BIN_EXE_sluice-render"), &program).unwrap();
    let start = dir.path().join("start");
    let as_nobody = match rustix::process::geteuid().is_root() {
        true => "exec setpriv --reuid 65534 --regid 65534 --clear-groups",
        false => "exec",
    };
    let script = format!("#!/bin/sh\nulimit -c 0\n{as_nobody} {} \"$1\"\n", program.display());
    fs::write(&start, script).unwrap();
    fs::set_permissions(&start, Permissions::from_mode(0o755)).unwrap();
    for kind in [Svg, Pdf] {
        Renderer::at(&start).try_out(kind).unwrap();
    }
}

#[test]
fn pictures_within_are_drawn() {
    // One red pixel.
    let red = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";
    let picture = draw(Svg, svg(&format!("<image width='200' height='100' xlink:href='{red}'/>")));
    let middle = picture.rows().nth(500).unwrap()[3000..3003].to_vec();
    assert_eq!(middle, [255, 0, 0]);
}

#[test]
fn other_files_are_not_looked_for() {
    for href in ["file:///etc/passwd", "/etc/passwd", "http://127.0.0.1:1/x.png", "x.svg"] {
        let why = refused(Svg, svg(&format!("<image width='9' height='9' href='{href}'/>")));
        assert!(why.contains("within the file"), "{href}: {why}");
    }
    let nested = "data:image/svg+xml;utf8,&lt;svg xmlns='http://www.w3.org/2000/svg'/&gt;";
    refused(Svg, svg(&format!("<image width='9' height='9' href=\"{nested}\"/>")));
    // What is no picture is simply not there.
    let blank = svg("<use href='/etc/passwd#x'/><script>fetch('http://127.0.0.1:1')</script>\
                     <style>@import url('http://127.0.0.1:1/x.css');</style>");
    assert!(draw(Svg, blank).is_blank());
    let entity = "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>";
    let entity = entity.to_owned() + &svg("<text x='9' y='50'>&x;</text>");
    refused(Svg, entity);
}

#[test]
fn bombs_are_refused_or_drawn_small() {
    let entities: String = (1..10)
        .map(|n| format!("<!ENTITY e{n} '{}'>", format!("&e{};", n - 1).repeat(10)))
        .collect();
    let entities = format!("<!DOCTYPE svg [<!ENTITY e0 'aaaaaaaaaa'>{entities}]>");
    refused(Svg, entities + &svg("<text>&e9;</text>"));

    let mut uses = String::from("<g id='u0'><rect width='1' height='1'/></g>");
    for n in 1..10 {
        let ten = format!("<use href='#u{}'/>", n - 1).repeat(10);
        uses += &format!("<g id='u{n}'>{ten}</g>");
    }
    refused(Svg, svg(&format!("<defs>{uses}</defs><use href='#u9'/>")));

    let huge = "<svg xmlns='http://www.w3.org/2000/svg' width='1073741824' height='1073741824'/>";
    assert_eq!(draw(Svg, huge).width(), LONGEST_SIDE);
    let thin = "<svg xmlns='http://www.w3.org/2000/svg' width='1073741824' height='1'/>";
    assert_eq!(draw(Svg, thin).height(), 1);

    let deep = "<g>".repeat(100_000) + &"</g>".repeat(100_000);
    refused(Svg, svg(&deep));
    let inside = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9' x='1'>".repeat(400)
        + &"</svg>".repeat(400);
    assert!(draw(Svg, svg(&inside)).is_blank());
}

#[test]
fn what_takes_too_long_is_ended() {
    let blurs = "<feGaussianBlur stdDeviation='900'/><feTurbulence baseFrequency='0.9' \
                 numOctaves='9999999'/>";
    let filter = format!("<filter id='f'>{}</filter>", blurs.repeat(99));
    let endless = svg(&format!("{filter}<rect width='200' height='100' filter='url(#f)'/>"));
    let bound = Duration::from_secs(5);
    draw_within(Svg, svg("<rect width='9' height='9'/>"), bound).unwrap();
    let drawn = draw_within(Svg, endless, bound);
    let slow = matches!(drawn, Err(Undrawn::Figure(why)) if why.contains("more time or memory"));
    assert!(slow, "{drawn:?}");
}

#[test]
fn broken_files_are_refused() {
    for broken in [
        "",
        "<svg",
        "<html/>",
        "\u{0}",
        "<svg xmlns='http://www.w3.org/2000/svg' width='0' height='0'/>",
    ] {
        refused(Svg, broken);
    }
    refused(Svg, b"\xff\xfe<\0s\0v\0g\0/\0>\0");
    refused(Svg, b"\x1f\x8b\x08\0\0\0\0\0\0\x03");
    refused(Pdf, "");
    refused(Pdf, svg(""));
    let whole = one_page("");
    for end in [9, 100, 300] {
        refused(Pdf, &whole[..end]);
    }
}

#[test]
fn a_pdf_has_one_page() {
    let catalog = "<< /Type /Catalog /Pages 2 0 R >>";
    let pages =
        |kids: &str, count: u32| format!("<< /Type /Pages /Kids [{kids}] /Count {count} >>");
    let two = pdf(&[catalog, &pages("3 0 R 5 0 R", 2), PAGE, CONTENT, PAGE]);
    assert!(refused(Pdf, two).contains("more than one page"));
    let none = pdf(&[catalog, &pages("", 0)]);
    refused(Pdf, none);
    // A million, of which not all are waited for.
    let many = pdf(&[catalog, &pages(&"3 0 R ".repeat(1000), 1000), PAGE, CONTENT]);
    refused(Pdf, many);
}

/// What lies outside the CropBox is on the page and not to be seen.
#[test]
fn a_pdf_is_drawn_as_viewers_show_it() {
    let cropped =
        PAGE.replace("/MediaBox [0 0 200 100]", "/MediaBox [0 0 200 100] /CropBox [0 0 128 8]");
    let catalog = "<< /Type /Catalog /Pages 2 0 R >>";
    let pages = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>";
    let picture = draw(Pdf, pdf(&[catalog, pages, &cropped, CONTENT]));
    assert_eq!((picture.width(), picture.height()), (LONGEST_SIDE, LONGEST_SIDE / 16));
    assert!(picture.is_blank());
}

#[test]
fn what_a_pdf_would_do_is_not_done() {
    let plain = draw(Pdf, one_page(""));
    for action in [
        "/OpenAction << /S /JavaScript /JS (app.alert(1)) >>",
        "/OpenAction << /S /Launch /F (/bin/true) >>",
        "/OpenAction << /S /URI /URI (http://127.0.0.1:1/) >>",
        "/AcroForm << /XFA 9 0 R >>",
    ] {
        assert_eq!(draw(Pdf, one_page(action)), plain, "{action}");
    }
    // A picture that lies in another file.
    let catalog = "<< /Type /Catalog /Pages 2 0 R >>";
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R \
                /Resources << /XObject << /X 5 0 R >> >> >>";
    let content = "<< /Length 29 >>\nstream\nq 200 0 0 100 0 0 cm /X Do Q \nendstream";
    let outside = "<< /Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray \
                   /BitsPerComponent 8 /F (/etc/passwd) /Length 0 >>\nstream\n\nendstream";
    let pages = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>";
    let reference = pdf(&[catalog, pages, page, content, outside]);
    // Not a byte of it shows: all is one colour.
    let picture = draw(Pdf, reference);
    let first = picture.rows().next().unwrap()[0];
    assert!(picture.rows().flatten().all(|&level| level == first));
    // A form that draws itself ten times, and each of these ten times.
    let again = format!(
        "<< /Type /XObject /Subtype /Form /BBox [0 0 200 100] /Resources << /XObject << \
                 /X 5 0 R >> >> /Length 60 >>\nstream\n{}\nendstream",
        "/X Do ".repeat(10)
    );
    assert!(draw(Pdf, pdf(&[catalog, pages, page, content, &again])).is_blank());
}
