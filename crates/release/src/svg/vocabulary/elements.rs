//! The elements that a drawing may have, and what may stand before and around them.

/// Whether a drawing may have such an element.
pub(in crate::svg) fn is_element(name: &str) -> bool {
    DRAWN.contains(&name) || WORDY.contains(&name)
}

/// Elements that draw, or say how.
const DRAWN: &[&str] = &[
    "svg",
    "g",
    "defs",
    "symbol",
    "use",
    "style",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "image",
    "marker",
    "clipPath",
    "mask",
    "pattern",
    "linearGradient",
    "radialGradient",
    "stop",
    "filter",
    "feColorMatrix",
    "feComposite",
    "feFlood",
    "feGaussianBlur",
    "feOffset",
    "feMerge",
    "feMergeNode",
    "feBlend",
];

/// Elements whose text is about the drawing, not in it.
pub(in crate::svg) const WORDY: &[&str] = &[
    "title",
    "desc",
    "metadata",
    "rdf:RDF",
    "cc:Work",
    "cc:Agent",
    "dc:type",
    "dc:date",
    "dc:format",
    "dc:creator",
    "dc:title",
];

/// A prefix may not be bound to what another one is for.
pub(in crate::svg) const NAMESPACES: &[(&str, &str)] = &[
    ("xmlns", "http://www.w3.org/2000/svg"),
    ("xmlns:svg", "http://www.w3.org/2000/svg"),
    ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
    ("xmlns:rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("xmlns:cc", "http://creativecommons.org/ns#"),
    ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
];

/// Document types that browsers and editors know without fetching anything.
pub(in crate::svg) const DOCTYPES: &[[&str; 2]] = &[
    ["-//W3C//DTD SVG 1.0//EN", "http://www.w3.org/TR/2001/REC-SVG-20010904/DTD/svg10.dtd"],
    ["-//W3C//DTD SVG 1.1//EN", "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"],
];
