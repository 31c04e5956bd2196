import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { claimFolder, findOwner } from '../../src/embedded/owner-claim.ts';
import { identityOf, isAlive } from '../../src/embedded/process-identity.ts';
import { cleanUp, newFolder, startClaimant } from './support/processes.ts';

afterEach(cleanUp);

test('a folder has one owner until the claim is released', async () => {
  const folder = newFolder();
  const claim = await claimFolder(folder);
  expect(claim).toBeDefined();
  expect(await claimFolder(folder)).toBeUndefined();
  expect((await findOwner(folder))?.pid).toBe(process.pid);
  await claim?.release();
  expect(readdirSync(folder)).toEqual([]);
  expect(await findOwner(folder)).toBeUndefined();
});

test('of five processes that ask at the same moment exactly one gets the folder, three rounds with a dead owner before', async () => {
  for (let round = 0; round < 3; round += 1) {
    const folder = newFolder();
    const dead = startClaimant(folder, 0);
    await dead.waitFor(({ kind }) => kind === 'won');
    await dead.kill();
    const at = Date.now() + 500;
    const five = Array.from({ length: 5 }, () => startClaimant(folder, at));
    const outcomes = await Promise.all(five.map((one) => one.waitFor(() => true)));
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['lost', 'lost', 'lost', 'lost', 'won']);
    const winner = five[outcomes.findIndex(({ kind }) => kind === 'won')];
    expect((await findOwner(folder))?.pid).toBe(winner?.pid);
    expect(readdirSync(folder)).toHaveLength(1);
    await Promise.all(five.map((one) => one.kill()));
  }
});

test('a claim of a process that is gone, or whose pid belongs to another process now, is not an owner', async () => {
  const folder = newFolder();
  const parent = identityOf(process.ppid);
  writeFileSync(join(folder, 'owner-999999999-1.lock'), 'owner');
  writeFileSync(join(folder, `owner-${parent.pid}-1.lock`), 'owner');
  expect(isAlive(parent)).toBe(true);
  expect(await findOwner(folder)).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
});
