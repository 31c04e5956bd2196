import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { configuredServer, findServer } from '../../src/find-server.ts';

describe('the search for a server', () => {
  test('takes the argument before the variables', () => {
    const env = { TEMPORAL_ADDRESS: 'of-env:7233', TEMPORAL_NAMESPACE: 'ns' };
    expect(configuredServer({ address: 'of-argument:7233', env })).toEqual({ address: 'of-argument:7233', namespace: 'ns' });
    expect(configuredServer({ namespace: 'mine', env })).toEqual({ address: 'of-env:7233', namespace: 'mine' });
  });

  test('looks at the given environment only, not at that of the process', () => {
    process.env['TEMPORAL_ADDRESS'] = 'of-process:7233';
    onTestFinished(() => void delete process.env['TEMPORAL_ADDRESS']);
    expect(configuredServer({ env: {} })).toBeUndefined();
  });

  test('takes an API key and TLS from the variables', () => {
    expect(configuredServer({ env: { TEMPORAL_ADDRESS: 'cloud:7233', TEMPORAL_API_KEY: 'key' } })).toMatchObject({ apiKey: 'key' });
  });

  test('that finds nothing names all three ways', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'holdfast-find-'));
    onTestFinished(() => rm(cwd, { recursive: true }));
    await expect(findServer({ env: {}, cwd })).rejects.toMatchObject({
      code: 'no-server',
      message: expect.stringMatching(/argument \(address\).*TEMPORAL_ADDRESS or a profile.*\.holdfast\/server\.json/) as string,
    });
  });

  test('says that a profile is not there', () => {
    expect(() => configuredServer({ env: { TEMPORAL_PROFILE: 'nowhere', TEMPORAL_CONFIG_FILE: '/nonexistent/file.toml' } })).toThrow(
      expect.objectContaining({ code: 'invalid-config' }),
    );
  });
});
