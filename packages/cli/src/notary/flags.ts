import type { NotaryForm } from '@signet/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CliError } from '../errors.ts';
import { collect } from '../options/duration.ts';
import { addUserMetadataOption, type UserMetadataFlags } from '../options/keys.ts';
import type { TimestampFlags } from './time-authority.ts';

/** What {@link addNotaryOptions} produces. */
export interface NotaryFlags extends UserMetadataFlags, TimestampFlags {
  /** File of the chain. */
  readonly cert?: string;
  /** Name of a key in notation's `signingkeys.json`. */
  readonly keyName?: string;
  readonly plugin?: string;
  /** Of a key of the plugin. */
  readonly id?: string;
  /** `NAME=VALUE` each. */
  readonly pluginConfig?: readonly string[];
  readonly envelope?: NotaryForm;
  /** Milliseconds. */
  readonly expiry?: number;
}

/** Options of `--format notary`. */
export function addNotaryOptions(command: Command): Command {
  command
    .optionsGroup('Notary Project (--format notary):')
    .option(
      '--cert <file>',
      'certificates of the key, PEM: its own first, the root last (with --plugin: those that it has to sign with)',
    )
    .option('--key-name <name>', "a key of notation's signingkeys.json (default: the one that signs by default there)")
    .option('--plugin <name>', 'the plugin that has the key (with --id)')
    .option('--id <key>', 'the key, as the plugin names it')
    .option('--plugin-config <name=value>', 'setting for the plugin; repeatable', collect)
    .addOption(
      new Option('--envelope <form>', "jws or cose (default: as notation's config.json says, else jws)").choices([
        'jws',
        'cose',
      ]),
    )
    .addOption(
      new Option('--expiry <duration>', 'the signature counts for so long: 90d, 720h, 3h20m').argParser(parseLifetime),
    )
    .option('--tsa <url>', 'let this time stamp authority (RFC 3161) confirm when it was signed')
    .option('--tsa-root <file>', 'certificate of the root that the authority is trusted by, PEM or DER');
  return addUserMetadataOption(command, 'put this into the signed payload, as --annotation does; repeatable');
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

/** The other formats know nothing of these. @throws {CliError} USAGE */
export function refuseNotaryFlags(flags: NotaryFlags, format: string): void {
  const given = names.find((name) => flags[name] !== undefined);
  if (given !== undefined && format !== 'notary')
    throw new CliError('USAGE', `--${toOption(given)} is for --format notary, not for ${format}`);
}

const names = [
  'cert',
  'keyName',
  'plugin',
  'id',
  'pluginConfig',
  'envelope',
  'expiry',
  'userMetadata',
  'tsa',
  'tsaRoot',
] as const;

function toOption(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
