import { escapeForTerminal } from '@signet/verifier';
import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { notationFolder } from '../notary/config-folder.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';

interface GenerateTestFlags extends OutputFlags {
  readonly bits: string;
  readonly default?: boolean;
  readonly trust: boolean;
  readonly force?: boolean;
}

const sizes = { '2048': 2048, '3072': 3072, '4096': 4096 } as const;

/** `signet cert generate-test` */
export function defineGenerateTest(command: Command, context: Context): void {
  command
    .description(
      'Makes an RSA key and a certificate for code signing that it signs itself, for a day, where notation has its own: localkeys/NAME.key and NAME.crt, an entry in signingkeys.json, and the trust store ca:NAME.',
    )
    .argument('<name>', 'name of the key, and common name in the certificate')
    .addOption(new Option('-b, --bits <n>', 'size of the key').choices(Object.keys(sizes)).default('2048'))
    .option('--default', 'the key signs where none is named')
    .option('--trust', 'put the certificate into the trust store ca:NAME, as notation does (default)', true)
    .option('--no-trust', 'leave the trust store as it is')
    .option('--force', 'overwrite what is there of this name');
  addNotes(command, help);
  addOutputOptions(command);
  onRun<GenerateTestFlags>(command, context, ([name = ''], flags, io) => run(name, flags, io));
}

const help = `
notation and Signet sign with the key and, by a trust policy with ca:NAME, verify with the certificate. It is for tests: the key is not encrypted.

Examples:
  signet cert generate-test --default test
  signet sign --format notary --key-name test registry.example.com/app:1.0`;

async function run(name: string, flags: GenerateTestFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const { generateTest } = await import('../notary/generate-test.ts');
  const bits = sizes[flags.bits as keyof typeof sizes];
  const made = await generateTest({
    name,
    folder: notationFolder(io.env),
    bits,
    atMs: Date.now(),
    isDefault: flags.default === true,
    isTrusted: flags.trust,
    force: flags.force === true,
  });
  const until = `${new Date(made.notAfterMs).toISOString().slice(0, 19)}Z`;
  if (output.json) {
    const { notAfterMs: _, ...paths } = made;
    writeJson(io, { name, bits, notAfter: until, default: flags.default === true, ...paths });
    return EXIT.ok;
  }
  const rows = [
    `${name}  RSA ${bits}, until ${until}${flags.default === true ? ', signs by default' : ''}`,
    `  key          ${made.keyPath}`,
    `  certificate  ${made.certPath}`,
    ...(made.trustedPath === undefined ? [] : [`  trusted      ca:${name}, ${made.trustedPath}`]),
    `  listed       ${made.listPath}`,
  ];
  io.stdout.write(`${rows.map((row) => escapeForTerminal(row)).join('\n')}\n`);
  return EXIT.ok;
}
