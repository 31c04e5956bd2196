/** The files of a deployment: parsed, linted and held to rules. Nothing here needs Docker; each rule is shown to catch what it is for. */
import { mkdtempSync, rmSync, statSync, writeFileSync, readFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Service {
  image?: string;
  build?: { context?: string; dockerfile_inline?: string };
  container_name?: string;
  ports?: string[];
  volumes?: string[];
  environment?: Record<string, string | number>;
  env_file?: (string | { path: string; required: boolean })[];
  healthcheck?: { test: string[] };
  restart?: string;
  command?: string[];
  depends_on?: Record<string, { condition: string }>;
  deploy?: { replicas?: number };
}

interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  secrets: Record<string, { file?: string }>;
}

/** What is used of dclint, whose own types do not resolve in ES modules. */
interface ComposeLinter {
  readonly DCLinter: new (config: object) => { lintFiles(paths: string[], recursive: boolean): { messages: { rule: string }[] }[] };
}

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const composeText = read('docker-compose.yml');
const dockerfile = read('Dockerfile');

function compose(): Compose {
  return parse(composeText) as Compose;
}

/** What is wrong with a compose file, a sentence each. */
function problems({ services, volumes, secrets }: Compose): string[] {
  const ofServices = Object.entries(services).flatMap(([name, service]) =>
    serviceProblems(service, services).map((text) => `${name}: ${text}`),
  );
  const volumeNames = Object.values(services).flatMap((service) => (service.volumes ?? []).map((volume) => volume.split(':')[0] ?? ''));
  const undeclared = volumeNames.filter((name) => !name.startsWith('./') && !Object.hasOwn(volumes, name));
  const openSecrets = Object.entries(secrets).filter(([, { file }]) => file?.startsWith('.secrets/') !== true);
  return [
    ...ofServices,
    ...undeclared.map((name) => `volume "${name}" is not a named volume of this file`),
    ...openSecrets.map(([name]) => `secret ${name} does not come from .secrets/`),
  ];
}

function serviceProblems(service: Service, all: Readonly<Record<string, Service>>): string[] {
  const image = imagesOf(service);
  const isOneShot = service.restart?.startsWith('on-failure') === true;
  return [
    ...(service.ports ?? []).filter((port) => !port.startsWith('127.0.0.1:')).map((port) => `port ${port} is open to the network`),
    ...(isOneShot || service.healthcheck !== undefined ? [] : ['has no health check']),
    ...(isOneShot && !isAwaited(service, all) ? ['is a one-shot job that nobody waits for'] : []),
    ...image.filter((tag) => !/:\d+(\.\d+)*(-[\w.]+)?$/.test(tag)).map((tag) => `image ${tag} is not pinned`),
    ...literalSecrets(service.environment ?? {}).map((name) => `${name} is a secret in plain sight`),
    ...envFilesOf(service)
      .filter((file) => !file.startsWith('.secrets/'))
      .map((file) => `${file} is not in .secrets/`),
  ];
}

function envFilesOf({ env_file: files = [] }: Service): string[] {
  return files.map((file) => (typeof file === 'string' ? file : file.path));
}

function isAwaited(service: Service, all: Readonly<Record<string, Service>>): boolean {
  const name = Object.keys(all).find((key) => all[key] === service) ?? '';
  return Object.values(all).some((other) => other.depends_on?.[name]?.condition === 'service_completed_successfully');
}

function imagesOf({ image, build }: Service): string[] {
  const bases = [...(build?.dockerfile_inline ?? '').matchAll(/^FROM (\S+)/gm)].map(([, name = '']) => name);
  return image === undefined ? bases : [image, ...bases];
}

function literalSecrets(environment: Readonly<Record<string, string | number>>): string[] {
  const isSecret = (name: string) => /PASS|PWD|SECRET|TOKEN|API_KEY|PRIVATE/.test(name) && !name.endsWith('_FILE');
  return Object.keys(environment).filter(isSecret);
}

/** What keeps a service from running many times on one host. */
function scaleProblems({ container_name: name, ports = [], deploy }: Service): string[] {
  return [
    ...(name === undefined ? [] : ['has a fixed name']),
    ...(ports.length === 0 ? [] : ['has a fixed port']),
    ...(deploy?.replicas === undefined ? [] : ['has a fixed number of replicas']),
  ];
}

describe('docker-compose.yml', () => {
  it('keeps every rule', () => {
    expect(problems(compose())).toEqual([]);
  });

  it('has the parts of a whole system', () => {
    expect(Object.keys(compose().services)).toEqual(['api', 'namespace', 'postgres', 'schema', 'temporal', 'ui', 'worker']);
    expect(composeText).toContain('temporal\n        - operator\n        - cluster\n        - health');
    expect(composeText).toContain('pg_isready');
  });

  it('runs a Temporal of at least 1.30.3, with tools of the same version', () => {
    const tags = Object.values(compose().services).flatMap(imagesOf);
    const versions = tags.filter((tag) => /temporalio\/(server|admin-tools)/.test(tag)).map((tag) => tag.split(':')[1] ?? '');
    expect(new Set(versions).size).toBe(1);
    const [major = 0, minor = 0, patch = 0] = (versions[0] ?? '').split('.').map(Number);
    expect(major * 1_000_000 + minor * 1000 + patch).toBeGreaterThanOrEqual(1_030_003);
  });

  it('gives workers what jobs name, and a folder of exports that outlives them', () => {
    const { worker } = compose().services;
    expect(worker?.env_file).toEqual([{ path: '.secrets/worker.env', required: false }]);
    const folder = String(worker?.environment?.['HOLDFAST_EXPORTS']);
    expect(worker?.volumes).toContain(`worker-data:${folder.split('/exports')[0] ?? ''}`);
    expect(dockerfile).toContain(`mkdir --parents ${folder}`);
  });

  it('has workers that can be scaled', () => {
    expect(scaleProblems(compose().services['worker'] ?? {})).toEqual([]);
  });

  it('names only files that are there', () => {
    const files = Object.values(compose().services).flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    const own = files.filter((file) => file.startsWith('./'));
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it('has image and compose file load the same module of jobs, which is there', () => {
    const ofCompose = /HOLDFAST_JOBS:-([\w./-]+)\}/.exec(composeText)?.[1] ?? 'none';
    const ofImage = /^CMD .*"--jobs", "([\w./-]+)"/m.exec(dockerfile)?.[1];
    expect([ofCompose, existsSync(join(root, ofCompose))]).toEqual([ofImage, true]);
  });

  it('starts programs that are built', () => {
    const modules = [composeText, dockerfile].flatMap((text) => [...text.matchAll(/dist\/[\w/-]+\.js/g)].map(([path]) => path));
    const sources = modules.map((path) => path.replace('dist/', 'src/').replace(/\.js$/, '.ts'));
    expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

describe('the rules', () => {
  it.each<{ mistake: string; make: (file: Compose) => unknown; sentence: string }>([
    {
      mistake: 'an open port',
      make: ({ services }) => services['ui']?.ports?.push('8081:8080'),
      sentence: 'ui: port 8081:8080 is open to the network',
    },
    {
      mistake: 'a port on every address',
      make: ({ services }) => services['ui']?.ports?.push('0.0.0.0:1:1'),
      sentence: 'ui: port 0.0.0.0:1:1 is open to the network',
    },
    { mistake: 'no health check', make: ({ services }) => delete services['worker']?.healthcheck, sentence: 'worker: has no health check' },
    {
      mistake: 'a job that nobody waits for',
      make: ({ services }) => {
        for (const name of ['api', 'worker']) delete services[name]?.depends_on;
      },
      sentence: 'namespace: is a one-shot job that nobody waits for',
    },
    {
      mistake: 'a floating image',
      make: ({ services }) => Object.assign(services['ui'] ?? {}, { image: 'temporalio/ui:latest' }),
      sentence: 'ui: image temporalio/ui:latest is not pinned',
    },
    {
      mistake: 'an image without a tag, built in place',
      make: ({ services }) => Object.assign(services['temporal']?.build ?? {}, { dockerfile_inline: 'FROM temporalio/server\n' }),
      sentence: 'temporal: image temporalio/server is not pinned',
    },
    {
      mistake: 'a password',
      make: ({ services }) => Object.assign(services['postgres']?.environment ?? {}, { POSTGRES_PASSWORD: 'temporal' }),
      sentence: 'postgres: POSTGRES_PASSWORD is a secret in plain sight',
    },
    {
      mistake: 'an environment file that git would take',
      make: ({ services }) => services['schema']?.env_file?.push({ path: 'prod.env', required: false }),
      sentence: 'schema: prod.env is not in .secrets/',
    },
    {
      mistake: 'an anonymous volume',
      make: ({ services }) => services['postgres']?.volumes?.push('/var/lib/more'),
      sentence: 'volume "/var/lib/more" is not a named volume of this file',
    },
    {
      mistake: 'a volume that is not declared',
      make: (file) => delete file.volumes['postgres-data'],
      sentence: 'volume "postgres-data" is not a named volume of this file',
    },
    {
      mistake: 'a secret from elsewhere',
      make: (file) => Object.assign(file.secrets, { more: { file: './pw.txt' } }),
      sentence: 'secret more does not come from .secrets/',
    },
  ])('notice $mistake', ({ make, sentence }) => {
    const file = compose();
    make(file);
    expect(problems(file)).toEqual([sentence]);
  });

  it('notice what keeps a worker from being scaled', () => {
    const worker = { container_name: 'w', ports: ['127.0.0.1:1:1'], deploy: { replicas: 2 } };
    expect(scaleProblems(worker)).toEqual(['has a fixed name', 'has a fixed port', 'has a fixed number of replicas']);
  });
});

describe('the linter of compose files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-compose-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function lint(text: string): Promise<string[]> {
    const dclint: ComposeLinter = await import('dclint');
    const file = join(folder, 'docker-compose.yml');
    writeFileSync(file, text);
    const linter = new dclint.DCLinter({ rules: {}, quiet: false, debug: false, exclude: [] });
    return linter.lintFiles([file], false).flatMap(({ messages }) => messages.map(({ rule }) => rule));
  }

  it('has nothing to say', async () => {
    expect(await lint(composeText)).toEqual([]);
  });

  it.each([
    { mistake: 'a misspelt key', from: 'restart: unless-stopped', to: 'restrat: unless-stopped', rule: 'invalid-schema' },
    { mistake: 'a wrong type', from: 'init: true', to: 'init: [1]', rule: 'invalid-schema' },
    { mistake: 'a port on every address', from: "'127.0.0.1:8080:8080'", to: "'8080:8080'", rule: 'no-unbound-port-interfaces' },
  ])('notices $mistake', async ({ from, to, rule }) => {
    expect(composeText).toContain(from);
    expect(await lint(composeText.replace(from, to))).toContain(rule);
  });
});

describe('the Dockerfile', () => {
  it('builds on a pinned base, runs without root, has git and asks Temporal for its health', () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, name = '']) => name);
    expect(bases).toEqual(['node:24-slim', 'node:24-slim']);
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/apt-get install .*\bgit\b/);
    expect(dockerfile).toMatch(/^HEALTHCHECK .*worker-health\.mjs/m);
  });

  it('copies only files that are there, and the build context lets them through', () => {
    const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list = '']) => list.split(' '));
    const isLetThrough = (path: string) =>
      read('.dockerignore')
        .split('\n')
        .includes(`!${path.split('/')[0] ?? ''}`);
    expect(sources.filter((path) => !existsSync(join(root, path)) || !isLetThrough(path))).toEqual([]);
    expect(read('.dockerignore').split('\n')).toContain('*');
    expect(read('.dockerignore')).not.toMatch(/^!\.secrets/m);
  });
});

describe('make-secrets', () => {
  it('makes a password that only its owner can read, and keeps it when run again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-secrets-'));
    const { makeSecrets } = (await import(join(root, 'scripts', 'make-secrets.mjs'))) as { makeSecrets: (folder: string) => string[] };
    try {
      const target = join(folder, 'secrets');
      expect(makeSecrets(target)).toHaveLength(2);
      const password = readFileSync(join(target, 'postgres-password'), 'utf8');
      expect(password).toMatch(/^[\w-]{43}$/);
      expect(readFileSync(join(target, 'temporal.env'), 'utf8')).toBe(`POSTGRES_PWD=${password}\nSQL_PASSWORD=${password}\n`);
      const modes = ['postgres-password', 'temporal.env'].map((file) => statSync(join(target, file)).mode & 0o777);
      expect(modes).toEqual([0o600, 0o600]);
      expect(makeSecrets(target)).toHaveLength(1);
      expect(readFileSync(join(target, 'postgres-password'), 'utf8')).toBe(password);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('writes where git does not look', () => {
    expect(read('.gitignore').split('\n')).toContain('.secrets/');
  });
});
