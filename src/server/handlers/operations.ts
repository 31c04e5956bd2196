/** Owns the routes of operations. */
import type { RouteInput } from '../../api/routes.ts';
import { JobError } from '../../contract/errors.ts';
import { type CallContext, callerOf, type Handlers } from '../context.ts';
import { filterOf } from '../filter.ts';

type OperationRoute = 'startOperation' | 'listOperations' | 'getOperation' | 'abortOperation' | 'getOperationResults';

export const operationHandlers: Handlers<OperationRoute> = {
  async startOperation({ body }, context) {
    checkFilter(body);
    const { act, filter, reason } = body;
    const { name } = callerOf(context);
    const started = await context.operations.start({
      act,
      filter: filterOf(filter, context),
      actor: name,
      ...(reason === undefined ? {} : { reason }),
    });
    context.audited.count = started.matching;
    context.audited.reason = reason;
    return started;
  },

  listOperations(_input, context) {
    return { operations: context.operations.list(tenantOfCaller(context)) };
  },

  getOperation({ params: { id } }, context) {
    return context.operations.get(id, tenantOfCaller(context));
  },

  async abortOperation({ params: { id } }, context) {
    return await context.operations.abort(id, tenantOfCaller(context));
  },

  getOperationResults({ params: { id }, query: { outcome } }, context) {
    return ofOutcome(context.operations.results(id, tenantOfCaller(context)), outcome);
  },
};

function checkFilter({ act, filter, all }: RouteInput<'startOperation'>['body']): void {
  if (all === true || Object.keys(filter).length > 0) return;
  throw new JobError('invalid-options', `An empty filter matches every job. Narrow it, or say "all": true to ${act} all there are.`);
}

function tenantOfCaller(context: CallContext): string | undefined {
  return callerOf(context).tenant;
}

async function* ofOutcome<T extends { readonly outcome: string }>(
  results: AsyncIterable<T>,
  outcome: string | undefined,
): AsyncGenerator<T> {
  for await (const result of results) if (outcome === undefined || result.outcome === outcome) yield result;
}
