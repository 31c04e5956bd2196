/** Owns a git server over https on loopback for tests, with a certificate of its own: `git http-backend` behind node's server. */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface GitHttpsServer {
  readonly url: string;
  /** To be given to git: the certificate it may trust. */
  readonly environment: Readonly<Record<string, string>>;
  readonly requests: string[];
  /** Bytes of the answers since the last call. */
  takeSentBytes(): number;
  /** From now on the pack of a fetch stops after its first 20 KB. */
  stallPacks(): void;
  close(): Promise<void>;
}

/** Serves the bare repositories in `folder`; `/moved/x` redirects to `/x`, `/broken` answers 503. */
export async function startGitServer(folder: string): Promise<GitHttpsServer> {
  const certificate = makeCertificate(folder);
  const state = { isStalling: false, requests: [] as string[], sentBytes: 0 };
  const server = createServer({ key: readFileSync(certificate.key), cert: readFileSync(certificate.cert) }, (request, response) => {
    state.requests.push(request.url ?? '');
    if (request.url?.startsWith('/moved/') === true) response.writeHead(301, { location: request.url.slice('/moved'.length) }).end();
    else if (request.url?.startsWith('/broken') === true) response.writeHead(503).end();
    else backend(request, response, { folder, state });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    environment: { GIT_SSL_CAINFO: certificate.cert },
    requests: state.requests,
    takeSentBytes: () => {
      const { sentBytes } = state;
      state.sentBytes = 0;
      return sentBytes;
    },
    stallPacks: () => {
      state.isStalling = true;
    },
    close: async () => await closed(server),
  };
}

function makeCertificate(folder: string): { readonly key: string; readonly cert: string } {
  const [key, cert] = [join(folder, 'server.key'), join(folder, 'server.crt')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ],
    {
      stdio: 'ignore',
    },
  );
  return { key, cert };
}

interface Backend {
  readonly folder: string;
  readonly state: { readonly isStalling: boolean; sentBytes: number };
}

function backend(request: IncomingMessage, response: ServerResponse, { folder, state }: Backend): void {
  const url = new URL(request.url ?? '/', 'https://127.0.0.1');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      GIT_CONFIG_KEY_1: 'uploadpack.allowFilter',
      GIT_CONFIG_VALUE_1: 'true',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  let head: Buffer | undefined = Buffer.alloc(0);
  let sent = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    const body = head === undefined ? chunk : afterHead(Buffer.concat([head, chunk]), response);
    if (body === undefined) {
      head = Buffer.concat([head ?? Buffer.alloc(0), chunk]);
      return;
    }
    head = undefined;
    sent += body.length;
    state.sentBytes += body.length;
    response.write(body);
    if (state.isStalling && sent > 20_000) child.stdout.pause();
  });
  child.stdout.on('end', () => response.end());
  response.on('close', () => child.kill('SIGKILL'));
}

/** Sends the status and the headers that the program wrote; what follows them is the body. */
function afterHead(data: Buffer, response: ServerResponse): Buffer | undefined {
  const end = data.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const headers = data
    .toString('latin1', 0, end)
    .split('\r\n')
    .map((line) => line.split(': ') as [string, string]);
  const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
  response.writeHead(Number.parseInt(status, 10), Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
  return data.subarray(end + 4);
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
}
