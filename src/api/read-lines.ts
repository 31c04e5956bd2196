/** Owns the reading and sending of a JSON document a line, as it comes. */
import { JobError } from '../contract/errors.ts';

/** The documents of an answer. @throws JobError `unavailable` when it breaks off */
export async function* readLines(response: Response, name: string): AsyncGenerator<unknown, void, undefined> {
  let rest = '';
  try {
    for await (const text of (response.body ?? EMPTY).pipeThrough(new TextDecoderStream()) as unknown as AsyncIterable<string>) {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      yield* lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown);
    }
  } catch (error) {
    throw new JobError('unavailable', `The answer to ${name} broke off or is no JSON. Ask again.`, { cause: error });
  }
}

const EMPTY = new ReadableStream<Uint8Array<ArrayBuffer>>({ start: (controller) => controller.close() });

/** A body of these texts, each a document on a line, which are taken as they are wanted. What taking them throws is told to `failed`. */
export function linesBody(texts: AsyncGenerator<string, void, undefined>, failed: (error: unknown) => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const next = await texts.next();
        if (next.done === true) controller.close();
        else controller.enqueue(encoder.encode(`${next.value}\n`));
      } catch (error) {
        failed(error);
        controller.error(error);
      }
    },
    async cancel() {
      await texts.return();
    },
  });
}
