import type { Check } from '../../finding.ts';
import type { NamedX509Trust } from '../../trust.ts';
import type { Testimony } from '../../witnesses/witnesses.ts';
import { checkSigner } from './authenticity.ts';
import { checkPlugin } from './plugin.ts';
import { checkRevocation } from './revocation.ts';
import type { SoundEnvelope } from './sound-envelope.ts';
import { checkExpiry, checkTime } from './time.ts';

/** What a source asks for, in the order of the specification, by what others said of it. Rule: wire-formats 9.5 */
export function checkBySource(
  sound: SoundEnvelope,
  trust: NamedX509Trust,
  testimony: Testimony = {},
): readonly Check[] {
  return [
    ...checkPlugin(sound, testimony),
    checkSigner(sound, trust, testimony),
    checkExpiry(sound, trust),
    checkTime(sound, trust, testimony),
    checkRevocation(sound, trust, testimony),
  ];
}
