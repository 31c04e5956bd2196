/** Half of what anybody who adds jobs can rely on, over HTTP. */
import { httpContract } from './contract.ts';

httpContract({ part: 1, of: 2 });
