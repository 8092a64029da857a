import type { Probe } from '@signet/oci';
import type { DoctorFinding } from './finding.ts';

const about = 'clock';
/** More than the whole seconds of the Date header and a slow answer explain. */
const toleratedMs = 30_000;

/** This machine's clock beside the registry's: signing times and expiry are as right as the clock is. Only a note: either may be wrong. */
export function examineClock({ clockOffsetMs }: Pick<Probe, 'clockOffsetMs'>): DoctorFinding {
  if (clockOffsetMs === undefined)
    return { about, state: 'note', text: 'the registry does not say what time it is: the clock was not compared' };
  const apart = durationText(Math.abs(clockOffsetMs));
  if (Math.abs(clockOffsetMs) <= toleratedMs)
    return { about, state: 'good', text: `agrees with the registry's (${apart} apart)` };
  const side = clockOffsetMs > 0 ? 'behind' : 'ahead of';
  const text = `this machine's clock is ${apart} ${side} the registry's: signing times and expiry go by this one`;
  return { about, state: 'note', text };
}

function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
