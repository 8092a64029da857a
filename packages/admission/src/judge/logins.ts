import type { Credential, RegistryReference } from '@signet/oci';

/** A login for one registry that is not the server's own. */
export interface Login {
  /** Equal logins have equal ones; says nothing of what is in it. */
  readonly id: string;
  readonly registry: string;
  readonly credential: Credential;
}

/** What was found for an image. */
export interface FoundLogins {
  /** The best first. */
  readonly logins: readonly Login[];
  /** Why there may be more of them, which could not be read: one sentence. */
  readonly unread?: string;
}

/** Logins that whoever asks brings along: used for that one's questions alone, and only where the server's own login is refused. */
export interface Logins {
  /** At once where they are known. Never rejects. */
  find(reference: RegistryReference): FoundLogins | Promise<FoundLogins>;
}
