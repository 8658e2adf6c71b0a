//! Things with no excuse.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository").flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("target") {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    rust_files(&root().join("crates"), &mut files);
    assert!(files.len() > 50, "the sources were not found");
    files.into_iter().map(|path| (path.clone(), fs::read_to_string(path).expect("UTF-8"))).collect()
}

#[test]
fn nothing_is_left_unfinished() {
    // Spelt apart, so that this file does not find itself. A test may be ignored for a reason that is written down.
    let words = ["TO".to_owned() + "DO", "FIX".to_owned() + "ME", "#[ig".to_owned() + "nore]"];
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            let left = words.iter().find(|word| line.contains(word.as_str()));
            assert!(left.is_none(), "{}:{}: {line}", path.display(), number + 1);
        }
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for (path, text) in sources() {
        let is_module = path.components().any(|part| part.as_os_str() == "src");
        let is_test = path.file_name().is_some_and(|name| name.to_string_lossy().ends_with("tests.rs"));
        if is_module && !is_test {
            assert!(text.starts_with("//!"), "{} has no module doc", path.display());
        }
    }
}

/// Source without its tests: of a `#[cfg(test)]` or `#[cfg(all(test, …))]` item in a file, everything to the closing brace or semicolon at its
/// indentation.
fn shipped(text: &str) -> Vec<(usize, &str)> {
    let (mut kept, mut ends_with) = (Vec::new(), None::<String>);
    for (number, line) in (1..).zip(text.lines()) {
        let indentation = &line[..line.len() - line.trim_start().len()];
        if let Some(end) = &ends_with {
            let is_over = line == end || (line.ends_with(';') && end.len() == indentation.len() + 1);
            ends_with = ends_with.filter(|_| !is_over);
        } else if ["#[cfg(test)]", "#[cfg(all(test"].iter().any(|test| line.trim_start().starts_with(test)) {
            ends_with = Some(format!("{indentation}}}"));
        } else if !line.trim_start().starts_with("//") {
            kept.push((number, line));
        }
    }
    kept
}

#[test]
fn nothing_that_is_shipped_unwraps() {
    let mut looked_at = 0;
    for (path, text) in sources() {
        let inside = path.strip_prefix(root().join("crates")).expect("a file of a crate");
        let part = |name: &str| inside.components().any(|part| part.as_os_str() == name);
        let is_test = part("tests") || path.to_string_lossy().ends_with("tests.rs");
        // The conformance suite is a test of backends that fails by panicking, and the testkit is never shipped.
        if !part("src") || is_test || part("conformance") || part("testkit") {
            continue;
        }
        let lines = shipped(&text);
        looked_at += lines.len();
        let found =
            lines.into_iter().find(|(_, line)| line.contains(".unwrap()") || line.contains(".unwrap_err()"));
        assert!(found.is_none(), "{}: {found:?}: say with `expect` why it cannot fail", path.display());
    }
    assert!(looked_at > 10_000, "only {looked_at} lines were looked at");
}

#[test]
fn what_is_shipped_is_told_from_its_tests() {
    let text = "a\n#[cfg(test)]\nmod tests {\n    b\n}\nc\n// d\n    #[cfg(test)]\n    fn e() {\n        f;\n    }\n    g\n#[cfg(test)]\nmod h;\ni\n";
    let kept: Vec<_> = shipped(text).into_iter().map(|(_, line)| line.trim()).collect();
    assert_eq!(kept, ["a", "c", "g", "i"]);
}

#[test]
fn the_papers_hold_no_blanks_to_be_filled_in() {
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root().join(name)).expect(name);
        assert!(!text.contains("@@"), "{name} has a placeholder");
    }
}
