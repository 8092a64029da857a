import { parseSignedAt } from '../../signed-at.ts';

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `15m`, `72h` or `30d` in milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^([1-9][0-9]{0,5})([smhd])$/.exec(text) ?? [];
  const ms = units[unit ?? ''];
  return ms === undefined ? undefined : Number(count) * ms;
}

/** `2026-01-31T00:00:00Z` in milliseconds since 1970 UTC; undefined for anything else and for dates that there are not. Rule: RFC 3339. */
export function parseTime(text: string): number | undefined {
  return /^[^.]*Z$/.test(text) ? parseSignedAt(text.replace(/Z$/, '.000Z')) : undefined;
}
