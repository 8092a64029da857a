import { InvalidArgumentError } from 'commander';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `30s`, `2m`, `1h` in milliseconds; a number alone is seconds. For commander: throws its own error. */
export function parseDuration(text: string): number {
  const match = /^([0-9]{1,9})(ms|s|m|h)?$/.exec(text);
  const ms = match === null ? 0 : Number(match[1]) * (units[match[2] ?? 's'] ?? 1000);
  if (ms <= 0 || ms > 24 * 3_600_000) throw new InvalidArgumentError('a duration is 500ms, 30s, 2m or 1h, at most 24h');
  return ms;
}

/** A parser of whole numbers from `min` to `max`. */
export function parseInteger(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`a number from ${min} to ${max} is wanted`);
    return value;
  };
}

/** Collects the values of an option that may be given several times. */
export function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/** Collects the values of an option that may be given several times, each one of these. For commander: throws its own error. */
export function collectOneOf(
  choices: readonly string[],
): (value: string, previous: readonly string[] | undefined) => readonly string[] {
  return (value, previous) => {
    if (!choices.includes(value)) throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
    return collect(value, previous);
  };
}
