import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';

describe('the configuration', () => {
  test('has defaults, and leaves the variables of others alone', () => {
    expect(loadConfig({ PATH: '/bin', TEMPORAL_ADDRESS: 'x' })).toEqual({ dataDir: undefined, payloads: undefined, logLevel: 'info' });
  });

  test('is read from HOLDFAST_ variables', () => {
    expect(loadConfig({ HOLDFAST_DATA_DIR: '/data', HOLDFAST_PAYLOADS: '/large', HOLDFAST_LOG_LEVEL: 'debug' })).toEqual({
      dataDir: '/data',
      payloads: '/large',
      logLevel: 'debug',
    });
  });

  test('tells every problem at once, and the known variables', () => {
    expect(() => loadConfig({ HOLDFAST_LOG_LEVEL: 'loud', HOLDFAST_DATA_DIR: '', HOLDFAST_LOGLEVEL: 'info' })).toThrow(
      expect.objectContaining({
        code: 'invalid-config',
        message: expect.stringMatching(
          /HOLDFAST_DATA_DIR.*HOLDFAST_LOG_LEVEL.*HOLDFAST_LOGLEVEL.*Known variables: HOLDFAST_DATA_DIR, HOLDFAST_PAYLOADS, HOLDFAST_LOG_LEVEL, /,
        ) as string,
      }),
    );
  });
});
