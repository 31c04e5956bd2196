/**
 * Owns how an input or output travels: itself, or as a reference to the store when it is too large for Temporal. Without
 * a store a value over the limit is refused. Where the store is, is decided in `find-server.ts`.
 */
import { JobError } from '../contract/errors.ts';
import { type EncodedPayload, MAX_PAYLOAD_BYTES, MAX_STORED_BYTES, type PayloadRule } from '../contract/payload.ts';
import { type PayloadReference, REFERENCE_KEY, type StoredPayload, storedPayloadOf } from '../contract/payload-reference.ts';
import type { PayloadStore } from './payload-store.ts';

/** A snapshot has values up to this size, in bytes of JSON; of a larger one it has the reference. */
export const MAX_SHOWN_BYTES = 10_000_000;

/** A character of text is at most so many bytes of UTF-8. */
const BYTES_OF_CHARACTER = 3;
const ADVICE_WITHOUT_STORE =
  'Store the data elsewhere and pass a reference, or give clients and workers a payload folder (option payloads, or HOLDFAST_PAYLOADS).';

export class CarriedValues {
  /** Undefined: nothing is stored, and large values are refused. */
  readonly store: PayloadStore | undefined;
  readonly #inlineBytes: number;

  /** @param inlineBytes what travels itself, in bytes of JSON */
  constructor(store: PayloadStore | undefined, inlineBytes: number = MAX_PAYLOAD_BYTES) {
    this.store = store;
    this.#inlineBytes = inlineBytes;
  }

  /** The same for values of which less may travel themselves. */
  within(inlineBytes: number): CarriedValues {
    return new CarriedValues(this.store, inlineBytes);
  }

  /** What an input or output must keep to. */
  get rule(): Pick<PayloadRule, 'limitBytes' | 'advice'> {
    return this.store === undefined ? { limitBytes: this.#inlineBytes, advice: ADVICE_WITHOUT_STORE } : { limitBytes: MAX_STORED_BYTES };
  }

  /** True for what stands for a stored value. */
  isStored(sent: unknown): boolean {
    return storedPayloadOf(sent) !== undefined;
  }

  /** True for a value that travels itself. */
  fits({ json }: EncodedPayload): boolean {
    return json === undefined || this.store === undefined || json.length * BYTES_OF_CHARACTER <= this.#inlineBytes;
  }

  /** What travels for a value of the job, stored before this resolves. @throws JobError `unavailable` when it cannot be stored */
  async send(job: string, { value, json }: EncodedPayload): Promise<unknown> {
    if (json === undefined || this.store === undefined) return value;
    const body = Buffer.from(json);
    if (body.length <= this.#inlineBytes) return value;
    return { [REFERENCE_KEY]: await this.store.put(job, body) } satisfies PayloadReference;
  }

  /** The value that `sent` stands for. @throws JobError `payload-missing`, `unavailable` */
  async receive(sent: unknown): Promise<unknown> {
    const stored = storedPayloadOf(sent);
    return stored === undefined ? sent : await this.#read(stored);
  }

  /** The value for a reader, up to a size; the reference of one that is larger or cannot be read. */
  async show(sent: unknown, limitBytes: number = MAX_SHOWN_BYTES): Promise<unknown> {
    const stored = storedPayloadOf(sent);
    if (stored === undefined || stored.bytes > limitBytes) return sent;
    return await this.#read(stored).catch(() => sent);
  }

  async #read(stored: StoredPayload): Promise<unknown> {
    if (this.store === undefined) {
      const message = `The value is kept in a payload folder (${stored.id}, ${stored.bytes} bytes), and this process was given none. Give it the folder that the others have: option payloads, or HOLDFAST_PAYLOADS.`;
      throw new JobError('payload-missing', message, { details: { id: stored.id, bytes: stored.bytes } });
    }
    const body = await this.store.get(stored);
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')) as unknown;
  }
}
