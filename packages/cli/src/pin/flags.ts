import { CliError } from '../errors.ts';
import { checkTrust, type VerifyFlags } from '../verify/flags.ts';

/** What `signet pin` is told. */
export interface PinFlags extends Omit<VerifyFlags, 'platform' | 'signedReference' | 'resolveTags'> {
  readonly write?: boolean;
}

/** What makes no sense together is told before anything is read. Gives the paths of `-f`. @throws {CliError} USAGE */
export function checkPinFlags(flags: PinFlags): readonly string[] {
  const { file, write } = flags;
  if (file === undefined)
    throw new CliError('USAGE', 'no input was named', {
      hint: 'signet pin -f FILE, -f FOLDER, or -f - for standard input',
    });
  if (write === true && file.includes('-'))
    throw new CliError('USAGE', '--write cannot write into standard input (-f -)', {
      hint: 'without --write the result goes to standard output',
    });
  if (isTrusting(flags)) checkTrust(flags);
  else {
    const other = ofVerifying.find(([name]) => flags[name] !== undefined)?.[1];
    if (other !== undefined)
      throw new CliError(
        'USAGE',
        `${other} says how images are verified, and nothing says by whom they must be signed`,
        {
          hint: 'name a public key or a trust policy: --key FILE, or --policy FILE',
        },
      );
  }
  return file;
}

/** Whether images are verified before they are pinned. */
export function isTrusting({ key, policy }: PinFlags): boolean {
  return key !== undefined || policy !== undefined;
}

const ofVerifying = [
  ['tagBound', '--tag-bound'],
  ['annotation', '--annotation'],
  ['userMetadata', '--user-metadata'],
  ['maxSignatures', '--max-signatures'],
  ['wait', '--wait'],
  ['strict', '--strict'],
  ['allowExampleKeys', '--allow-example-keys'],
  ['state', '--state or --no-state'],
  ['receipt', '--receipt'],
] as const;
