/**
 * Owns the machine-readable outcome of a vitest run: counts, what failed and with which error, what passed only when it was tried
 * again, and each skipped test with its reason. Vitest's JSON reporter leaves out the last two.
 */
import { writeFileSync } from 'node:fs';

/** A vitest reporter that writes its outcome to the file that TEST_SUMMARY names. */
export default class SummaryReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const outcome = { passed: 0, failures: [], retried: [], skipped: [] };
    addFailures(outcome, 'outside of any test', unhandledErrors);
    for (const module of modules) {
      // A file or a describe block that failed outside of any test (an import, a beforeAll) counts as one failure.
      addFailures(outcome, module.relativeModuleId, module.errors());
      for (const suite of module.children.allSuites())
        addFailures(outcome, `${module.relativeModuleId} > ${suite.fullName}`, suite.errors());
      for (const test of module.children.allTests()) addTest(outcome, test, `${module.relativeModuleId} > ${test.fullName}`);
    }
    const file = process.env.TEST_SUMMARY;
    if (file !== undefined) writeFileSync(file, JSON.stringify(outcome));
  }
}

function addFailures(outcome, name, errors) {
  for (const error of errors) outcome.failures.push({ name, reason: firstLineOf([error]) });
}

function addTest(outcome, test, name) {
  const { state, note, errors } = test.result();
  if (state === 'failed') outcome.failures.push({ name, reason: firstLineOf(errors) });
  else if (state !== 'passed') outcome.skipped.push({ name, reason: note ?? reasonOf(test) });
  else {
    outcome.passed += 1;
    if (test.diagnostic()?.flaky === true) outcome.retried.push({ name, reason: firstLineOf(errors) });
  }
}

function firstLineOf(errors) {
  const text = String(errors?.[0]?.message ?? 'no error told').split('\n')[0];
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function reasonOf(test) {
  if (test.options.mode === 'todo') return 'marked as to do';
  return test.options.mode === 'skip' ? 'skipped in the code, no reason given' : 'not run';
}
