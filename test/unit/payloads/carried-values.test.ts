import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { encodePayload, MAX_PAYLOAD_BYTES, MAX_STORED_BYTES } from '../../../src/contract/payload.ts';
import { CarriedValues } from '../../../src/payloads/carried-values.ts';
import { FolderStore } from '../../../src/payloads/folder-store.ts';

/** A text whose JSON has so many bytes. */
function textOf(bytes: number): string {
  return 'x'.repeat(bytes - 2);
}

async function withStore(): Promise<CarriedValues> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-payloads-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return new CarriedValues(new FolderStore(folder, () => Promise.resolve('n')));
}

async function sent(values: CarriedValues, value: unknown): Promise<unknown> {
  return await values.send('job', encodePayload(value, 'input', values.rule));
}

describe('a value', () => {
  test('up to the limit travels itself, a byte more by reference', async () => {
    const values = await withStore();
    expect(await sent(values, textOf(MAX_PAYLOAD_BYTES))).toBe(textOf(MAX_PAYLOAD_BYTES));
    const reference = await sent(values, textOf(MAX_PAYLOAD_BYTES + 1));
    expect(reference).toMatchObject({ 'holdfast:payload': { bytes: MAX_PAYLOAD_BYTES + 1 } });
    expect(await values.receive(reference)).toBe(textOf(MAX_PAYLOAD_BYTES + 1));
  });

  test('is measured in bytes, not in characters', async () => {
    const values = await withStore();
    const value = ['語'.repeat(700_000)];
    const reference = await sent(values, value);
    expect(reference).toMatchObject({ 'holdfast:payload': { bytes: 2_100_004 } });
    expect(await values.receive(reference)).toEqual(value);
  });

  test('over the limit is refused without a folder, and the error says how to get one', () => {
    const values = new CarriedValues(undefined);
    expect(() => encodePayload(textOf(MAX_PAYLOAD_BYTES + 1), 'input of "x"', values.rule)).toThrow(
      expect.objectContaining({
        code: 'payload-too-large',
        message:
          'The input of "x" is 1900001 bytes of JSON; at most 1900000 can be carried. Store the data elsewhere and pass a reference, or give clients and workers a payload folder (option payloads, or HOLDFAST_PAYLOADS).',
      }),
    );
  });

  test('over 100 MB is refused with a folder too', async () => {
    const { rule } = await withStore();
    expect(() => encodePayload(textOf(MAX_STORED_BYTES + 1), 'input', rule)).toThrow(
      /^The input is 100000001 bytes of JSON; at most 100000000 can be carried\. Store the data elsewhere/,
    );
  });

  test('that is stored cannot be had by a process without the folder, which says what is missing', async () => {
    const reference = await sent(await withStore(), textOf(2_000_000));
    const without = new CarriedValues(undefined);
    await expect(without.receive(reference)).rejects.toMatchObject({
      code: 'payload-missing',
      message: expect.stringMatching(/2000000 bytes\), and this process was given none\. .*HOLDFAST_PAYLOADS/) as string,
    });
    expect(await without.show(reference)).toBe(reference);
  });

  test('is shown up to a size, above it and when it is gone as its reference', async () => {
    const values = await withStore();
    const reference = await sent(values, textOf(2_000_000));
    expect(await values.show(reference)).toBe(textOf(2_000_000));
    expect(await values.show(reference, 1_999_999)).toBe(reference);
    await values.store?.delete('job');
    expect(await values.show(reference)).toBe(reference);
  });

  test.each([[undefined], [null], ['text'], [{ a: 1 }], [{ 'holdfast:payload': 5 }], [{ 'holdfast:payload': { id: 'x' } }]])(
    'that is no reference is itself: %j',
    async (value) => {
      expect(await (await withStore()).receive(value)).toBe(value);
    },
  );

  test('of a user may not have the key of references, except further down', () => {
    const own = { 'holdfast:payload': { id: 'n/x/y', bytes: 1, sha256: '' } };
    expect(() => encodePayload(own, 'input of "x"')).toThrow(
      expect.objectContaining({
        code: 'invalid-input',
        message: 'The input of "x" has the key "holdfast:payload", which is Holdfast\'s own. Name it otherwise.',
      }),
    );
    expect(encodePayload([own], 'input').value).toEqual([own]);
  });
});
