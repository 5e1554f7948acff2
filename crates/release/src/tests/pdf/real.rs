//! Files of real programs.

use super::verdict;

/// A file, its bytes, who made it and how, the wanted code, and a word of the message.
pub(super) type Sample = (&'static str, &'static [u8], &'static str, &'static str, &'static str);

macro_rules! samples {
    ($($name:literal, $maker:literal, $code:literal, $word:literal;)*) => {
        &[$(($name, include_bytes!(concat!($name, ".pdf")), $maker, $code, $word)),*]
    };
}

pub(super) const SAMPLES: &[Sample] = samples! {
    "matplotlib-bars", "matplotlib 3.11.2: bars and a title in the figure", "ok", "";
    "matplotlib-alpha", "matplotlib 3.11.2: imshow with transparency, a palette and a soft mask", "ok", "";
    "matplotlib-gouraud", "matplotlib 3.11.2: pcolormesh, a mesh", "ok", "";
    "matplotlib-hatch", "matplotlib 3.11.2: scatter, hatches, metadata of None", "ok", "";
    "matplotlib-title", "matplotlib 3.11.2: savefig(metadata={'Title': 'x'})", "hidden-content", "/Title";
    "matplotlib-link", "matplotlib 3.11.2: text(url=…)", "active-content", "/URI";
    "matplotlib-type-42", "matplotlib 3.11.2: pdf.fonttype 42", "ok", "";
    "seaborn-cut-off", "seaborn 0.13: a label below the figure's edge", "hidden-content", "bbox_inches";
    "r-plot", "R 4.2.2: pdf()", "ok", "";
    "r-image", "R 4.2.2: pdf(), rasterImage()", "ok", "";
    "r-title", "R 4.2.2: pdf(title =)", "hidden-content", "R `pdf(title";
    "r-cairo", "R 4.2.2: cairo_pdf()", "ok", "";
    "r-cairo-image", "R 4.2.2: cairo_pdf(), rasterImage()", "ok", "";
    "ggplot2-cairo", "ggplot2: ggsave(device = cairo_pdf)", "ok", "";
    "graphviz", "Graphviz 2.43, cairo 1.16", "ok", "";
    "graphviz-link", "Graphviz 2.43: URL=…", "active-content", "/URI";
    "ghostscript", "Ghostscript 10.00: pdfwrite", "hidden-content", "pdftocairo";
    "ghostscript-omit", "Ghostscript 10.00: -dOmitXMP", "hidden-content", "Ghostscript's command line";
    "ghostscript-linearised", "Ghostscript 10.00: -dFastWebView", "not-pdf", "linearised";
    "pdftocairo", "Poppler 22.12, of Ghostscript's", "ok", "";
    "libreoffice", "LibreOffice 7.4 Calc: a sheet's name as bookmark", "hidden-content", "ExportBookmarks";
    "libreoffice-no-bookmarks", "LibreOffice 7.4 Calc: ExportBookmarks false", "ok", "";
    "latex", "pdfTeX 1.40.24: Type 1 fonts, object streams", "ok", "";
    "latex-draft", "pdfTeX 1.40.24: hyperref with `draft`", "ok", "";
    "latex-hyperref", "pdfTeX 1.40.24: hyperref", "active-content", "/OpenAction";
    "qpdf-object-streams", "qpdf 11.3: --object-streams=generate", "ok", "";
    "groff", "groff 1.22.4: gropdf", "ok", "";
    "vl-convert", "altair 6.3, vl-convert: each text once more, transparent", "hidden-content", "vl-convert";
    "pillow", "Pillow 13: the file's name as title", "hidden-content", "/Title";
};

#[test]
fn files_of_real_programs_pass_or_say_why_not() {
    for (name, sample, maker, code, word) in SAMPLES {
        let (found, message) = verdict(sample);
        assert_eq!(found, *code, "{name} ({maker}): {message}");
        assert!(message.contains(word), "{name} ({maker}): {message}");
    }
}
