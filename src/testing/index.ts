/** What `holdfast/testing` exports: for the tests of those who write jobs. Not needed, and not loaded, where jobs run. */
export { type TestClock, type TestEnvironment, testEnvironment, type TestEnvironmentOptions } from './test-environment.ts';
