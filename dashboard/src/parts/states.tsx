/** Owns what stands in place of data that is not there: loading, an error, nothing to show. */
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { asJobError } from '../../../src/contract/errors.ts';
import { errorText } from '../data/queries.ts';

export function Skeleton({ height }: { readonly height: number }) {
  return <div className="skeleton" style={{ height }} role="status" aria-label="Loading" />;
}

export function Failed({ what, error, again }: { readonly what: string; readonly error: unknown; readonly again?: () => unknown }) {
  const isRefused = asJobError(error)?.code === 'forbidden';
  return (
    <div className="card empty" role="alert">
      <strong>{isRefused ? `Your key may not see ${what}.` : `${what[0]?.toUpperCase()}${what.slice(1)} could not be read.`}</strong>
      <span>{errorText(error)}</span>
      {again !== undefined && !isRefused && (
        <Button variant="default" onClick={() => void again()}>
          Try again
        </Button>
      )}
    </div>
  );
}

interface Asked<Data> {
  readonly data: Data | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

/** Data when it is there, kept while it is asked for again; else a skeleton of its height, or what went wrong. */
export function Loaded<Data>({
  query,
  what,
  height = 120,
  children,
}: {
  readonly query: Asked<Data>;
  readonly what: string;
  readonly height?: number;
  readonly children: (data: Data) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  return query.error === null ? <Skeleton height={height} /> : <Failed what={what} error={query.error} again={query.refetch} />;
}

/** A card that says why there is nothing. */
export function Empty({ name, children }: { readonly name?: string; readonly children: ReactNode }) {
  return (
    <section className="card" aria-label={name}>
      <div className="empty">{children}</div>
    </section>
  );
}
