import type { SelfSigned, SelfSignedOptions } from './issue.ts';

/** Makes an authority and a certificate of a server by it. For trials: nobody renews it. The library is loaded by this call alone. */
export async function createSelfSigned(options: SelfSignedOptions): Promise<SelfSigned> {
  const { issueSelfSigned } = await import('./issue.ts');
  return await issueSelfSigned(options);
}
