/** Owns the environment variables of Holdfast itself. Those of Temporal are read by its own library, in `find-server.ts`. */
import { z } from 'zod';
import { JobError } from './contract/errors.ts';
import { LOG_LEVELS, type LogLevel } from './log.ts';

/** Environment variables, as `process.env` gives them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process: the default where a caller gives none. */
export function processEnvironment(): Environment {
  return process.env;
}

export interface Config {
  /** Folder of the embedded server and of the jobs' files. Undefined: `.holdfast` in or above the working directory. */
  readonly dataDir: string | undefined;
  /** Folder of inputs and outputs that are too large for Temporal. Undefined: `payloads` in the embedded server's data folder. */
  readonly payloads: string | undefined;
  /** @default 'info' */
  readonly logLevel: LogLevel;
  /** `host:port` where workers serve metrics. Undefined: nowhere. */
  readonly metricsAddress: string | undefined;
  /** Address of the Temporal Web UI, for links. Undefined: that of the embedded server, if it is used. */
  readonly webUi: string | undefined;
  /** Address of the Holdfast server that the command line talks to, and its key. Undefined: it talks to Temporal. */
  readonly server: string | undefined;
  readonly key: string | undefined;
  /** Folder that `export-data` writes to. Undefined: `exports` in the data folder of `holdfast dev`, and none for other workers. */
  readonly exports: string | undefined;
  /** Databases that `export-data` reads from: URLs by the names that jobs use for them. */
  readonly connections: Readonly<Record<string, string>>;
  /** What workers know for their notifications. Checked by those who use it. */
  readonly notifications: NotificationConfig;
}

export interface NotificationConfig {
  /** Name → signing secrets, with spaces between them. */
  readonly webhookSecrets: Readonly<Record<string, string>>;
  /** Name → where mails are handed in, and by whom they are sent. */
  readonly mailServers: Readonly<Record<string, { readonly url: string; readonly from: string }>>;
  /** Internal hosts that webhooks may call. @default none */
  readonly allowedHosts: readonly string[];
}

const variables = z.strictObject({
  HOLDFAST_DATA_DIR: z.string().min(1).optional(),
  HOLDFAST_PAYLOADS: z.string().min(1).optional(),
  HOLDFAST_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  HOLDFAST_METRICS_ADDRESS: z.string().min(1).optional(),
  HOLDFAST_EXPORTS: z.string().min(1).optional(),
  HOLDFAST_WEB_UI: z.string().min(1).optional(),
  HOLDFAST_SERVER: z.string().min(1).optional(),
  HOLDFAST_KEY: z.string().min(1).optional(),
  /** Read by the finder of server binaries. */
  HOLDFAST_CACHE_DIR: z.string().min(1).optional(),
  /** Read by docker-compose.yml: the module that its workers load. */
  HOLDFAST_JOBS: z.string().optional(),
  /** Internal hosts that webhooks may call, with spaces between them. */
  HOLDFAST_WEBHOOK_ALLOW: z.string().default(''),
});

/** One variable for each database: `HOLDFAST_POSTGRES_OLD_SHOP` has the URL of the connection `old_shop`. */
const CONNECTION = /^HOLDFAST_POSTGRES_(?<name>[A-Z][A-Z0-9_]{0,62})$/;

/** Variables that there may be several of: alone for the name `default`, with `_BIG_SHOP` behind them for the name `big-shop`. */
const NAMED = ['HOLDFAST_WEBHOOK_SECRET', 'HOLDFAST_SMTP_URL', 'HOLDFAST_MAIL_FROM'] as const;
const NAMED_PATTERN = new RegExp(`^(?<kind>${NAMED.join('|')})(?:_(?<name>[A-Z0-9][A-Z0-9_]*))?$`);

/** What Kubernetes sets in every container for a service named `holdfast…`. */
const OF_A_SERVICE = /_(?:SERVICE|PORT)(?:_|$)/;

/**
 * The configuration in `env`. Variables that do not start with `HOLDFAST_` are left alone.
 * @throws JobError `invalid-config`, naming every problem at once
 */
export function loadConfig(env: Environment): Config {
  const own = Object.entries(env).filter(([name]) => name.startsWith('HOLDFAST_') && !OF_A_SERVICE.test(name));
  const result = variables.safeParse(Object.fromEntries(own.filter(([name]) => !CONNECTION.test(name) && !NAMED_PATTERN.test(name))));
  if (!result.success) {
    const known = [...Object.keys(variables.shape), 'HOLDFAST_POSTGRES_<NAME>', ...NAMED.flatMap((name) => [name, `${name}_<NAME>`])].join(
      ', ',
    );
    const problems = problemsIn(result.error);
    throw new JobError('invalid-config', `The environment is not usable. ${problems.join('; ')}. Known variables: ${known}.`, {
      details: { problems },
    });
  }
  const { data } = result;
  return {
    dataDir: data.HOLDFAST_DATA_DIR,
    payloads: data.HOLDFAST_PAYLOADS,
    logLevel: data.HOLDFAST_LOG_LEVEL,
    metricsAddress: data.HOLDFAST_METRICS_ADDRESS,
    exports: data.HOLDFAST_EXPORTS,
    webUi: data.HOLDFAST_WEB_UI,
    server: data.HOLDFAST_SERVER,
    key: data.HOLDFAST_KEY,
    connections: connectionsIn(own),
    notifications: {
      webhookSecrets: namedIn(own, 'HOLDFAST_WEBHOOK_SECRET'),
      mailServers: mailServersIn(own),
      allowedHosts: data.HOLDFAST_WEBHOOK_ALLOW.split(/[\s,]+/).filter((host) => host !== ''),
    },
  };
}

/** What a schema found wrong, a text for each: `name: Expected …`. */
export function problemsIn({ issues }: z.ZodError): readonly string[] {
  return issues.map(({ path, message }) => [path.join('.'), message].filter((part) => part !== '').join(': '));
}

type Variables = readonly (readonly [string, string | undefined])[];

/** The values of the variables of one kind, by name. */
function namedIn(variables: Variables, kind: (typeof NAMED)[number]): Readonly<Record<string, string>> {
  const found = variables.flatMap(([variable, value]) => {
    const parts = NAMED_PATTERN.exec(variable)?.groups;
    if (parts?.['kind'] !== kind || value === undefined || value === '') return [];
    return [[parts['name']?.toLowerCase().replaceAll('_', '-') ?? 'default', value] as const];
  });
  return Object.fromEntries(found);
}

function mailServersIn(variables: Variables): NotificationConfig['mailServers'] {
  const senders = namedIn(variables, 'HOLDFAST_MAIL_FROM');
  const urls = Object.entries(namedIn(variables, 'HOLDFAST_SMTP_URL'));
  return Object.fromEntries(urls.map(([name, url]) => [name, { url, from: senders[name] ?? senders['default'] ?? '' }]));
}

function connectionsIn(variables: Variables): Config['connections'] {
  return Object.fromEntries(
    variables.flatMap(([variable, url]) => {
      const name = CONNECTION.exec(variable)?.groups?.['name'];
      return name === undefined || url === undefined || url === '' ? [] : [[name.toLowerCase(), url]];
    }),
  );
}
