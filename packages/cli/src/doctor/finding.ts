import type { RegistryError } from '@signet/oci';

/** One thing that was looked at. `problem`: signing or verifying there will not work; `note`: it will, with less. */
export interface DoctorFinding {
  readonly about:
    | 'registry'
    | 'clock'
    | 'authentication'
    | 'catalogue'
    | 'layout'
    | 'image'
    | 'tags'
    | 'referrers'
    | 'signatures';
  readonly state: 'good' | 'note' | 'problem';
  readonly text: string;
  /** Of the error that stood in the way. */
  readonly code?: string;
}

/** The finding that an error is. */
export function problemOf(about: DoctorFinding['about'], error: RegistryError): DoctorFinding {
  return { about, state: 'problem', text: error.message, code: error.code };
}
