/** Owns the settings that the embedded server runs with. What they were measured to do stands beside them. */
import { LOOPBACK, type Ports } from './ports.ts';

/** Days that Temporal keeps finished jobs in a new data folder. */
export const RETENTION_DAYS = 30;

/** Search attributes of a job: its tags and its key, and of a carrier how many jobs it has. */
const SEARCH_ATTRIBUTES = { HoldfastTags: 'KeywordList', HoldfastKey: 'Keyword', HoldfastJobs: 'KeywordList' };

const DYNAMIC_CONFIG: Readonly<Record<string, string | number | boolean>> = {
  // The default of 20 reads a second and queue makes every job wait about 60 ms: 100 ms a job becomes 31–38 ms.
  'history.transferProcessorMaxPollRPS': 1000,
  'history.timerProcessorMaxPollRPS': 1000,
  'history.visibilityProcessorMaxPollRPS': 1000,
  // A deleted job is out of every list in 4 s, not 34 s.
  'history.transferProcessorUpdateAckInterval': '1s',
  'history.timerProcessorUpdateAckInterval': '1s',
  'history.visibilityProcessorUpdateAckInterval': '1s',
  // No timer fires sooner than this from now. With the default of 1 s a death is noticed up to a second late, for a heartbeat of 1 s as well.
  'history.timerProcessorMaxTimeShift': '100ms',
  // With more partitions priorities are only roughly kept, and rate limits are split between them.
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  'matching.enableFairness': true,
  // How many jobs wait is told at most so late; the default of 5 s is too old to say why a job waits.
  'matching.TaskQueueInfoByBuildIdTTL': '1s',
  // The default refuses the 101st count of a burst.
  'frontend.namespaceRPS.visibility': 500,
  // Long polls that may wait at the same time: a result that is awaited, a worker without work. The default is 1 200.
  'frontend.namespaceCount': 12_000,
};

/**
 * Milliseconds until a changed retention is in force everywhere. By default the server looks every 2 s, and jobs that end
 * before it does are gone after one day. Looking this often costs 1 % of a core: on the first start only.
 */
export const RETENTION_IN_FORCE_MS = 350;
const FIRST_START_CONFIG = { 'system.namespaceCacheRefreshInterval': '250ms' };

/** FULL: a job that was acknowledged survives a power cut. */
const PRAGMAS = ['journal_mode=WAL', 'synchronous=FULL'];

/** Arguments of the server program. The database is named relative to the working directory: a path with `?`, `#` or `%` is misread. */
export function serverArguments({ port, uiPort }: Ports, isFirstStart: boolean): string[] {
  const dynamicConfig = { ...DYNAMIC_CONFIG, ...(isFirstStart ? FIRST_START_CONFIG : {}) };
  const flags = { 'db-filename': 'temporal.db', ip: LOOPBACK, port, 'ui-port': uiPort, 'log-level': 'error', color: 'never' };
  const switches = ['--disable-config-file', '--disable-config-env'];
  return [
    'server',
    'start-dev',
    ...switches,
    ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...Object.entries(dynamicConfig).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${JSON.stringify(value)}`]),
    ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
  ];
}
