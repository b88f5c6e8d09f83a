//! The program: killed, twice at once, on a full disk, with variables and options.

use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::bench::{Bench, REVISION};
use crate::hub::Hub;

/// The program as its users start it, with nothing of theirs.
fn candor(bench: &Bench, hub: &Hub, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    own(&mut command, bench, hub);
    command.arg("models").args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn own(command: &mut Command, bench: &Bench, hub: &Hub) {
    for name in
        ["HF_HUB_CACHE", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE", "HF_HUB_DISABLE_IMPLICIT_TOKEN"]
    {
        command.env_remove(name);
    }
    command
        .current_dir(&bench.folder)
        .env("HOME", &bench.folder)
        .env("CANDOR_MODELS", bench.store.root())
        .env("HF_HOME", bench.folder.join("hf"))
        .env("HF_ENDPOINT", hub.url())
        .stdin(Stdio::null());
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_killed_pull_is_gone_on_with() {
    let bench = Bench::new("kill");
    let slow = bench.hub(|_, _, mut reply| {
        reply.slow = Some((1000, Duration::from_millis(20)));
        reply
    });
    let mut child = candor(&bench, &slow, &["pull", "m.toml"]).spawn().unwrap();
    let begun = Instant::now();
    while fs::metadata(bench.part()).map_or(0, |m| m.len()) < 10_000 {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing comes");
        std::thread::sleep(Duration::from_millis(5));
    }
    // SIGKILL: nothing can be tidied up.
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    let here = fs::metadata(bench.part()).unwrap().len();
    assert!(here < 300_000 && bench.blobs() == 0);

    let list = out(&candor(&bench, &slow, &["verify", "m.toml"]).output().unwrap());
    assert_eq!(list, "");
    let fast = bench.hub(|_, _, reply| reply);
    let output = candor(&bench, &fast, &["pull", "m.toml"]).output().unwrap();
    assert!(output.status.success(), "{}", err(&output));
    assert_eq!(fast.gets("w.gguf")[0].from().map(|f| f as u64), Some(here));
    bench.assert_right(&bench.store.locate(&bench.manifest).unwrap());
    bench.assert_honest();
}

#[test]
fn two_processes_fetch_once() {
    let bench = Bench::new("two");
    let hub = bench.hub(|_, _, mut reply| {
        reply.slow = Some((10_000, Duration::from_millis(30)));
        reply
    });
    let both = [(), ()].map(|()| candor(&bench, &hub, &["pull", "m.toml"]).spawn().unwrap());
    for child in both {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", err(&output));
    }
    assert_eq!(hub.gets("w.gguf").len(), 1);
    bench.assert_right(&bench.store.locate(&bench.manifest).unwrap());
    bench.assert_honest();
}

#[cfg(unix)]
#[test]
fn a_full_disk_keeps_what_came() {
    let bench = Bench::new("full");
    let hub = bench.hub(|_, _, mut reply| {
        reply.slow = Some((5000, Duration::from_millis(20)));
        reply
    });
    let pull = |script: &str| {
        let mut command = Command::new("sh");
        own(&mut command, &bench, &hub);
        command
            .args(["-c", script, env!("CARGO_BIN_EXE_candor"), "models", "pull", "m.toml"])
            .output()
            .unwrap()
    };
    // Wherever tests run: no file may grow beyond so many blocks, as on a full disk.
    let output = pull("trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\"");
    assert_full(&bench, &output);
    let here = fs::metadata(bench.part()).unwrap().len();
    assert!(here > 0);
    let output = candor(&bench, &hub, &["pull", "m.toml"]).output().unwrap();
    assert!(output.status.success(), "{}", err(&output));
    assert_eq!(hub.gets("w.gguf")[1].from().map(|f| f as u64), Some(here));
    bench.assert_right(&bench.store.locate(&bench.manifest).unwrap());
    fs::remove_dir_all(bench.store.root()).unwrap();
    fs::create_dir_all(bench.store.root()).unwrap();

    // Where the machine lets us: a disk of its own, filled by somebody else on the way.
    let output = pull(
        "exec unshare --user --map-root-user --mount sh -c '
            mount -t tmpfs -o size=400k tmpfs \"$CANDOR_MODELS\" || exit 77
            (sleep 0.4; head -c 1m /dev/zero > \"$CANDOR_MODELS/fill\") 2>/dev/null &
            \"$0\" \"$@\"; code=$?
            ls \"$CANDOR_MODELS/blobs\"; exit $code' \"$0\" \"$@\"",
    );
    let (names, text) = (out(&output), err(&output));
    if output.status.code() == Some(77) || text.contains("unshare: ") {
        // No namespace for mounts here: the limit above has stood for the full disk.
        return;
    }
    assert_full(&bench, &output);
    assert!(text.contains("No space left on device"), "{text}");
    assert!(names.lines().any(|n| n.ends_with(".part")), "{names}");
    assert!(names.lines().all(|n| n.len() != 64), "{names}");
}

#[track_caller]
fn assert_full(bench: &Bench, output: &Output) {
    let text = err(output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("cannot write") && text.contains("make room"), "{text}");
    assert!(text.contains("w.gguf of o/n"), "{text}");
    assert_eq!(bench.blobs(), 0);
}

#[test]
fn the_variables_and_options_are_honoured() {
    let bench = Bench::new("variables");
    let hub = bench.hub(|_, _, reply| reply);
    let refused = [
        candor(&bench, &hub, &["pull", "m.toml", "--offline"]).output().unwrap(),
        candor(&bench, &hub, &["--offline", "pull", "m.toml"]).output().unwrap(),
        candor(&bench, &hub, &["pull", "m.toml"]).env("HF_HUB_OFFLINE", "1").output().unwrap(),
        candor(&bench, &hub, &["path", "m.toml"]).output().unwrap(),
        candor(&bench, &hub, &["verify", "m.toml"]).output().unwrap(),
    ];
    for output in refused {
        assert_eq!(output.status.code(), Some(2));
        let text = err(&output);
        for part in ["w.gguf (300 kB)", "o/n", REVISION, "`candor models pull m.toml`"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    assert!(hub.log().is_empty());

    fs::create_dir_all(bench.folder.join("hf")).unwrap();
    fs::write(bench.folder.join("hf/token"), "from_file\n").unwrap();
    let output = candor(&bench, &hub, &["pull", "m.toml"]).output().unwrap();
    assert_eq!((output.status.code(), out(&output)), (Some(0), "tiny is here\n".to_owned()));
    assert!(!err(&output).contains('\u{1b}'), "no bar where there is no terminal: {}", err(&output));
    assert!(hub.log().iter().all(|r| r.headers["authorization"] == "Bearer from_file"));

    let path = out(&candor(&bench, &hub, &["path", "m.toml"]).output().unwrap());
    assert!(fs::read(path.trim_end()).unwrap() == bench.weights);
    let path = out(&candor(&bench, &hub, &["path", "m.toml", "--tokenizer"]).output().unwrap());
    assert_eq!(fs::read(path.trim_end()).unwrap(), bench.tokenizer);
    let output = candor(&bench, &hub, &["verify", "m.toml"]).output().unwrap();
    assert_eq!(out(&output), "tiny: 2 files, all right\n");
    let output = candor(&bench, &hub, &["list"]).output().unwrap();
    assert!(out(&output).contains("tiny  "), "{}", out(&output));
    fs::remove_file(bench.folder.join("m.toml")).unwrap();
    let output = candor(&bench, &hub, &["rm", "tiny"]).output().unwrap();
    assert_eq!(out(&output), "tiny is removed, 300 kB are free again\n");
    assert_eq!(bench.blobs(), 0);
    let output = candor(&bench, &hub, &["list"]).output().unwrap();
    assert!(!out(&output).contains("tiny"), "{}", out(&output));
}

#[test]
fn all_that_was_pulled_is_checked() {
    let bench = Bench::new("check");
    let hub = bench.hub(|_, _, reply| reply);
    let check = || {
        let output = candor(&bench, &hub, &["verify"]).output().unwrap();
        (output.status.code(), out(&output), err(&output))
    };
    assert!(candor(&bench, &hub, &["pull", "m.toml"]).status().unwrap().success());
    fs::remove_file(bench.folder.join("m.toml")).unwrap();
    assert_eq!(check(), (Some(0), "tiny: 2 files, all right\n".to_owned(), String::new()));
    let weights = bench.store.locate(&bench.manifest).unwrap().weights.remove(0);
    fs::write(&weights, &bench.weights[..1000]).unwrap();
    let (code, out, err) = check();
    assert_eq!((code, out.as_str()), (Some(2), ""));
    for part in ["w.gguf (300 kB)", "is damaged (it is now 1000 bytes", "pull <the manifest of tiny>`"] {
        assert!(err.contains(part), "{part}: {err}");
    }
    fs::remove_file(&weights).unwrap();
    let (code, out, err) = check();
    assert_eq!((code, out.as_str()), (Some(0), ""), "what is not here is not damaged");
    assert!(err.starts_with("candor: note: not checked: ") && err.contains("w.gguf (300 kB)"), "{err}");
}

#[test]
fn a_user_in_the_endpoint_is_refused() {
    let bench = Bench::new("endpoint");
    let hub = bench.hub(|_, _, reply| reply);
    for endpoint in ["ftp://h", "h", "https://u:p@h"] {
        let output = candor(&bench, &hub, &["pull", "m.toml"]).env("HF_ENDPOINT", endpoint).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(err(&output).contains("HF_ENDPOINT"), "{}", err(&output));
    }
}
