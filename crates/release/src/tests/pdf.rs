use sluice_policy::entry::ContentKind;

use super::code;

#[test]
fn pdf_only_shows() {
    let pdf = |body: &str| format!("%PDF-1.4\n1 0 obj << {body} >> endobj\ntrailer <<>>\n%%EOF\n");
    for good in ["/Type /Catalog /Pages 2 0 R", "/A 1 /JSX 2 /AAB 3"] {
        assert_eq!(code(ContentKind::Pdf, pdf(good)), "ok", "{good}");
    }
    for bad in [
        "/JavaScript (x)",
        "/JS(x)",
        "/J#53 (x)",
        "/#4a#53 (x)",
        "/S/Launch",
        "/OpenAction<<>>",
        "/AA <<>>",
        "/Encrypt 1 0 R",
        "/Type/ObjStm",
        "/EmbeddedFiles []",
        "/URI (http://example.org)",
        "/JS%comment\n(x)",
        "/Annots [<< /Subtype /Text /Contents (x) /Rect [0 0 1 1] >>]",
        "/OCProperties <<>>",
        "/PieceInfo <<>>",
    ] {
        assert_eq!(code(ContentKind::Pdf, pdf(bad)), "active-content", "{bad}");
    }
    let updated = pdf("/A 1") + "1 0 obj (x) endobj\n%%EOF\n";
    assert_eq!(code(ContentKind::Pdf, updated), "not-pdf");
    for bad in ["", "%PDF-1.4", "%PDF-2.0\n%%EOF", " %PDF-1.4\n%%EOF", "%PDF-1.4\n%%EOF\nsecret"] {
        assert_eq!(code(ContentKind::Pdf, bad), "not-pdf", "{bad}");
    }
}
