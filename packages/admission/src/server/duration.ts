const units: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};
const part = /(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)/y;

/** Milliseconds of a duration as Go writes it (`10s`, `1m30s`); undefined for what is none. Rule: Go time.ParseDuration */
export function parseGoDuration(text: string): number | undefined {
  if (text === '' || text.length > 40) return undefined;
  let ms = 0;
  for (let at = 0; at < text.length; at = part.lastIndex) {
    part.lastIndex = at;
    const match = part.exec(text);
    if (match === null) return undefined;
    ms += Number(match[1]) * (units[match[2] ?? ''] ?? 0);
  }
  return ms;
}
