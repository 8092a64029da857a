import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readContainerdConfig } from '@signet/admission';
import { CliError } from '../../errors.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import type { Io } from '../../io.ts';
import type { ExampleKeyFlags } from '../../options/keys.ts';
import type { PolicyFlags } from '../../options/policy.ts';
import type { RegistryFlags } from '../../options/registry.ts';
import { readPolicy } from '../../policy/load.ts';
import { gateScript } from '../gate-script.ts';
import { engineFiles } from '../status/engine-files.ts';
import { argument, findRunning } from '../status/running.ts';
import { carryOut, type InstallFlags } from './install.ts';

/** The flags of `signet gate install containerd`. */
export interface ContainerdInstallFlags extends InstallFlags, PolicyFlags, ExampleKeyFlags, RegistryFlags {
  readonly server?: string;
  readonly config?: string;
  readonly name: string;
}

/** Puts the gate into containerd's folder of verifiers. @throws {CliError}, {PolicyError}; {AdmissionError} ENGINE_CONFIG */
export async function installContainerd(flags: ContainerdInstallFlags, io: Io): Promise<ExitCode> {
  if (flags.policy === undefined && flags.server === undefined)
    throw new CliError('USAGE', 'the gate needs a policy or a server', { hint: '--policy FILE, or --server SOCKET' });
  // A gate whose policy is broken lets nothing pass: that is told now.
  if (flags.policy !== undefined) await readPolicy(flags.policy, flags, io);
  const running = await findRunning('containerd');
  const path = flags.config ?? argument(running?.args ?? [], '--config', '-c') ?? '/etc/containerd/config.toml';
  const { binDir } = await readContainerdConfig(path, engineFiles);
  const program = [process.execPath, realpathSync(process.argv[1] ?? '')];
  const file = { path: join(binDir, flags.name), content: gateScript(program, gateFlags(flags)), mode: 0o755 };
  await carryOut({ files: [file], next: ['signet gate status containerd'] }, flags, io);
  return EXIT.ok;
}

/** The gate's own flags, with files by their whole path. */
function gateFlags(flags: ContainerdInstallFlags): readonly string[] {
  const files = {
    '--policy': flags.policy,
    '--server': flags.server,
    '--registry-config': flags.registryConfig,
    '--ca-file': flags.caFile,
    '--cert-file': flags.certFile,
    '--key-file': flags.keyFile,
  };
  return [
    ...Object.entries(files).flatMap(([flag, file]) => (file === undefined ? [] : [flag, resolve(file)])),
    ...(flags.timeout === undefined ? [] : ['--timeout', `${flags.timeout}ms`]),
    ...(flags.plainHttp === true ? ['--plain-http'] : []),
    ...(flags.insecureSkipTlsVerify === true ? ['--insecure-skip-tls-verify'] : []),
    ...(flags.allowExampleKeys === true ? ['--allow-example-keys'] : []),
  ];
}
