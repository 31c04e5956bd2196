/** Runs the tests of the example, which are written for vitest already. */
import '../../examples/test-with-skipped-time/reminder.test.ts';
