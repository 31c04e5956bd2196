import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { writeServerFile } from '../../src/embedded/server-file.ts';
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

  test('takes the Web UI from the option or HOLDFAST_WEB_UI, and refuses what is no address', () => {
    const address = 'cloud:7233';
    expect(configuredServer({ address, uiUrl: 'https://ui.example/', env: {} })).toMatchObject({ uiUrl: 'https://ui.example' });
    expect(configuredServer({ address, env: { HOLDFAST_WEB_UI: 'http://ui:8080' } })).toMatchObject({ uiUrl: 'http://ui:8080' });
    expect(() => configuredServer({ address, uiUrl: 'javascript:alert(1)', env: {} })).toThrow(
      'Expected the address of the Temporal Web UI',
    );
  });

  test('that finds nothing names all three ways', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'holdfast-find-'));
    onTestFinished(() => rm(cwd, { recursive: true }));
    await expect(findServer({ env: {}, cwd })).rejects.toMatchObject({
      code: 'no-server',
      message: expect.stringMatching(/argument \(address\).*TEMPORAL_ADDRESS or a profile.*\.holdfast\/server\.json/) as string,
    });
  });

  test.each([
    ['127.0.0.1:7233', {}],
    ['localhost:7233', {}],
    ['[::1]:7233', { TEMPORAL_ADDRESS: 'of-env:7233' }],
  ])('takes a payload folder along with the server at %s, from the option or HOLDFAST_PAYLOADS', (address, env) => {
    expect(configuredServer({ address, payloads: '/large', env })).toMatchObject({ address, payloads: '/large' });
    expect(configuredServer({ address, env: { ...env, HOLDFAST_PAYLOADS: '/large' } })).toMatchObject({ payloads: '/large' });
    expect(configuredServer({ address, payloads: 'here', env: { HOLDFAST_PAYLOADS: '/large' } })).toMatchObject({
      payloads: resolve('here'),
    });
    expect(configuredServer({ address, env })).not.toHaveProperty('payloads');
  });

  test.each([['cloud:7233'], ['10.0.0.5:7233'], ['127.0.0.1.example:7233']])(
    'refuses a payload folder with the server at %s',
    (address) => {
      const refused = {
        code: 'invalid-config',
        message: `The payload folder /large cannot be used with Temporal at ${address}: clients and workers on other machines would not find what is in it. Leave it out (option payloads, HOLDFAST_PAYLOADS), keep values over 1.9 MB in a store that all machines reach, and pass references to them.`,
      };
      expect(() => configuredServer({ address, payloads: '/large', env: {} })).toThrow(expect.objectContaining(refused));
      expect(() => configuredServer({ address, env: { HOLDFAST_PAYLOADS: '/large' } })).toThrow(expect.objectContaining(refused));
    },
  );

  test('takes the payload folder of an embedded server’s data folder, unless another is named', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'holdfast-find-'));
    onTestFinished(() => rm(cwd, { recursive: true }));
    const dataDir = join(cwd, '.holdfast');
    await mkdir(dataDir);
    const file = { address: '127.0.0.1:7233', pid: 1, startToken: '', ownerPid: 1, version: '1.32.0', startedAt: '', retentionDays: 30 };
    await writeServerFile(dataDir, file);
    expect(await findServer({ env: {}, cwd })).toMatchObject({ address: '127.0.0.1:7233', payloads: join(dataDir, 'payloads') });
    expect(await findServer({ env: { HOLDFAST_DATA_DIR: dataDir } })).toMatchObject({ payloads: join(dataDir, 'payloads') });
    expect(await findServer({ env: { HOLDFAST_PAYLOADS: '/large' }, cwd })).toMatchObject({ payloads: '/large' });
    expect(await findServer({ env: {}, cwd, payloads: '/other' })).toMatchObject({ payloads: '/other' });
  });

  test('says that a profile is not there', () => {
    expect(() => configuredServer({ env: { TEMPORAL_PROFILE: 'nowhere', TEMPORAL_CONFIG_FILE: '/nonexistent/file.toml' } })).toThrow(
      expect.objectContaining({ code: 'invalid-config' }),
    );
  });
});
