/** A fifth of what anybody who adds jobs can rely on, over HTTP. The others are in `contract-rest.test.ts`, for `npm run test:long`. */
import { httpContract } from './contract.ts';

httpContract({ part: 2, of: 5 });
