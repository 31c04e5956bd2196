/**
 * Owns the delivery of the dashboard: the files that its build left beside this package. Every address that is no file is its one page,
 * which finds its way by itself. No data is in it: that comes from the API, to those who are let in.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** `dist/dashboard`, from `dist/server` and from `src/server`. */
const FOLDERS = ['../dashboard', '../../dist/dashboard'].map((path) => join(import.meta.dirname, path));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};
const FOREVER = 'public, max-age=31536000, immutable';
/** In the page, in place of what differs from answer to answer. */
const [BASE_MARK, NONCE_MARK] = ['/__base__/', '__nonce__'];
const NONCE_BYTES = 16;

interface KeptFile {
  readonly plain: Buffer<ArrayBuffer>;
  readonly packed: Buffer<ArrayBuffer>;
  readonly tag: string;
}

export class Dashboard {
  readonly #folder: string;
  readonly #basePath: string;
  readonly #files = new Map<string, Promise<KeptFile | undefined>>();

  private constructor(folder: string, basePath: string) {
    this.#folder = folder;
    this.#basePath = basePath;
  }

  /** Undefined where none was built. @param basePath what its paths stand under; `''` at the top */
  static find(basePath: string): Dashboard | undefined {
    const folder = FOLDERS.find((one) => existsSync(join(one, 'index.html')));
    return folder === undefined ? undefined : new Dashboard(folder, basePath);
  }

  /** The file of a path, or the page. @param path as it is in the address, below the base path */
  async answer(path: string, headers: Headers): Promise<Response> {
    const name = normalize(decodedOr(path)).replace(/^[/\\]+/, '');
    const isAsset = /^assets[/\\][\w.-]+$/.test(name) || /^[\w-]+\.(?:svg|png)$/.test(name);
    if (!isAsset) return await this.#page();
    const file = await this.#file(name);
    if (file === undefined)
      return new Response('There is no such file. Reload the page: the dashboard has been replaced by a newer one.', { status: 404 });
    return fileAnswer(file, name, headers);
  }

  async #page(): Promise<Response> {
    const file = await this.#file('index.html');
    const nonce = randomBytes(NONCE_BYTES).toString('base64url');
    const text = (file?.plain.toString() ?? '').replaceAll(BASE_MARK, `${escaped(this.#basePath)}/`).replaceAll(NONCE_MARK, nonce);
    return new Response(text, {
      headers: { 'content-type': TYPES['.html'] ?? '', 'cache-control': 'no-store', 'content-security-policy': policyWith(nonce) },
    });
  }

  #file(name: string): Promise<KeptFile | undefined> {
    const known = this.#files.get(name) ?? keptFile(join(this.#folder, name));
    this.#files.set(name, known);
    return known;
  }
}

async function keptFile(file: string): Promise<KeptFile | undefined> {
  const plain = await readFile(file).catch(() => undefined);
  if (plain === undefined) return undefined;
  const packed = Buffer.from(await promisify(gzip)(plain));
  return { plain: Buffer.from(plain), packed, tag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 16)}"` };
}

function fileAnswer({ plain, packed, tag }: KeptFile, name: string, headers: Headers): Response {
  const common = { 'cache-control': FOREVER, etag: tag, vary: 'accept-encoding' };
  if (headers.get('if-none-match') === tag) return new Response(null, { status: 304, headers: common });
  const isPacked = /\bgzip\b/.test(headers.get('accept-encoding') ?? '');
  return new Response(isPacked ? packed : plain, {
    headers: {
      ...common,
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
      ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
    },
  });
}

/** Scripts and styles of this server alone; styles that a script makes carry the page's nonce. */
function policyWith(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

function decodedOr(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
