/** Owns the machine-readable outcome of a vitest run: counts, and each skipped test with its reason, which vitest's JSON reporter leaves out. */
import { writeFileSync } from 'node:fs';

/** A vitest reporter that writes its outcome to the file that TEST_SUMMARY names. */
export default class SummaryReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const outcome = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const module of modules) {
      // A file or a describe block that failed outside of any test (an import, a beforeAll) counts as one failure.
      outcome.failed += module.errors().length;
      for (const suite of module.children.allSuites()) outcome.failed += suite.errors().length;
      for (const test of module.children.allTests()) count(test, outcome, module.relativeModuleId);
    }
    const file = process.env.TEST_SUMMARY;
    if (file !== undefined) writeFileSync(file, JSON.stringify(outcome));
  }
}

function count(test, outcome, file) {
  const { state, note } = test.result();
  if (state === 'passed') outcome.passed += 1;
  else if (state === 'failed') outcome.failed += 1;
  else outcome.skipped.push({ name: `${file} > ${test.fullName}`, reason: note ?? reasonOf(test) });
}

function reasonOf(test) {
  if (test.options.mode === 'todo') return 'marked as to do';
  return test.options.mode === 'skip' ? 'skipped in the code, no reason given' : 'not run';
}
