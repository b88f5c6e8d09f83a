//! Transfers: pages, cuts, ranges, wrong bytes, redirects, silence.

use std::fs;
use std::time::Duration;

use candor::model::store::{State, StoreError};

use crate::bench::{Bench, OTHER, REVISION, assert_names_the_file, random, said};
use crate::hub::{Reply, Request, sha256};

#[test]
fn a_right_hub_is_asked_once() {
    let mut bench = Bench::new("ok");
    let hub = bench.hub(|_, _, reply| reply);
    let files = bench.pull(&hub).unwrap();
    bench.assert_right(&files);
    let log = hub.log();
    let asked: Vec<_> = log.iter().map(|r| format!("{} {}", r.method, r.path)).collect();
    let (weights, tokenizer) =
        (format!("/o/n/resolve/{REVISION}/w.gguf"), format!("/o/base/resolve/{OTHER}/tokenizer.json"));
    let expected = [("HEAD", &weights), ("GET", &weights), ("HEAD", &tokenizer), ("GET", &tokenizer)];
    assert_eq!(asked, expected.map(|(method, path)| format!("{method} {path}")));
    bench.pull(&hub).unwrap();
    assert_eq!(hub.log().len(), 4, "what is here is not asked for again");
    bench.store.verify(&bench.manifest).unwrap();
}

#[test]
fn an_error_page_is_never_a_file() {
    for (status, method) in [(403, "HEAD"), (403, "GET"), (404, "GET"), (503, "HEAD"), (503, "GET")] {
        let mut bench = Bench::new(&format!("{status}{method}"));
        let hub = bench.hub(move |r, _, reply| if r.method == method { Reply::html(status) } else { reply });
        let error = bench.pull(&hub).unwrap_err();
        let said = said(&error);
        assert_names_the_file(&said, &hub);
        assert!(said.contains(&status.to_string()), "{said}");
        assert!(status != 403 || said.contains("HF_TOKEN"), "{said}");
        assert_eq!(bench.blobs(), 0);
        let asked = hub.log().iter().filter(|r| r.method == method).count();
        assert_eq!(asked, if status == 503 { 3 } else { 1 }, "only what may pass is asked again");
    }
}

#[test]
fn a_page_with_status_200_is_no_file_either() {
    let mut bench = Bench::new("200");
    let hub = bench.hub(|r, _, reply| if r.is_get() { Reply::html(200) } else { reply });
    let text = said(&bench.pull(&hub).unwrap_err());
    assert_names_the_file(&text, &hub);
    assert!(text.contains("32 bytes where 300000 bytes belong"), "{text}");
    assert_eq!(bench.blobs(), 0);
    // Without a length, its end tells.
    let hub = bench.hub(|r, _, reply| match r.is_get() {
        true => Reply::html(200).with("transfer-encoding", "identity"),
        false => reply,
    });
    bench.pull(&hub).unwrap_err();
    assert_eq!(bench.blobs(), 0);
}

#[test]
fn a_passing_failure_passes() {
    let mut bench = Bench::new("passing");
    let hub = bench.hub(|_, number, reply| match number {
        0 | 2 => Reply::html(503),
        _ => reply,
    });
    let files = bench.pull(&hub).unwrap();
    bench.assert_right(&files);
}

#[test]
fn a_cut_body_is_gone_on_with() {
    let mut bench = Bench::new("cut");
    let at = 1 + random(299_998);
    let hub = bench.hub(move |r, _, mut reply| {
        reply.cut = (r.from() == Some(0) && r.path.ends_with("w.gguf")).then_some(at);
        reply
    });
    let files = bench.pull(&hub).unwrap();
    bench.assert_right(&files);
    let starts: Vec<_> = hub.gets("w.gguf").iter().map(Request::from).collect();
    assert_eq!(starts, [Some(0), Some(at)]);
}

#[test]
fn a_later_pull_goes_on_where_an_earlier_ended() {
    let mut bench = Bench::new("later");
    bench.settings.patience.tries = 0;
    let at = 1 + random(299_998);
    let hub = bench.hub(move |_, _, mut reply| {
        reply.cut = Some(at);
        reply
    });
    let error = bench.pull(&hub).unwrap_err();
    let text = said(&error);
    assert_names_the_file(&text, &hub);
    assert!(text.contains(&format!("after {at} of 300000 bytes")), "{text}");
    assert_eq!(fs::read(bench.part()).unwrap(), bench.weights[..at]);
    assert_eq!(
        bench.store.state(&bench.manifest).unwrap(),
        State::Partly { have: at as u64, of: 300_000 + bench.tokenizer.len() as u64 }
    );
    let hub = bench.hub(|_, _, reply| reply);
    let files = bench.pull(&hub).unwrap();
    bench.assert_right(&files);
    assert_eq!(hub.gets("w.gguf")[0].from(), Some(at));
}

#[test]
fn a_server_that_ignores_ranges_is_begun_anew() {
    let mut bench = Bench::new("ranges");
    fs::create_dir_all(bench.part().parent().unwrap()).unwrap();
    fs::write(bench.part(), &bench.weights[..1000]).unwrap();
    let weights = bench.weights.clone();
    let hub = bench.hub(move |r, _, reply| match r.is_get() && r.path.ends_with("w.gguf") {
        true => Reply::new(200, &weights),
        false => reply,
    });
    let files = bench.pull(&hub).unwrap();
    bench.assert_right(&files);
    assert_eq!(hub.gets("w.gguf").len(), 1);
    assert_eq!(hub.gets("w.gguf")[0].from(), Some(1000));
}

#[test]
fn less_than_was_asked_for_is_taken_piece_by_piece() {
    let mut bench = Bench::new("pieces");
    let weights = bench.weights.clone();
    let hub = bench.hub(move |r, _, reply| match (r.is_get() && r.path.ends_with("w.gguf"), r.from()) {
        (true, Some(from)) => {
            let end = (from + 90_000).min(weights.len());
            let range = format!("bytes {from}-{}/{}", end - 1, weights.len());
            Reply::new(206, &weights[from..end]).with("content-range", range)
        }
        _ => reply,
    });
    let files = bench.pull(&hub).unwrap();
    bench.assert_right(&files);
    assert_eq!(hub.gets("w.gguf").len(), 4);
}

#[test]
fn wrong_bytes_are_thrown_away() {
    let mut bench = Bench::new("wrong");
    let hub = bench.hub(|r, _, mut reply| {
        if r.is_get() {
            reply.body[5] ^= 1;
        }
        reply
    });
    let error = bench.pull(&hub).unwrap_err();
    assert!(matches!(error, StoreError::WrongBytes { .. }), "{error}");
    let text = said(&error);
    assert_names_the_file(&text, &hub);
    assert!(text.contains(&sha256(&bench.weights)), "{text}");
    assert_eq!(bench.names().iter().filter(|n| !n.ends_with(".lock")).count(), 0);
}

#[test]
fn a_wrong_part_is_fetched_anew() {
    let mut bench = Bench::new("part");
    fs::create_dir_all(bench.part().parent().unwrap()).unwrap();
    for part in [vec![0; 1000], vec![0; 300_000], vec![0; 400_000]] {
        fs::write(bench.part(), part).unwrap();
        let hub = bench.hub(|_, _, reply| reply);
        let files = bench.pull(&hub).unwrap();
        bench.assert_right(&files);
        fs::remove_file(&files.weights[0]).unwrap();
    }
}

#[test]
fn a_redirect_is_followed_without_the_token() {
    let mut bench = Bench::new("redirect");
    let storage = bench.hub(|_, _, reply| reply);
    let (to, weights) = (storage.url(), bench.weights.clone());
    let hub = bench.hub(move |r, _, reply| {
        if !r.path.ends_with("w.gguf") {
            return reply;
        }
        if !r.path.starts_with("/moved") {
            return Reply::new(307, b"").with("location", format!("/moved{}", r.path));
        }
        let away = Reply::new(302, b"").with("location", format!("{to}/signed/w.gguf"));
        away.stating(&sha256(&weights), weights.len())
    });
    let files = bench.pull(&hub).unwrap();
    bench.assert_right(&files);
    let sent = |r: &Request| r.headers.get("authorization").cloned();
    assert!(hub.log().iter().all(|r| sent(r).as_deref() == Some("Bearer hf_secret")));
    assert_eq!(storage.log().len(), 1, "the storage is not asked what the file is");
    assert!(storage.log().iter().all(|r| sent(r).is_none()), "{:?}", storage.log());
}

#[test]
fn redirects_end() {
    let mut bench = Bench::new("circle");
    let hub = bench.hub(|r, _, _| Reply::new(302, b"").with("location", &r.path));
    assert!(said(&bench.pull(&hub).unwrap_err()).contains("too many redirects"));
}

#[test]
fn a_slow_stream_is_borne_and_a_silent_one_is_not() {
    let mut bench = Bench::new("slow");
    // A second in all, longer than the silence that is borne.
    let hub = bench.hub(|_, _, mut reply| {
        reply.slow = Some((30_000, Duration::from_millis(100)));
        reply
    });
    let files = bench.pull(&hub).unwrap();
    bench.assert_right(&files);
    assert_eq!(hub.gets("w.gguf").len(), 1);
    fs::remove_file(&files.weights[0]).unwrap();

    let hub = bench.hub(|_, _, mut reply| {
        reply.slow = Some((1000, Duration::from_secs(20)));
        reply
    });
    let text = said(&bench.pull(&hub).unwrap_err());
    assert_names_the_file(&text, &hub);
    assert!(text.contains("what came is kept"), "{text}");
    assert_eq!(bench.blobs(), 1);
}
