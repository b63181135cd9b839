// Loaded into what a test starts: its standard input is a pipe that the test's process holds, and nobody writes to. It ends
// when that process has ended, however it did, and so does this one.
process.stdin.on("error", end).on("end", end).resume().unref();

function end() {
  process.kill(process.pid, "SIGKILL");
}
