/**
 * Types of contracts and of what is built on them, checked by the compiler: this file is never run. A `@ts-expect-error`
 * over a line that does compile is an error itself.
 */
import * as v from 'valibot';
import { z } from 'zod';
import {
  type CheckpointOf,
  defineJob,
  handle,
  type InputOf,
  type JobClient,
  type KeptCheckpointOf,
  type OutputOf,
  type ParsedInputOf,
  type ReturnOf,
} from '../../src/index.ts';

/** True if both types are the same, `any` told apart. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function holds<Claim extends true>(): Claim;
declare const jobs: JobClient;

const sendEmail = defineJob({
  name: 'send-email',
  input: z.object({ to: z.email(), subject: z.string() }),
  output: z.object({ messageId: z.string() }),
});

// A contract infers name, input and output.
holds<Same<(typeof sendEmail)['name'], 'send-email'>>();
holds<Same<InputOf<typeof sendEmail>, { to: string; subject: string }>>();
holds<Same<OutputOf<typeof sendEmail>, { messageId: string }>>();

// `add` takes the input, `result` gives the output.
const added = await jobs.add(sendEmail, { to: 'a@b.example', subject: 'Hi' });
holds<Same<Awaited<ReturnType<typeof added.result>>, { messageId: string }>>();
// @ts-expect-error -- a field is missing
await jobs.add(sendEmail, { to: 'a@b.example' });
// @ts-expect-error -- a field has another type
await jobs.add(sendEmail, { to: 'a@b.example', subject: 1 });
// @ts-expect-error -- a field that the contract does not know
await jobs.add(sendEmail, { to: 'a@b.example', subject: 'Hi', cc: 'c@d.example' });
// @ts-expect-error -- no contract, only its name
await jobs.add('send-email', { to: 'a@b.example', subject: 'Hi' });

// Clean-up hooks get what the handler gets; only `onFail` has an error.
handle(sendEmail, () => ({ messageId: 'x' }), {
  onCancel: ({ to }, { lastCheckpoint }) => void [holds<Same<typeof to, string>>(), holds<Same<typeof lastCheckpoint, unknown>>()],
  onFail: ({ subject }, { error }) => `${subject}: ${error.code}`,
});
// @ts-expect-error -- a cancel has no error
handle(sendEmail, () => ({ messageId: 'x' }), { onCancel: (_input, { error }) => void error });

// A handle found by id is typed by the contract it is given, and untyped without.
holds<Same<Awaited<ReturnType<ReturnType<typeof jobs.job<typeof sendEmail>>['result']>>, { messageId: string }>>();
const unknownOutput = await jobs.job('some-id').result();
// @ts-expect-error -- unknown: nobody said what it is
void unknownOutput.messageId;

// A handler gets the input and has to return the output.
handle(sendEmail, ({ to, subject }) => ({ messageId: `${to} ${subject}` }));
handle(sendEmail, async ({ to }) => await Promise.resolve({ messageId: to }));
// @ts-expect-error -- returns something else
handle(sendEmail, ({ to }) => ({ id: to }));
// @ts-expect-error -- returns nothing
handle(sendEmail, async () => {
  await Promise.resolve();
});
// @ts-expect-error -- reads what the input does not have
handle(sendEmail, ({ body }) => ({ messageId: String(body) }));
// @ts-expect-error -- the context has no such member
handle(sendEmail, (_input, { job }) => ({ messageId: String(job) }));

// Defaults and transforms: the one who adds writes the schema's input, handler and result have its output.
const report = defineJob({
  name: 'report',
  input: z.object({ day: z.string().transform((day) => new Date(day)), pages: z.number().default(10) }),
  output: z.object({ bytes: z.string().transform(Number) }),
});
holds<Same<InputOf<typeof report>, { day: string; pages?: number | undefined }>>();
holds<Same<ParsedInputOf<typeof report>, { day: Date; pages: number }>>();
holds<Same<ReturnOf<typeof report>, { bytes: string }>>();
holds<Same<OutputOf<typeof report>, { bytes: number }>>();
handle(report, ({ day, pages }) => ({ bytes: String(day.getTime() + pages) }));
await jobs.add(report, { day: '2026-01-01' });
// @ts-expect-error -- what the handler gets is not what is added
await jobs.add(report, { day: new Date() });
// @ts-expect-error -- what `result` gives is not what the handler returns
handle(report, () => ({ bytes: 1 }));

// Without an output schema a handler returns what it likes, and the result is unknown.
const free = defineJob({ name: 'free', input: z.object({}) });
holds<Same<OutputOf<typeof free>, unknown>>();
handle(free, () => undefined);
handle(free, () => [1, 2, 3]);

// Any Standard Schema library: valibot as well as zod.
const resize = defineJob({
  name: 'resize',
  input: v.object({ path: v.string(), width: v.optional(v.number(), 800) }),
  output: v.object({ bytes: v.number() }),
});
holds<Same<InputOf<typeof resize>, { path: string; width?: number | undefined }>>();
holds<Same<ParsedInputOf<typeof resize>, { path: string; width: number }>>();
holds<Same<OutputOf<typeof resize>, { bytes: number }>>();
// @ts-expect-error -- wrong input, by valibot's types
await jobs.add(resize, { path: 1 });
// @ts-expect-error -- wrong output, by valibot's types
handle(resize, ({ width }) => ({ bytes: String(width) }));

// A checkpoint is kept as the schema's input and found as its output.
const rows = defineJob({
  name: 'rows',
  input: z.object({}),
  checkpoint: z.object({ row: z.number(), seen: z.array(z.string()).default([]) }),
});
holds<Same<CheckpointOf<typeof rows>, { row: number; seen: string[] }>>();
holds<Same<KeptCheckpointOf<typeof rows>, { row: number; seen?: string[] | undefined }>>();
handle(rows, (_input, { lastCheckpoint, checkpoint }) => {
  holds<Same<typeof lastCheckpoint, { row: number; seen: string[] } | undefined>>();
  checkpoint({ row: 1 });
  // @ts-expect-error -- a field has another type
  checkpoint({ row: '1' });
  // @ts-expect-error -- there may be none
  return lastCheckpoint.row;
});
handle(free, (_input, { lastCheckpoint, checkpoint }) => {
  holds<Same<typeof lastCheckpoint, unknown>>();
  checkpoint(['anything']);
});

// @ts-expect-error -- not a schema
defineJob({ name: 'no-schema', input: { to: 'string' } });
// @ts-expect-error -- no input schema
defineJob({ name: 'no-input' });
