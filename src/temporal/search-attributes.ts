/** Owns what the index knows of a job besides what Temporal tells it: its tags, its key, how many a carrier has. Given at its start. */
import { defineSearchAttributeKey, type SearchAttributePair, TypedSearchAttributes } from '@temporalio/common';
import { bitWords } from '../contract/carried-bits.ts';
import { BATCH_WORD, JOBS_ATTRIBUTE, KEY_ATTRIBUTE, TAGS_ATTRIBUTE } from '../contract/messages.ts';
import type { Temporal } from './connection.ts';

const TAGS_KEY = defineSearchAttributeKey(TAGS_ATTRIBUTE, 'KEYWORD_LIST');
const KEY_KEY = defineSearchAttributeKey(KEY_ATTRIBUTE, 'KEYWORD');
const JOBS_KEY = defineSearchAttributeKey(JOBS_ATTRIBUTE, 'KEYWORD_LIST');
/** The protocol's IndexedValueType. */
const KEYWORD = 2;
const KEYWORD_LIST = 7;
const UNKNOWN_ATTRIBUTE = /no mapping defined|not defined|not registered|unable to find|not a valid search attribute/i;

export interface IndexedFacts {
  readonly tags: readonly string[];
  readonly key: string | undefined;
  /** Jobs of a carrier. */
  readonly carries?: number | undefined;
  readonly isBatch?: boolean;
}

/** The start option of a job with these; none for one without. */
export function searchAttributes({ tags, key, carries = 0, isBatch = false }: IndexedFacts): {
  readonly typedSearchAttributes?: TypedSearchAttributes;
} {
  const pairs: SearchAttributePair[] = [
    ...(tags.length === 0 ? [] : [{ key: TAGS_KEY, value: [...tags] }]),
    ...(key === undefined ? [] : [{ key: KEY_KEY, value: key }]),
    ...(carries === 0 ? [] : [{ key: JOBS_KEY, value: [...bitWords('all', carries)] }]),
    ...(isBatch ? [{ key: JOBS_KEY, value: [BATCH_WORD] }] : []),
  ];
  return pairs.length === 0 ? {} : { typedSearchAttributes: new TypedSearchAttributes(pairs) };
}

/** Does what needs the attributes. A cluster that has not seen them learns of them then; the embedded server knows them from its start. */
export async function withAttributes<T>(temporal: Temporal, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Error) || !UNKNOWN_ATTRIBUTE.test(error.message)) throw error;
    await registerAttributes(temporal);
    return await act();
  }
}

/** Tells a cluster of the attributes; one that knows them is not changed. */
export async function registerAttributes(temporal: Temporal): Promise<void> {
  await temporal.call('register the search attributes of jobs', () =>
    temporal.client.connection.operatorService.addSearchAttributes({
      namespace: temporal.namespace,
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the protocol's enums are CommonJS values that an ES module cannot import
      searchAttributes: { [TAGS_ATTRIBUTE]: KEYWORD_LIST, [KEY_ATTRIBUTE]: KEYWORD, [JOBS_ATTRIBUTE]: KEYWORD_LIST },
    }),
  );
}
