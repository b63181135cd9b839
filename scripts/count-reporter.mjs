/** Says at the end, in one plain line, what was skipped and how many tests passed and failed. */
export default class CountReporter {
  onTestRunEnd(modules, errors) {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      const before = count.failed;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state] = (count[state] ?? 0) + 1;
        if (state === "skipped") console.log(`skipped: ${test.fullName}`);
      }
      // A file that could not be read, or whose preparations failed, has no failed test of its own.
      if (module.state() === "failed" && count.failed === before) count.failed += 1;
    }
    console.log(`${count.passed} passed, ${count.failed} failed`);
  }
}
