import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { handle, multiStep } from '../../../src/activities/handle.ts';
import { HandlerRegistry } from '../../../src/activities/handler-registry.ts';
import { defineJob } from '../../../src/contract/define-job.ts';

const send = defineJob({ name: 'send', input: z.object({}) });
const report = defineJob({ name: 'report', input: z.object({}), steps: true });

describe('the handlers of a process', () => {
  test('are found by job type; a multi-step job has a contract and no handler', () => {
    const registry = new HandlerRegistry([handle(send, () => 1), multiStep(report)]);
    expect([registry.handledTypes, registry.contracts]).toEqual([['send'], [send, report]]);
    expect([registry.handler('send')?.contract, registry.handler('report'), registry.contract('report')]).toEqual([
      send,
      undefined,
      report,
    ]);
  });

  test('names that every object has are no job types', () => {
    const registry = new HandlerRegistry([handle(send, () => 1)]);
    expect([registry.handler('constructor'), registry.contract('toString')]).toEqual([undefined, undefined]);
  });

  test('a type given twice is refused', () => {
    expect(() => new HandlerRegistry([handle(send, () => 1), handle(send, () => 2)])).toThrow(
      'The job type "send" was given twice. Each type has one handler in a process.',
    );
  });

  test('a contract with steps has no handler, and one without is none of a multi-step job', () => {
    expect(() => handle(report, () => 1)).toThrow(expect.objectContaining({ code: 'invalid-contract' }));
    expect(() => handle(report, () => 1)).toThrow(
      'The job type "report" has steps, so it has no handler: give the worker multiStep(contract)',
    );
    expect(() => multiStep(send)).toThrow(expect.objectContaining({ code: 'invalid-contract' }));
    expect(() => multiStep(send)).toThrow('The job type "send" has no steps: put "steps: true" into its contract');
  });

  test('clean-up is given if and only if the contract declares it', () => {
    const undoable = defineJob({ name: 'undoable', input: z.object({}), cleanUp: '30s' });
    const hook = (): void => undefined;
    expect(handle(undoable, hook, { onCancel: hook })).toMatchObject({ contract: undoable, onCancel: hook });
    const refused = (message: string): unknown =>
      expect.objectContaining({ code: 'invalid-contract', message: expect.stringContaining(message) as string });
    expect(() => handle(undoable, hook)).toThrow(
      refused('The job type "undoable" has "cleanUp" in its contract: give handle onCancel or onFail'),
    );
    expect(() => handle(undoable, hook, { onFail: undefined } as never)).toThrow(refused('give handle onCancel or onFail'));
    expect(() => handle(send, hook, { onFail: hook })).toThrow(refused('has onCancel or onFail, but no "cleanUp" in its contract'));
    expect(() => handle(undoable, hook, { onCancel: 'undo' } as never)).toThrow(refused('expected onCancel to be a function, got: "undo"'));
    expect(() => handle(undoable, hook, { onCancelled: hook } as never)).toThrow(
      'Unknown clean-up hooks: "onCancelled". Known are: onCancel, onFail.',
    );
  });

  test('the clean-up of a type is found by the name of its step', () => {
    const registry = new HandlerRegistry([handle(send, () => 1)]);
    expect(registry.cleanUp('send.on-cancel')).toMatchObject({ job: { contract: send }, kind: 'on-cancel' });
    expect(registry.cleanUp('send.on-fail')).toMatchObject({ job: { contract: send }, kind: 'on-fail' });
    expect(['send', 'other.on-fail', 'send.on-end'].map((type) => registry.cleanUp(type))).toEqual([undefined, undefined, undefined]);
    expect(registry.handledTypes).toEqual(['send']);
  });

  test.each([[send], [undefined], ['send'], [{}]])('%j is not what handle() gives, and is refused', (job) => {
    expect(() => new HandlerRegistry([job as never])).toThrow(
      /^Expected a job made by handle\(contract, handler\) or multiStep\(contract\)/,
    );
  });

  test('a handler that is no function is refused', () => {
    expect(() => new HandlerRegistry([handle(send, undefined as never)])).toThrow(
      'Expected the handler of "send" to be a function, got: undefined.',
    );
  });

  test('a handler can be replaced', () => {
    const registry = new HandlerRegistry([handle(send, () => 1)]);
    const second = handle(send, () => 2);
    registry.replace(second);
    expect(registry.handler('send')).toBe(second);
  });
});
