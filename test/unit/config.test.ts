import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { exportsFromEnvironment } from '../../src/shipped-jobs.ts';

describe('the configuration', () => {
  test('has defaults, and leaves the variables of others alone', () => {
    expect(loadConfig({ PATH: '/bin', TEMPORAL_ADDRESS: 'x' })).toEqual({
      dataDir: undefined,
      payloads: undefined,
      logLevel: 'info',
      exports: undefined,
      connections: {},
      notifications: { webhookSecrets: {}, mailServers: {}, allowedHosts: [] },
    });
  });

  test('is read from HOLDFAST_ variables', () => {
    expect(loadConfig({ HOLDFAST_DATA_DIR: '/data', HOLDFAST_PAYLOADS: '/large', HOLDFAST_LOG_LEVEL: 'debug' })).toMatchObject({
      dataDir: '/data',
      payloads: '/large',
      logLevel: 'debug',
      connections: {},
    });
  });

  test('has the connections of exports by their names, and passes over what Kubernetes sets for a service', () => {
    const { exports, connections } = loadConfig({
      HOLDFAST_EXPORTS: '/exports',
      HOLDFAST_POSTGRES_SHOP: 'postgres://a',
      HOLDFAST_POSTGRES_OLD_SHOP: 'postgres://b',
      HOLDFAST_POSTGRES_EMPTY: '',
      HOLDFAST_POSTGRES_SERVICE_HOST: '10.0.0.1',
      HOLDFAST_POSTGRES_PORT_5432_TCP: 'tcp://10.0.0.1:5432',
    });
    expect([exports, connections]).toEqual(['/exports', { shop: 'postgres://a', old_shop: 'postgres://b' }]);
    expect(() => loadConfig({ HOLDFAST_POSTGRES_: 'x' })).toThrow('HOLDFAST_POSTGRES_<NAME>');
  });

  test('gives settings of exports when there is a folder', () => {
    const env = { HOLDFAST_POSTGRES_SHOP: 'postgres://a' };
    const connections = { shop: { url: 'postgres://a' } };
    expect(exportsFromEnvironment(env)).toBeUndefined();
    expect(exportsFromEnvironment(env, '/own')).toEqual({ storage: '/own', connections });
    expect(exportsFromEnvironment({ ...env, HOLDFAST_EXPORTS: '/set' }, '/own')).toEqual({ storage: '/set', connections });
  });

  test('has what there may be several of by name, of which the bare variable is the default', () => {
    const { notifications } = loadConfig({
      HOLDFAST_WEBHOOK_SECRET: 'a',
      HOLDFAST_WEBHOOK_SECRET_BIG_SHOP: 'b c',
      HOLDFAST_WEBHOOK_SECRET_EMPTY: '',
      HOLDFAST_SMTP_URL: 'smtp://a',
      HOLDFAST_SMTP_URL_NEWS: 'smtp://b',
      HOLDFAST_SMTP_URL_OTHER: 'smtp://c',
      HOLDFAST_MAIL_FROM: 'a@a.example',
      HOLDFAST_MAIL_FROM_NEWS: 'b@b.example',
      HOLDFAST_WEBHOOK_ALLOW: ' a.test, b.test:80  10.0.0.0/8 ',
    });
    expect(notifications).toEqual({
      webhookSecrets: { default: 'a', 'big-shop': 'b c' },
      mailServers: {
        default: { url: 'smtp://a', from: 'a@a.example' },
        news: { url: 'smtp://b', from: 'b@b.example' },
        other: { url: 'smtp://c', from: 'a@a.example' },
      },
      allowedHosts: ['a.test', 'b.test:80', '10.0.0.0/8'],
    });
    expect(() => loadConfig({ HOLDFAST_WEBHOOK_SECRETS: 'a' })).toThrow('HOLDFAST_WEBHOOK_SECRET_<NAME>');
    expect(() => loadConfig({ HOLDFAST_WEBHOOK_SECRET_shop: 'a' })).toThrow('Known variables');
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
