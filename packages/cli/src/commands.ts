import type { CommandModule } from './command.ts';

/** A line of the table of commands: enough for the overview; the rest is loaded when the command is chosen. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

/** All commands in the order of the help. */
export const commands: readonly CommandEntry[] = [
  entry('sign', 'sign images where they are: resolve, sign, store, read back', () => import('./commands/sign.ts')),
  entry('verify', 'verify images: who signed them, and whether that is enough', () => import('./commands/verify.ts')),
  entry('resolve', 'say which digests images are, by policy', () => import('./commands/resolve.ts')),
  entry(
    'pin',
    'write digests into manifests and the like: those that were verified',
    () => import('./commands/pin.ts'),
  ),
  entry('audit', 'verify all images of a registry, or of a list, by policy', () => import('./commands/audit.ts')),
  entry('tags', 'signed tags: what each tag of a repository is, and who says so', () => import('./commands/tags.ts')),
  entry('attach', 'store a signature that was made elsewhere', () => import('./commands/attach.ts')),
  entry('sign-blob', 'sign a file', () => import('./commands/sign-blob.ts')),
  entry('verify-blob', 'verify the signature of a file', () => import('./commands/verify-blob.ts')),
  entry('tree', 'show what is attached to an image', () => import('./commands/tree.ts')),
  entry('inspect', 'show what a signature says, without trusting it', () => import('./commands/inspect.ts')),
  entry('copy', 'copy an image with all that refers to it', () => import('./commands/copy.ts')),
  entry('doctor', 'say what a registry supports and which signatures are there', () => import('./commands/doctor.ts')),
  entry('docker', 'pull with Docker what is verified, push and sign', () => import('./commands/docker.ts')),
  entry('gate', 'judge what container engines pull, by policy', () => import('./commands/gate.ts')),
  entry('policy', 'write, check, explain and test trust policies', () => import('./commands/policy.ts')),
  entry('key', 'generate, show and convert keys', () => import('./commands/key.ts')),
  entry('cert', 'make certificates for tests of Notary signatures', () => import('./commands/cert.ts')),
  entry('plugin', 'show, install and remove Notary plugins', () => import('./commands/plugin.ts')),
  entry('login', 'log in to a registry', () => import('./commands/login.ts')),
  entry('logout', 'forget the login of a registry', () => import('./commands/logout.ts')),
  entry('serve', 'answer admission webhooks, Gatekeeper and REST by policy', () => import('./commands/serve.ts')),
  entry('proxy', 'serve images of other registries, each verified first', () => import('./commands/proxy.ts')),
  entry('push-signer', 'sign what is pushed, after a policy verified it', () => import('./commands/push-signer.ts')),
  entry('registry', 'run the embedded development registry', () => import('./commands/registry.ts')),
  entry('demo', 'show the whole way: push, sign, verify, deny, copy', () => import('./commands/demo.ts')),
  entry('completion', 'print a completion script for a shell', () => import('./commands/completion.ts')),
  entry('version', 'print the version', () => import('./commands/version.ts')),
];

function entry(name: string, summary: string, load: () => Promise<CommandModule>): CommandEntry {
  return { name, summary, load };
}
