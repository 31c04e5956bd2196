// A process that wants the claim of the folder in its first argument at the time (ms) in its second. Tells the outcome, then stays
// until it is killed.
import { claimFolder } from '../../../dist/embedded/owner-claim.js';

const [folder, at] = process.argv.slice(2);
while (Date.now() < Number(at)) await new Promise((resolve) => setTimeout(resolve, 1));
const claim = await claimFolder(folder);
process.stdout.write(`${JSON.stringify({ kind: claim === undefined ? 'lost' : 'won' })}\n`);
setInterval(() => {}, 1000);
