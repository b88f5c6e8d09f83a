//! Chat templates, rendered as Jinja2 renders them. Goldens: `tests/chat/make_goldens.py`.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use candor::model::llm::ChatTemplate;
use serde::Deserialize;
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
struct Golden {
    template: String,
    sha256: String,
    system: String,
    user: String,
    rendered: String,
}

fn goldens() -> Vec<Golden> {
    serde_json::from_str(include_str!("chat/goldens.json")).unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chat")
}

/// Checks the goldens whose template is in the folder, and says for how many it was.
fn check(folder: &Path) -> usize {
    let mut checked = 0;
    for golden in goldens() {
        let Ok(source) = std::fs::read_to_string(folder.join(&golden.template)) else { continue };
        let digest = format!("{:x}", Sha256::digest(source.as_bytes()));
        assert_eq!(digest, golden.sha256, "{} is another than the goldens were made with", golden.template);
        let template =
            ChatTemplate { source, bos: "<|begin_of_text|>".to_owned(), eos: "<|eot_id|>".to_owned() };
        let rendered = template.render(&golden.system, &golden.user).unwrap();
        assert_eq!(rendered, golden.rendered, "{}", golden.template);
        checked += 1;
    }
    checked
}

#[test]
fn templates_are_rendered_as_jinja2_does() {
    assert_eq!(check(&folder()), 9);
}

/// The licence of Llama's template keeps it out of this repository.
#[test]
#[ignore = "needs CANDOR_TEMPLATES, a folder as make_goldens.py describes it"]
fn templates_outside_are_rendered_as_jinja2_does() {
    assert_eq!(check(Path::new(&std::env::var_os("CANDOR_TEMPLATES").unwrap())), 3);
}

#[test]
fn built_in_templates_render_what_the_models_own_do() {
    let mut checked = 0;
    for (own, id) in [("qwen3.jinja", "qwen3"), ("qwen2.5.jinja", "chatml"), ("smollm2.jinja", "chatml")] {
        let template = ChatTemplate::built_in(id).unwrap();
        for golden in goldens().iter().filter(|g| g.template == own) {
            assert_eq!(template.render(&golden.system, &golden.user).unwrap(), golden.rendered, "{own}");
            checked += 1;
        }
    }
    assert_eq!(checked, 9);
    let error = ChatTemplate::built_in("chatmi").unwrap_err().to_string();
    assert_eq!(error, "unknown chat template `chatmi`; known are chatml, qwen3");
}
