import type { NotaryForm } from '@signet/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CliError } from '../errors.ts';

/** What {@link addNotaryOptions} produces. */
export interface NotaryFlags {
  /** File of the chain. */
  readonly cert?: string;
  /** Of notation's own list. */
  readonly keyName?: string;
  readonly envelope?: NotaryForm;
  /** Milliseconds. */
  readonly expiry?: number;
}

/** Options of `--format notary`. */
export function addNotaryOptions(command: Command): Command {
  return command
    .optionsGroup('Notary Project (--format notary):')
    .option('--cert <file>', 'certificates of the key, PEM: its own first, the root last')
    .option('--key-name <name>', "key and certificates by their name in notation's signingkeys.json")
    .addOption(new Option('--envelope <form>', 'jws (default) or cose').choices(['jws', 'cose']))
    .addOption(
      new Option('--expiry <duration>', 'the signature counts for so long: 90d, 720h, 3h20m').argParser(parseLifetime),
    );
}

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000 };
/** Longer than any certificate that signs. */
const maxDays = 3650;

/** Days, hours and minutes, as notation writes them and beyond: milliseconds. @throws {InvalidArgumentError} */
export function parseLifetime(text: string): number {
  const parts = /^(?:[0-9]{1,6}[dhm])+$/.test(text) ? (text.match(/[0-9]+[dhm]/g) ?? []) : [];
  const ms = parts.reduce((sum, part) => sum + Number.parseInt(part, 10) * (unitMs[part.at(-1) ?? ''] ?? 0), 0);
  if (ms <= 0 || ms > maxDays * 86_400_000)
    throw new InvalidArgumentError(`a lifetime is 90d, 720h or 3h20m, at most ${maxDays}d`);
  return ms;
}

const optionNames = [
  ['cert', '--cert'],
  ['keyName', '--key-name'],
  ['envelope', '--envelope'],
  ['expiry', '--expiry'],
] as const;

/** The other formats know nothing of these. @throws {CliError} USAGE */
export function refuseNotaryFlags(flags: NotaryFlags, format: string): void {
  const given = optionNames.find(([name]) => flags[name] !== undefined)?.[1];
  if (given !== undefined && format !== 'notary')
    throw new CliError('USAGE', `${given} is for --format notary, not for ${format}`);
}
