//! What candor promises: no network.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::process::{Command, Stdio};

/// The network calls of candor with these arguments, which ends with this code.
///
/// Where strace is missing the test can show nothing: in CI that is a failure.
fn network_calls(name: &str, args: &[&str], code: i32) -> Vec<String> {
    let folder = std::env::temp_dir();
    let log = folder.join(format!("candor-strace-{name}-{}", std::process::id()));
    let mut command = Command::new("strace");
    command.args(["-f", "-e", "trace=%network", "-o", log.to_str().unwrap(), env!("CARGO_BIN_EXE_candor")]);
    // An empty store, so that a model is missing.
    let models = folder.join(format!("candor-strace-{name}-models-{}", std::process::id()));
    command
        .args(args)
        .env("CANDOR_MODELS", &models)
        .env("HF_HOME", &models)
        .env("CANDOR_CACHE", models.join("cache"));
    let ran = command.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null()).output();
    let Ok(output) = ran else {
        assert!(std::env::var_os("CI").is_none(), "strace is not installed");
        return Vec::new();
    };
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    let calls = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    let _ = std::fs::remove_dir_all(&models);
    assert!(calls.contains(&format!("exited with {code}")), "strace saw the whole run: {calls}");
    // what strace calls so is a thread that was at the kernel when the process ended, with a call that it was not to trace
    let traced = |l: &&str| l.contains('(') && !l.contains("+++") && !l.contains("???( <unfinished");
    calls.lines().filter(traced).map(str::to_owned).collect()
}

#[test]
fn critique_opens_no_socket() {
    let calls = network_calls("critique", &["critique", "--no-config", "examples/weak.md"], 1);
    assert!(calls.is_empty(), "{calls:#?}");
}

#[test]
fn compare_opens_no_socket() {
    let calls =
        network_calls("compare", &["compare", "--no-config", "examples/weak.md", "examples/strong.md"], 0);
    assert!(calls.is_empty(), "{calls:#?}");
}

#[test]
fn compare_of_banks_opens_no_socket() {
    let args = ["compare", "--no-config", "examples/bank", "examples/bank-later"];
    let calls = network_calls("compare-banks", &args, 0);
    assert!(calls.is_empty(), "{calls:#?}");
}

#[test]
fn bank_opens_no_socket() {
    let calls = network_calls("bank", &["bank", "--no-config", "examples/bank"], 0);
    assert!(calls.is_empty(), "{calls:#?}");
}

#[test]
fn of_models_only_pull_opens_a_socket_and_not_offline() {
    for (name, args, code) in [
        ("list", &["models", "list"][..], 0),
        ("path", &["models", "path"], 2),
        ("verify", &["models", "verify"], 0),
        ("offline", &["models", "pull", "--offline"], 2),
    ] {
        let calls = network_calls(name, args, code);
        assert!(calls.is_empty(), "{name}: {calls:#?}");
    }
}
