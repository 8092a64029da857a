/** A time for people: UTC to the second, and how far that is from now. Both in milliseconds since 1970 UTC. */
export function whenText(ms: number, nowMs: number): string {
  const stamp = new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
  const apart = Math.abs(ms - nowMs);
  return `${stamp} (${ms <= nowMs ? `${spanText(apart)} ago` : `in ${spanText(apart)}`})`;
}

/** A span in the largest unit of which there are two or more; milliseconds. */
export function spanText(ms: number): string {
  for (const [name, length] of units) if (ms >= 2 * length) return `${Math.round(ms / length)} ${name}`;
  return `${Math.round(ms / 1000)} s`;
}

const units = [
  ['days', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const;
