import { createNotaryFormat, type NotaryEnvelope, type Payload, parseNotaryEnvelope } from '@signet/core';
import { findPlugin, PluginError, type PluginProgram, pluginProgram } from '@signet/core/notary-plugin';
import type { Digest } from '@signet/oci';
import type { PluginSetup } from '../../support/plugins/good-plugin.ts';
import { installTestPlugin, type PluginKey, writePluginKey } from '../../support/plugins/install.ts';
import { tempDir } from '../../support/temp.ts';

/** When the tests' certificates are valid. */
export const atMs: number = Date.UTC(2026, 0, 1);

/** What is signed in these tests. */
export const payload: Payload = createNotaryFormat().payload({
  subject: {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: `sha256:${'a'.repeat(64)}` as Digest,
    size: 423,
  },
  signedReference: 'registry.example.com/app:1',
  signedAtMs: atMs,
  annotations: { team: 'web' },
});

/** A plugin that runs as a process, as notation's folder has it. */
export async function startablePlugin(
  setup: PluginSetup,
  limits: { readonly timeoutMs?: number; readonly maxBytes?: number } = {},
): Promise<PluginProgram> {
  const folder = tempDir('signet-plugins-');
  installTestPlugin(folder, setup);
  return pluginProgram(await findPlugin(folder, setup.name), { env: { PATH: process.env.PATH }, ...limits });
}

/** A plugin that answers with this JSON, or these bytes, whatever it is asked; `asked` has the requests. */
export function answering(
  answer: unknown,
  name = 'fake',
): PluginProgram & { readonly asked: readonly Readonly<Record<string, unknown>>[] } {
  const asked: Readonly<Record<string, unknown>>[] = [];
  return {
    name,
    asked,
    async call(_command, request) {
      asked.push(JSON.parse(JSON.stringify(request)));
      return answer instanceof Uint8Array ? answer : Buffer.from(JSON.stringify(answer));
    },
  };
}

/** A key for a plugin, in files of this test. */
export function pluginKey(kind?: Parameters<typeof writePluginKey>[1]): PluginKey {
  return writePluginKey(tempDir('signet-plugin-key-'), kind);
}

/** The error of a plugin that a promise ends with; a test fails where it ends otherwise. */
export async function failureOf(done: Promise<unknown>): Promise<PluginError> {
  try {
    await done;
  } catch (error) {
    if (error instanceof PluginError) return error;
    throw error;
  }
  throw new RangeError('it did not fail');
}

/** An envelope as it was read. */
export function parse(bytes: Uint8Array): NotaryEnvelope {
  return parseNotaryEnvelope(bytes, 'jws');
}
