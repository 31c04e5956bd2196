/** Owns JSON as it is read: folded beyond the third level, copied as a whole. */
import { Button } from '@mantine/core';
import { useMemo } from 'react';
import { copy } from './copy.ts';

const OPEN_LEVELS = 3;
const MOST_CHILDREN = 200;

export function JsonView({ value, name }: { readonly value: unknown; readonly name: string }) {
  const text = useMemo(() => JSON.stringify(value, null, 2) ?? 'undefined', [value]);
  return (
    <section className="card" aria-label={name}>
      <div className="head">
        <h2>{name}</h2>
        <div className="push">
          <span className="soft small">{text.length > 2000 ? `${Math.round(text.length / 1000)} kB` : ''}</span>
          <Button variant="default" onClick={() => void copy(text, name)}>
            Copy
          </Button>
        </div>
      </div>
      {/* Scrolls: so it can be reached by keyboard. */}
      <div className="json mono" tabIndex={0} role="group" aria-label={`${name}, as JSON`}>
        <Node value={value} level={0} />
      </div>
    </section>
  );
}

function Node({ value, name, level }: { readonly value: unknown; readonly name?: string; readonly level: number }) {
  const label = name === undefined ? null : <span className="key">{JSON.stringify(name)}: </span>;
  if (typeof value !== 'object' || value === null) {
    const kind = typeof value === 'string' ? 'text' : 'number';
    return (
      <span className="leaf">
        {label}
        <span className={kind}>{JSON.stringify(value)}</span>
      </span>
    );
  }
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  if (entries.length === 0)
    return (
      <span className="leaf">
        {label}
        {open}
        {close}
      </span>
    );
  return (
    <details open={level < OPEN_LEVELS}>
      <summary>
        {label}
        {open}
        <span className="soft"> {entries.length} </span>
        {close}
      </summary>
      {entries.slice(0, MOST_CHILDREN).map(([key, child]) => (
        <Node key={key} value={child} level={level + 1} {...(Array.isArray(value) ? {} : { name: key })} />
      ))}
      {entries.length > MOST_CHILDREN && <span className="leaf soft">… {entries.length - MOST_CHILDREN} more: copy to see all</span>}
    </details>
  );
}
