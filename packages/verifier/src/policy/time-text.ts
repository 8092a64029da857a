/** A time in milliseconds since 1970 UTC as policies write it; the number where it is out of range. */
export function timeText(ms: number): string {
  // biome-ignore lint/style/noRestrictedGlobals: writes a time down, reads no clock
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString().replace('.000Z', 'Z');
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** Milliseconds in the largest unit that says them exactly, as policies write them; `0` for none. */
export function durationText(ms: number): string {
  if (ms === 0) return '0';
  const unit = units.find(([, length]) => ms % length === 0);
  return unit === undefined ? `${ms} ms` : `${ms / unit[1]}${unit[0]}`;
}
