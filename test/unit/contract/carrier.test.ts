import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIRST_ATTEMPT } from '../../../src/contract/attempts.ts';
import {
  addressOf,
  apply,
  carriedId,
  type CarrierMessage,
  type CarrierState,
  MAX_CARRIED,
  newCarrier,
  type Outcome,
  resultOf,
} from '../../../src/contract/carrier.ts';

const COUNT = 6;
const UUID = '01a21a54-a084-79da-a7ff-8cf34a40ec67';

describe('the id of a carried job', () => {
  it.each([0, 35, 36, MAX_CARRIED - 1])('leads to place %d of its workflow', (place) => {
    for (const workflowId of [UUID, `acme@${UUID}`]) expect(addressOf(carriedId(workflowId, place))).toEqual({ workflowId, place });
  });

  it.each(['send-email:a~0', 'send-email:~1', UUID, `${UUID}~`, `${UUID}~000`, `${UUID}~A`, `once-${'x'.repeat(27)}`])(
    'is not one that users have chosen: %s',
    (id) => expect(addressOf(id)).toEqual({ workflowId: id }),
  );
});

const places = fc.uniqueArray(fc.nat({ max: COUNT }), { maxLength: COUNT });
const outcome: fc.Arbitrary<Outcome> = fc
  .record({ job: fc.nat({ max: COUNT }), kind: fc.nat({ max: 3 }), at: fc.nat() })
  .map(({ job, kind, at }) => {
    const about = { job, endedMs: at, state: FIRST_ATTEMPT };
    const outcomes: readonly Outcome[] = [
      { ...about, end: 'completed', output: at },
      { ...about, end: 'failed', error: { code: 'handler-failed', message: String(at) } },
      { ...about, end: 'cancelled' },
      { ...about, end: 'again', dueMs: at },
    ];
    return outcomes[kind] as Outcome;
  });
const message: fc.Arbitrary<CarrierMessage> = fc.oneof(
  fc.array(outcome, { maxLength: 4 }).map((outcomes) => ({ kind: 'outcomes' as const, outcomes })),
  places.map((jobs) => ({ kind: 'chunk-out' as const, jobs })),
  fc.record({ jobs: places, atMs: fc.nat() }).map((more) => ({ kind: 'chunk-over' as const, ...more })),
  fc
    .record({ jobs: fc.oneof(places, fc.constant('all' as const)), atMs: fc.nat() })
    .map(({ jobs, atMs }) => ({ kind: 'cancel' as const, jobs, word: { atMs } })),
);
const messages = fc.array(message, { maxLength: 30 });

function all(sent: readonly CarrierMessage[], from: CarrierState = newCarrier(COUNT)): CarrierState {
  return sent.reduce(apply, from);
}

describe('how the jobs of a carrier stand', () => {
  it('a job that has ended stays as it ended, whatever is said of it later', () => {
    const stays = fc.property(messages, messages, (sooner, later) => {
      const before = all(sooner);
      const after = all(later, before);
      return before.every((job, place) => job.phase !== 'ended' || after[place] === job);
    });
    expect(() => fc.assert(stays)).not.toThrow();
  });

  it('is the same when outcomes are told twice', () => {
    const isSame = fc.property(messages, (sent) => {
      const twice = sent.flatMap((one): readonly CarrierMessage[] => (one.kind === 'outcomes' ? [one, one] : [one]));
      expect(all(twice)).toEqual(all(sent));
    });
    expect(() => fc.assert(isSame)).not.toThrow();
  });

  it('a job that is cancelled is not begun any more: it neither waits for a chunk nor gets a call of its own', () => {
    const isNotBegun = fc.property(messages, messages, (sooner, later) => {
      const cancelled = apply(all(sooner), { kind: 'cancel', jobs: 'all', word: { atMs: 1 } });
      return all(later, cancelled).every(
        ({ phase }, place) => phase !== 'waiting' && (phase !== 'own' || cancelled[place]?.phase === 'own'),
      );
    });
    expect(() => fc.assert(isNotBegun)).not.toThrow();
  });

  it('counts what has ended, and no job beyond the last', () => {
    const state = all([
      { kind: 'chunk-out', jobs: [0, 1, 2, 3, 4, 5, 6] },
      {
        kind: 'outcomes',
        outcomes: [
          { job: 0, endedMs: 1, end: 'completed', output: 'a' },
          { job: 1, endedMs: 1, end: 'failed', error: { code: 'poison', message: 'it killed its worker' } },
          { job: 6, endedMs: 1, end: 'completed' },
        ],
      },
      { kind: 'cancel', jobs: [2], word: { atMs: 2 } },
      { kind: 'chunk-over', jobs: [0, 1, 2, 3], atMs: 3 },
    ]);
    expect(state.map(({ phase }) => phase)).toEqual(['ended', 'ended', 'ended', 'waiting', 'chunk', 'chunk']);
    expect(resultOf(state)).toEqual({ completed: 1, failed: 1, cancelled: 1 });
  });

  it('a call that the server cancelled leaves what the attempts before it left', () => {
    const state = { ...FIRST_ATTEMPT, failures: 1 };
    const own = all([
      { kind: 'chunk-out', jobs: [0] },
      { kind: 'outcomes', outcomes: [{ job: 0, endedMs: 1, end: 'again', dueMs: 5, state }] },
    ]);
    const [ended] = all(
      [
        { kind: 'cancel', jobs: [0], word: { atMs: 2 } },
        { kind: 'outcomes', outcomes: [{ job: 0, endedMs: 3, end: 'cancelled' }] },
      ],
      own,
    );
    expect(ended).toMatchObject({ phase: 'ended', outcome: { end: 'cancelled', state } });
  });
});
