/** A program that adds one job many times at once, by its dedupe key, and says what it was given. */
import { JobClient } from 'holdfast/client';
import { defineJob } from 'holdfast/contract';
import { z } from 'zod';

const { address, name, queue, adds } = JSON.parse(process.argv[2]);
const contract = defineJob({ name, input: z.object({}), queue });
const jobs = await JobClient.connect({ address });
const added = await Promise.all(Array.from({ length: adds }, () => jobs.add(contract, {}, { dedupeKey: 'k' })));
process.stdout.write(JSON.stringify(added.map(({ id, deduplicated }) => ({ id, deduplicated }))));
await jobs.close();
