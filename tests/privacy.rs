//! What candor promises: no network.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::process::{Command, Stdio};

/// Where strace is missing the test can show nothing: in CI that is a failure.
#[test]
fn critique_opens_no_socket() {
    let log = std::env::temp_dir().join(format!("candor-strace-{}", std::process::id()));
    let args = ["-f", "-e", "trace=%network", "-o", log.to_str().unwrap(), env!("CARGO_BIN_EXE_candor")];
    let mut command = Command::new("strace");
    command.args(args).args(["critique", "--no-config", "examples/weak.md"]);
    let ran = command.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null()).output();
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
