//! What is pinned, what is used of the Hub cache, what is refused, what is removed.

use std::fs;
use std::path::Path;

use candor::model::manifest::Manifest;
use candor::model::store::StoreError;

use crate::bench::{Bench, OTHER, REVISION, assert_names_the_file, noise, random, said, text};
use crate::hub::{Hub, Reply, sha256};

#[test]
fn digests_that_differ_are_shown_and_can_be_accepted() {
    let mut bench = Bench::new("differ");
    let mut theirs = bench.weights.clone();
    theirs.push(7);
    let bytes = theirs.clone();
    let hub = bench.hub(move |r, _, reply| match r.path.ends_with("w.gguf") {
        true => Reply::file(r, &bytes),
        false => reply,
    });
    let error = bench.pull(&hub).unwrap_err();
    assert!(matches!(error, StoreError::Disagree { .. }), "{error}");
    let text = said(&error);
    assert_names_the_file(&text, &hub);
    for part in [&sha256(&theirs), &sha256(&bench.weights), "300001 bytes", "--accept-digest"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(hub.gets("w.gguf").is_empty(), "nothing was fetched");
    bench.accept = true;
    bench.pull(&hub).unwrap();
    bench.accept = false;
    bench.weights = theirs;
    let files = bench.pull_as_set(true).unwrap();
    bench.assert_right(&files);
}

#[test]
fn what_the_manifest_leaves_open_is_pinned_at_the_first_pull() {
    let mut bench = Bench::new("open");
    bench.manifest = Manifest::parse("x", &text(&bench.weights, None)).unwrap();
    let git = {
        use sha1::Digest;
        let header = format!("blob {}\0", bench.tokenizer.len()).into_bytes();
        format!("{:x}", sha1::Sha1::digest([header, bench.tokenizer.clone()].concat()))
    };
    let (size, wrong) = (bench.tokenizer.len(), git.replace(|c: char| c.is_ascii_digit(), "0"));
    // Stated by nobody, and stated otherwise than it is.
    for etag in ["\"abc\"".to_owned(), format!("\"{wrong}\"")] {
        let hub = bench.hub(move |r, _, reply| match r.path.ends_with("tokenizer.json") && !r.is_get() {
            true => Reply::new(200, b"").with("etag", &etag).with("content-length", size),
            false => reply,
        });
        let error = bench.pull(&hub).unwrap_err();
        assert!(
            matches!(error, StoreError::Unstated { .. } | StoreError::WrongBytes { .. }),
            "{}",
            said(&error)
        );
        assert_eq!(bench.blobs(), 1);
    }
    let hub = bench.hub(move |r, _, reply| match r.path.ends_with("tokenizer.json") && !r.is_get() {
        true => Reply::new(200, b"").with("etag", format!("\"{git}\"")).with("content-length", size),
        false => reply,
    });
    let files = bench.pull(&hub).unwrap();
    bench.assert_right(&files);
    assert_eq!(bench.pull_as_set(true).unwrap(), files, "from now on it is known offline");
}

/// Puts a file into the Hub cache as Hub tools do: a blob, and a link in the snapshot.
fn cache(folder: &Path, repo: &str, revision: &str, name: &str, bytes: &[u8]) {
    let repo = folder.join("cache").join(format!("models--{}", repo.replace('/', "--")));
    let (blobs, snapshot) = (repo.join("blobs"), repo.join("snapshots").join(revision));
    fs::create_dir_all(&blobs).unwrap();
    fs::create_dir_all(&snapshot).unwrap();
    fs::write(blobs.join(name), bytes).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(Path::new("../../blobs").join(name), snapshot.join(name)).unwrap();
    #[cfg(not(unix))]
    fs::copy(blobs.join(name), snapshot.join(name)).unwrap();
}

#[test]
fn a_file_in_the_hub_cache_is_used() {
    let bench = Bench::new("cache");
    cache(&bench.folder, "o/n", REVISION, "w.gguf", &bench.weights);
    cache(&bench.folder, "o/base", OTHER, "tokenizer.json", &bench.tokenizer);
    let files = bench.pull_as_set(true).unwrap();
    bench.assert_right(&files);
    fs::remove_dir_all(bench.folder.join("cache")).unwrap();
    bench.store.verify(&bench.manifest).unwrap();

    let mut other = Bench::new("cachewrong");
    let mut wrong = other.weights.clone();
    wrong[0] ^= 1;
    cache(&other.folder, "o/n", REVISION, "w.gguf", &wrong);
    let hub = other.hub(|_, _, reply| reply);
    let files = other.pull(&hub).unwrap();
    other.assert_right(&files);
    assert_eq!(hub.gets("w.gguf").len(), 1, "a wrong one is not");
}

#[test]
fn offline_nobody_is_asked() {
    let mut bench = Bench::new("offline");
    let hub = bench.hub(|_, _, reply| reply);
    bench.settings.endpoint = hub.url();
    let error = bench.pull_as_set(true).unwrap_err();
    assert!(matches!(error, StoreError::Offline { .. }));
    assert!(hub.log().is_empty());
    let missing = bench.store.locate(&bench.manifest).unwrap_err();
    let command = format!("`candor models pull {}`", bench.folder.join("m.toml").display());
    for said in [said(&error), said(&missing)] {
        for part in ["w.gguf (300 kB)", "o/n", REVISION, &command] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

#[test]
fn a_disk_without_room_is_told_before_anything_is_fetched() {
    let mut bench = Bench::new("room");
    let size = 1_usize << 60;
    let whole = text(&bench.weights, Some(&bench.tokenizer));
    bench.manifest = Manifest::parse("x", &whole.replace("= 300000", &format!("= {size}"))).unwrap();
    let hub = bench.hub(move |r, _, reply| match r.path.ends_with("w.gguf") {
        true => Reply::new(200, b"").stating(&sha256(&noise(300_000)), size),
        false => reply,
    });
    let error = bench.pull(&hub).unwrap_err();
    assert!(matches!(error, StoreError::Space { .. }), "{error}");
    assert!(said(&error).contains("CANDOR_MODELS"));
    assert!(hub.gets("w.gguf").is_empty());
}

#[test]
fn what_is_shared_stays_when_one_model_goes() {
    let mut bench = Bench::new("remove");
    let hub = bench.hub(|_, _, reply| reply);
    bench.pull(&hub).unwrap();
    let whole = text(&noise(1000), Some(&bench.tokenizer)).replace("\"tiny\"", "\"other\"");
    let other = Manifest::parse("x", &whole).unwrap();
    let second = Hub::new({
        let tokenizer = bench.tokenizer.clone();
        move |r, _| Reply::file(r, if r.path.ends_with("json") { &tokenizer } else { &[] })
    });
    bench.settings.endpoint = second.url();
    let first = std::mem::replace(&mut bench.manifest, other);
    bench.pull_as_set(false).unwrap_err();
    // The other model's tokenizer was found here; its record is what holds it.
    fs::write(
        bench.store.root().join("pulled/other.toml"),
        fs::read_to_string(bench.store.root().join("pulled/tiny.toml"))
            .unwrap()
            .replace(&sha256(&bench.weights), &"0".repeat(64)),
    )
    .unwrap();
    assert_eq!(bench.store.remove("tiny", Some(&first)).unwrap(), 300_000);
    assert_eq!(bench.blobs(), 1);
    assert_eq!(bench.store.remove("other", None).unwrap(), bench.tokenizer.len() as u64);
    assert_eq!(bench.blobs(), 0);
}

#[test]
fn damage_is_found() {
    let mut bench = Bench::new("damage");
    let hub = bench.hub(|_, _, reply| reply);
    let files = bench.pull(&hub).unwrap();
    let mut bytes = bench.weights.clone();
    bytes[random(300_000)] ^= 4;
    fs::write(&files.weights[0], bytes).unwrap();
    let error = bench.store.verify(&bench.manifest).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("delete that file, then `candor models pull "), "{error}");
    fs::write(&files.weights[0], &bench.weights[..1000]).unwrap();
    let error = bench.store.verify(&bench.manifest).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "a part of a file is not missing: {error}");
    assert!(error.to_string().contains("it is now 1000 bytes"), "{error}");
}
