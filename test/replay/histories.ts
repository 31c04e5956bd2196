/** Owns the history files: written without the names of the machine and its folders, read as Temporal's replayer takes them. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { WorkflowHandle } from '@temporalio/client';
import proto from '@temporalio/proto';

/** Protobuf's own form of JSON. That of `historyToJSON` fails where npm puts two copies of protobufjs beside each other. */
const { History } = proto.temporal.api.history.v1;

const folder = new URL('histories/', import.meta.url);

/** Names of the recorded histories. */
export async function recordedNames(): Promise<string[]> {
  return (await readdir(folder)).map((file) => file.replace(/\.json$/, '')).toSorted();
}

/** The text of the recorded history of that name. */
export async function readHistory(name: string): Promise<string> {
  return await readFile(new URL(`${name}.json`, folder), 'utf8');
}

/** Writes the history of a job that has ended. */
export async function writeHistory(name: string, job: WorkflowHandle): Promise<void> {
  const history: unknown = History.toObject(History.fromObject(await job.fetchHistory()), { longs: String, enums: String, bytes: String });
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(withoutNames(history))}\n`);
}

/** The history in the form that the replayer takes. */
export function replayable(text: string): { workflowId: string; history: proto.temporal.api.history.v1.History } {
  return { workflowId: idIn(text), history: History.fromObject(JSON.parse(text) as Record<string, unknown>) };
}

/** The id that the job had: those of its children begin with it. */
function idIn(text: string): string {
  return /"workflowId":"([^"]+)"/.exec(text)?.[1] ?? 'recorded';
}

/** Replaces process and host in identities, and the project's folder in stacks, in payloads as well. */
function withoutNames(value: unknown): unknown {
  if (typeof value === 'string') return scrub(value);
  if (Array.isArray(value)) return value.map(withoutNames);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'stackTrace');
  return Object.fromEntries(
    entries.map(([key, part]) => [key, key === 'data' && typeof part === 'string' ? scrubPayload(part) : withoutNames(part)]),
  );
}

function scrubPayload(base64: string): string {
  return Buffer.from(scrub(Buffer.from(base64, 'base64').toString('utf8'))).toString('base64');
}

function scrub(text: string): string {
  return text
    .replaceAll(new RegExp(`\\d+@${hostname()}`, 'g'), 'worker')
    .replaceAll(hostname(), 'host')
    .replaceAll(process.cwd(), '/project');
}
