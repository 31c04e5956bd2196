/**
 * Owns the JSON Schemas of a contract, for forms, command lines and descriptions. They come from the schema library itself, by
 * the Standard JSON Schema interface (standardschema.dev/json-schema), which zod 4.2 and later has; other libraries may not.
 */
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import type { JobContract } from './define-job.ts';

export type JsonSchema = Record<string, unknown>;

/** What is known: of the input as it is sent, of the output as the handler returns it. */
export interface JsonSchemas {
  readonly input?: JsonSchema;
  readonly output?: JsonSchema;
}

/** The schemas of a contract in draft 2020-12, those that its library can tell. */
export function jsonSchemas({ input, output }: JobContract): JsonSchemas {
  const ofInput = jsonSchemaOf(input);
  const ofOutput = output === undefined ? undefined : jsonSchemaOf(output);
  return { ...(ofInput === undefined ? {} : { input: ofInput }), ...(ofOutput === undefined ? {} : { output: ofOutput }) };
}

/** What a schema takes, as JSON Schema; undefined where its library does not say, or it has parts that JSON Schema has no word for. */
function jsonSchemaOf(schema: StandardSchemaV1): JsonSchema | undefined {
  const { jsonSchema } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props>;
  try {
    return jsonSchema?.input({ target: 'draft-2020-12' });
  } catch {
    return undefined;
  }
}
