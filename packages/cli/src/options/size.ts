import { InvalidArgumentError } from 'commander';

const units: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };

/** `512MiB`, `10GiB`, `1TiB` in bytes. For commander: throws its own error. */
export function parseSize(text: string): number {
  const [, digits, unit = ''] = /^([1-9][0-9]{0,4})([KMGT]iB)$/.exec(text) ?? [];
  const size = Number(digits) * (units[unit] ?? Number.NaN);
  if (Number.isSafeInteger(size)) return size;
  throw new InvalidArgumentError('a size is 512MiB, 10GiB or 1TiB');
}
