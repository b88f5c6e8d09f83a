//! What candor promises: no network.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::path::PathBuf;
use std::process::{Command, Stdio};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn candor(program: &str, before: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(before).current_dir(root()).env("HOME", "/nonexistent").stdin(Stdio::null());
    for name in ["CANDOR_CONFIG", "XDG_CONFIG_HOME", "RAYON_NUM_THREADS"] {
        command.env_remove(name);
    }
    command
}

/// Where strace is missing the test can show nothing: in CI that is a failure.
#[test]
fn critique_opens_no_socket() {
    let log = std::env::temp_dir().join(format!("candor-strace-{}", std::process::id()));
    let args = ["-f", "-e", "trace=%network", "-o", log.to_str().unwrap(), env!("CARGO_BIN_EXE_candor")];
    let mut command = candor("strace", &args);
    let ran = command.args(["critique", "--no-config", "examples/weak.md"]).output();
    let Ok(output) = ran else {
        assert!(std::env::var_os("CI").is_none(), "strace is not installed");
        return;
    };
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let calls = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    let network: Vec<&str> = calls.lines().filter(|l| l.contains('(') && !l.contains("+++")).collect();
    assert!(network.is_empty(), "{network:#?}");
    assert!(calls.contains("exited with 1"), "strace saw the whole run: {calls}");
}
