/** Owns the page that adds a job, by a form of its type's schema or as JSON, or a new run of one with other input. */
import { Button, JsonInput, Select, Switch, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import { asJobError } from '../../../src/contract/errors.ts';
import type { JobSnapshot } from '../../../src/contract/snapshot.ts';
import { errorText, useAct, useCanAct, useJob, useJobTypes } from '../data/queries.ts';
import { defaultsOf, type FieldSchema, parsed, SchemaForm, type Value } from '../parts/schema-form.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { say } from '../parts/toasts.tsx';
import { useTitle } from '../parts/title.ts';

export function AddJob() {
  const given = new URLSearchParams(useSearch());
  const from = given.get('from');
  useTitle(from === null ? 'Add a job' : 'Retry with changes');
  const canAct = useCanAct();
  if (!canAct) return <Empty>Your key may look and not add. An admin gives others: holdfast keys add --role operator</Empty>;
  return from === null ? <Chosen type={given.get('type')} /> : <From id={from} />;
}

function From({ id }: { readonly id: string }) {
  const job = useJob(id);
  return (
    <Loaded query={job} what="the job" height={300}>
      {(data) => <JobForm type={data.type} before={data} />}
    </Loaded>
  );
}

function Chosen({ type: first }: { readonly type: string | null }) {
  const types = useJobTypes();
  const [type, setType] = useState(first);
  return (
    <Loaded query={types} what="the job types" height={300}>
      {({ types }) => {
        const addable = types.filter(({ canAdd }) => canAdd).map(({ type }) => type);
        return (
          <div className="page">
            <h1>Add a job</h1>
            <div className="form">
              <Select label="Type" searchable data={addable} value={type} onChange={setType} placeholder="Which type?" />
            </div>
            {type !== null && <JobForm key={type} type={type} />}
          </div>
        );
      }}
    </Loaded>
  );
}

interface Options {
  readonly delay: string;
  readonly priority: string;
  readonly reason: string;
}

const NO_OPTIONS: Options = { delay: '', priority: 'normal', reason: '' };

/** `before`: the job whose new run, or copy, it becomes. */
function JobForm({ type, before }: { readonly type: string; readonly before?: JobSnapshot }) {
  const types = useJobTypes();
  const schema = types.data?.types.find((one) => one.type === type)?.input as FieldSchema | undefined;
  const [value, setValue] = useState<unknown>(before?.input);
  const [asJson, setAsJson] = useState(false);
  const [options, setOptions] = useState(NO_OPTIONS);
  const { submit, problem, fields, isBusy } = useSubmit(type, before);
  const hasFields = schema?.properties !== undefined;
  useEffect(() => {
    if (value === undefined && schema !== undefined) setValue(defaultsOf(schema));
  }, [schema, value]);
  const isRetry = before !== undefined && (before.status === 'failed' || before.status === 'cancelled');
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    void submit(value, options);
  };
  return (
    <form className="form card" onSubmit={onSubmit} noValidate>
      <div className="head">
        <h2>{isRetry ? `New run of ${type}` : type}</h2>
        <div className="push">
          {hasFields && <Switch label="JSON" checked={asJson} onChange={({ currentTarget }) => setAsJson(currentTarget.checked)} />}
        </div>
      </div>
      {hasFields && !asJson ? (
        <SchemaForm schema={schema} value={(value ?? {}) as Value} onChange={setValue} problems={fields} />
      ) : (
        <JsonInput
          label="Input"
          autosize
          minRows={6}
          maxRows={30}
          validationError="This is no JSON"
          defaultValue={JSON.stringify(value ?? {}, null, 2)}
          onChange={(text) => setValue(parsed(text))}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        />
      )}
      {before !== undefined && <Changes before={before.input} after={value} />}
      {isRetry ? (
        <TextInput
          label="Reason"
          description="Others see it"
          value={options.reason}
          onChange={({ currentTarget }) => setOptions({ ...options, reason: currentTarget.value })}
        />
      ) : (
        <details>
          <summary>Delay and priority</summary>
          <TextInput
            label="Delay"
            placeholder="10m"
            description="Not before this long from now"
            value={options.delay}
            onChange={({ currentTarget }) => setOptions({ ...options, delay: currentTarget.value })}
          />
          <Select
            label="Priority"
            data={['highest', 'high', 'normal', 'low', 'lowest']}
            value={options.priority}
            onChange={(priority) => setOptions({ ...options, priority: priority ?? 'normal' })}
          />
        </details>
      )}
      {problem !== undefined && (
        <p role="alert" style={{ color: 'var(--failed)' }}>
          {problem}
        </p>
      )}
      <div>
        <Button type="submit" loading={isBusy} disabled={value === undefined}>
          {isRetry ? `Retry ${type} with this input` : `Add ${type} job`}
        </Button>
      </div>
    </form>
  );
}

/** Fields of the first level whose value is another than before. */
function Changes({ before, after }: { readonly before: unknown; readonly after: unknown }) {
  const [old, now] = [asRecord(before), asRecord(after)];
  const changed = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]),
  );
  if (changed.length === 0) return <p className="soft">The input is that of the run before.</p>;
  return (
    <div className="json mono" role="group" aria-label="Changes" tabIndex={0}>
      {changed.map((name) => (
        <div key={name}>
          <span className="key">{name}</span>: <del className="soft">{JSON.stringify(old[name]) ?? 'not there'}</del> →{' '}
          <ins>{JSON.stringify(now[name]) ?? 'not there'}</ins>
        </div>
      ))}
    </div>
  );
}

function asRecord(value: unknown): Value {
  return typeof value === 'object' && value !== null ? (value as Value) : { value };
}

function useSubmit(type: string, before: JobSnapshot | undefined) {
  const add = useAct('addJob', ['jobs', 'counts', 'stats']);
  const retry = useAct('retryJob', ['job', 'jobs', 'counts', 'stats']);
  const [problem, setProblem] = useState<string>();
  const [fields, setFields] = useState<Readonly<Record<string, string>>>({});
  const [, go] = useLocation();
  const isRetry = before !== undefined && (before.status === 'failed' || before.status === 'cancelled');
  const submit = async (input: unknown, { delay, priority, reason }: Options): Promise<void> => {
    setProblem(undefined);
    setFields({});
    try {
      if (isRetry) {
        await retry.mutateAsync({ params: { id: before.id }, body: { input, from: 'start', ...(reason === '' ? {} : { reason }) } });
        go(`/jobs/${encodeURIComponent(before.id)}`);
        say('The new run is queued.');
      } else {
        const { id } = await add.mutateAsync({
          body: {
            type,
            input,
            options: { ...(delay === '' ? {} : { delay }), ...(priority === 'normal' ? {} : { priority: priority as 'high' }) },
          },
        });
        go(`/jobs/${encodeURIComponent(id)}`);
        say('The job was added.');
      }
    } catch (error) {
      const named = fieldProblems(error);
      setFields(named);
      setProblem(errorText(error));
      document.querySelector<HTMLElement>(`[name="${Object.keys(named)[0] ?? ''}"]`)?.focus();
    }
  };
  return { submit, problem, fields, isBusy: add.isPending || retry.isPending };
}

/** By the first name of the path of each issue. */
function fieldProblems(error: unknown): Readonly<Record<string, string>> {
  const issues = asJobError(error)?.details?.['issues'];
  if (!Array.isArray(issues)) return {};
  return Object.fromEntries(
    (issues as { path?: unknown; message?: unknown }[]).map(({ path, message }) => [
      String(Array.isArray(path) ? path[0] : path).split('.')[0] ?? '',
      String(message),
    ]),
  );
}
