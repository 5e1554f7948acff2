/// Whether a source has this test, with this assertion in it. Where its lines break doesn't count.
pub fn asserts(source: &str, test: &str, assertion: &str) -> bool {
    let Some((before, after)) = source.split_once(&format!("fn {test}() {{\n")) else {
        return false;
    };
    let is_test = before.rsplit("\n\n").next().unwrap().contains("#[test]");
    let indent = before.rsplit('\n').next().unwrap();
    let body = after.split(&format!("\n{indent}}}\n")).next().unwrap();
    is_test && flat(body).contains(&flat(assertion))
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_assertion_elsewhere_does_not_count() {
    let source =
        "#[test]\nfn a() {\n    held(\n        1,\n        2);\n}\n\nfn b() {\n    held(3);\n}\n";
    assert!(asserts(source, "a", "held( 1, 2)"));
    assert!(!asserts(source, "a", "held(3)"));
    assert!(!asserts(source, "b", "held(3)"), "it is no test");
    assert!(!asserts(source, "c", ""));
}
