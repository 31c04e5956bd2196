/** Owns a form made of a JSON Schema: fields for plain values, JSON for what is nested. The server checks what is sent. */
import { JsonInput, NumberInput, Select, Switch, TextInput } from '@mantine/core';
import { inexactInteger, inexactSentence } from '../../../src/contract/json-value.ts';

/** The part of JSON Schema that forms are made of. */
export interface FieldSchema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
}

export type Value = Readonly<Record<string, unknown>>;

interface FormProps {
  readonly schema: FieldSchema;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  /** What the server said, by the name of the field. */
  readonly problems: Readonly<Record<string, string>>;
}

export function SchemaForm({ schema, value, onChange, problems }: FormProps) {
  return Object.entries(schema.properties ?? {}).map(([name, field]) => (
    <Field
      key={name}
      name={name}
      schema={field}
      isRequired={schema.required?.includes(name) === true && field.default === undefined}
      value={value[name]}
      problem={problems[name]}
      onChange={(next) => {
        const { [name]: _before, ...rest } = value;
        onChange(next === undefined ? rest : { ...rest, [name]: next });
      }}
    />
  ));
}

interface FieldProps {
  readonly name: string;
  readonly schema: FieldSchema;
  readonly isRequired: boolean;
  readonly value: unknown;
  readonly problem: string | undefined;
  readonly onChange: (value: unknown) => void;
}

function Field({ name, schema, isRequired, value, problem, onChange }: FieldProps) {
  const common = {
    label: schema.title ?? name,
    description:
      [schema.description, schema.default === undefined ? undefined : `${JSON.stringify(schema.default)} unless told`]
        .filter(Boolean)
        .join(' · ') || undefined,
    required: isRequired,
    error: problem,
    name,
  };
  if (schema.enum !== undefined)
    return (
      <Select
        {...common}
        data={schema.enum.map(String)}
        value={typeof value === 'string' || typeof value === 'number' ? String(value) : null}
        clearable={!isRequired}
        onChange={(chosen) => onChange(schema.enum?.find((one) => String(one) === chosen))}
      />
    );
  if (schema.type === 'boolean')
    return (
      <Switch {...common} required={false} checked={value === true} onChange={({ currentTarget }) => onChange(currentTarget.checked)} />
    );
  if (schema.type === 'integer' || schema.type === 'number')
    return (
      <NumberInput
        {...common}
        allowDecimal={schema.type === 'number'}
        value={typeof value === 'number' ? value : ''}
        onChange={(next) => onChange(typeof next === 'number' ? next : undefined)}
      />
    );
  if (schema.type === 'string')
    return (
      <TextInput
        {...common}
        value={typeof value === 'string' ? value : ''}
        onChange={({ currentTarget }) => onChange(currentTarget.value === '' && !isRequired ? undefined : currentTarget.value)}
      />
    );
  return <NestedField common={common} value={value} onChange={onChange} />;
}

function NestedField({
  common,
  value,
  onChange,
}: {
  readonly common: object;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}) {
  return (
    <JsonInput
      {...common}
      autosize
      minRows={2}
      maxRows={12}
      placeholder="JSON"
      validationError="This is no JSON, or has a number that would be rounded"
      deserialize={exactJson}
      defaultValue={value === undefined ? '' : JSON.stringify(value, null, 2)}
      onChange={(text) => {
        const next = parsed(text);
        if (next !== undefined || text.trim() === '') onChange(next);
      }}
    />
  );
}

/** @throws SyntaxError also for a whole number that JavaScript would round */
function exactJson(text: string): unknown {
  const rounded = inexactInteger(text);
  if (rounded !== undefined) throw new SyntaxError(`It has ${inexactSentence(rounded)}`);
  return JSON.parse(text) as unknown;
}

/** Undefined for what is no JSON. */
export function parsed(text: string): unknown {
  try {
    return exactJson(text);
  } catch {
    return undefined;
  }
}

/** What a schema says that a form begins with. */
export function defaultsOf(schema: FieldSchema): Value {
  return Object.fromEntries(
    Object.entries(schema.properties ?? {}).flatMap(([name, field]) => (field.default === undefined ? [] : [[name, field.default]])),
  );
}
