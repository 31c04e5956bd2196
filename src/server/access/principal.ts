/** Owns who a request comes from, once that is known. */
import type { Role } from '../../api/roles.ts';

export interface Principal {
  /** Of the key; of a session or a hook what these say. The same for the same caller, whatever the name is changed to. */
  readonly id: string;
  /** For people: it is the actor of what is done by hand. */
  readonly name: string;
  readonly role: Role;
  /** Sees and touches the jobs of this tenant only. */
  readonly tenant?: string;
  /** `open`: the server was started without access control. */
  readonly via: 'key' | 'session' | 'hook' | 'open';
}
