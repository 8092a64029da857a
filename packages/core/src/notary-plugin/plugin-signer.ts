import { EnvelopeError, KeyError, PluginError } from '../errors.ts';
import type { Payload, SealOptions } from '../format.ts';
import { type PublicKey, publicKeyFrom } from '../keys/public-key.ts';
import { type EnvelopeKey, type NotarySigning, sealEnvelope } from '../notary/seal-envelope.ts';
import { schemeOf } from '../notary/signature.ts';
import type { SignatureScheme, Signer } from '../signer.ts';
import { readCertificate } from '../x509/certificate.ts';
import { describeKey } from './describe-key.ts';
import { findPlugin } from './find-plugin.ts';
import { generateEnvelope } from './generate-envelope.ts';
import { generateSignature, type RawSignature, type SignatureQuestion } from './generate-signature.ts';
import { needCapability, type PluginMetadata, pluginMetadata } from './metadata.ts';
import { type AskOptions, type PluginConfig, type PluginProgram, pluginProgram } from './program.ts';
import type { RunPluginOptions } from './run-plugin.ts';

/** Which key of which plugin signs. */
export interface PluginSigning extends RunPluginOptions {
  /** notation's own folder, in which `plugins` lies. */
  readonly folder: string;
  readonly name: string;
  readonly keyId: string;
  readonly config?: PluginConfig;
  /** Certificates of the key in DER, where they are known: it has to sign with these. */
  readonly chain?: readonly Uint8Array[];
  /** Milliseconds since 1970 UTC: when the certificates have to be valid. */
  readonly atMs: number;
}

/** What a plugin has sealed. */
export interface PluginSealed {
  readonly envelope: Uint8Array;
  /** For the manifest that stores it. */
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * A key that a plugin keeps. Whose it is the plugin tells only when it signs, and nothing is signed merely to learn that: until then `publicKey`
 * and `chain` throw {KeyError} KEY_REFUSED, unless the chain was named.
 */
export interface NotaryPluginSigner extends Signer {
  readonly plugin: PluginMetadata;
  /** The plugin signs bytes, or makes whole envelopes. */
  readonly kind: 'raw' | 'envelope';
  /**
   * The key as envelopes of files need it: their digests are by its hash, which has to be known before it signs. @throws {PluginError}
   * PLUGIN_INCAPABLE for a plugin that makes whole envelopes, as with notation
   */
  envelopeKey(): EnvelopeKey;
  /** Whether `publicKey` and `chain` can be read. */
  readonly isKnown: boolean;
  /** @throws {PluginError}; {EnvelopeError} ENVELOPE_UNSUPPORTED where a time stamp is asked for that the plugin would have to get */
  seal(payload: Payload, options: NotarySigning & SealOptions): Promise<PluginSealed>;
}

/**
 * Finds the plugin, asks what it can, and what kind of key that is. Where it can both, it signs bytes, as with notation. Rule: wire-formats 10.
 * @throws {PluginError}
 */
export async function openPluginSigner(signing: PluginSigning): Promise<NotaryPluginSigner> {
  const { folder, name, env, timeoutMs, maxBytes } = signing;
  const place = await findPlugin(folder, name);
  const limits = { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(maxBytes === undefined ? {} : { maxBytes }) };
  return await signerOf(pluginProgram(place, { env, ...limits }), signing);
}

/** The same for a plugin that was found. @throws {PluginError} */
export async function signerOf(
  program: PluginProgram,
  signing: Omit<PluginSigning, 'folder' | 'name' | 'env'>,
): Promise<NotaryPluginSigner> {
  const ask = askOptions(signing);
  const metadata = await pluginMetadata(program, ask);
  const known = new KnownKey(program.name, signing.chain);
  if (metadata.capabilities.includes('SIGNATURE_GENERATOR.RAW'))
    return await rawSigner({ program, metadata, known, signing });
  needCapability(metadata, 'SIGNATURE_GENERATOR.ENVELOPE');
  return envelopeSigner({ program, metadata, known, signing });
}

interface Parts {
  readonly program: PluginProgram;
  readonly metadata: PluginMetadata;
  readonly known: KnownKey;
  readonly signing: Omit<PluginSigning, 'folder' | 'name' | 'env'>;
}

async function rawSigner({ program, metadata, known, signing }: Parts): Promise<NotaryPluginSigner> {
  const { keyId, atMs } = signing;
  const algorithm = await describeKey(program, keyId, askOptions(signing));
  const signBytes = async (payload: Uint8Array, signal?: AbortSignal): Promise<RawSignature> => {
    const question: SignatureQuestion = { keyId, algorithm, payload, atMs };
    const signed = await generateSignature(program, question, askOptions(signing, signal));
    known.take(signed.certificates);
    return signed;
  };
  const sign = async (message: Uint8Array, scheme: SignatureScheme, signal?: AbortSignal): Promise<Uint8Array> => {
    if (scheme !== schemeOf(algorithm))
      throw new KeyError('KEY_REFUSED', `a key ${algorithm.keySpec} of a plugin does not sign with ${scheme}`);
    return (await signBytes(message, signal)).signature;
  };
  return withKnown(known, {
    plugin: metadata,
    kind: 'raw',
    sign,
    envelopeKey: () => ({ algorithm, sign: signBytes }),
    seal: async (payload, options) => ({
      envelope: await sealEnvelope(payload, { algorithm, sign: signBytes }, options),
      annotations: {},
    }),
  });
}

function envelopeSigner({ program, metadata, known, signing }: Parts): NotaryPluginSigner {
  const { keyId, atMs } = signing;
  return withKnown(known, {
    plugin: metadata,
    kind: 'envelope',
    envelopeKey: () => {
      throw new PluginError(
        'PLUGIN_INCAPABLE',
        `the plugin ${program.name} does not have the capability SIGNATURE_GENERATOR.RAW, which signing files needs`,
      );
    },
    sign: async () => {
      throw new KeyError(
        'KEY_REFUSED',
        `the plugin ${program.name} makes whole Notary signatures, and signs nothing else`,
      );
    },
    seal: async ({ bytes: payload }, { form = 'jws', lifetimeMs, timestamp, signal }) => {
      if (timestamp !== undefined)
        throw new EnvelopeError(
          'ENVELOPE_UNSUPPORTED',
          `the plugin ${program.name} makes whole signatures: a time stamp would be its affair`,
        );
      const lifetime = lifetimeMs === undefined ? {} : { lifetimeSeconds: Math.floor(lifetimeMs / 1000) };
      const question = { keyId, atMs, form, payload, ...lifetime };
      const made = await generateEnvelope(program, question, askOptions(signing, signal));
      known.take(made.envelope.certificates);
      return { envelope: made.bytes, annotations: made.annotations };
    },
  });
}

type Fixed = Pick<NotaryPluginSigner, 'plugin' | 'kind' | 'sign' | 'seal' | 'envelopeKey'>;

function withKnown(known: KnownKey, fixed: Fixed): NotaryPluginSigner {
  return {
    ...fixed,
    get isKnown() {
      return known.isKnown;
    },
    get publicKey() {
      return known.publicKey;
    },
    get chain() {
      return known.chain;
    },
  };
}

/** Whose key it is, once that is known; from then on it stays the same. */
class KnownKey {
  readonly #plugin: string;
  #chain: readonly Uint8Array[] | undefined;
  #publicKey: PublicKey | undefined;

  constructor(plugin: string, chain?: readonly Uint8Array[]) {
    this.#plugin = plugin;
    if (chain !== undefined) this.take(chain);
  }

  get isKnown(): boolean {
    return this.#publicKey !== undefined;
  }

  get chain(): readonly Uint8Array[] {
    return this.#chain ?? this.#refuse();
  }

  get publicKey(): PublicKey {
    return this.#publicKey ?? this.#refuse();
  }

  /** @throws {PluginError} PLUGIN_CONTRACT for other certificates than before */
  take(chain: readonly Uint8Array[]): void {
    const [leaf] = chain;
    if (this.#chain !== undefined && !isSame(this.#chain, chain))
      throw new PluginError(
        'PLUGIN_CONTRACT',
        `the plugin ${this.#plugin} signs with other certificates than those that were named, or that it signed with before`,
      );
    if (this.#chain !== undefined || leaf === undefined) return;
    this.#publicKey = publicKeyFrom(readCertificate(leaf).publicKey);
    this.#chain = chain;
  }

  #refuse(): never {
    throw new KeyError('KEY_REFUSED', `the plugin ${this.#plugin} has not signed yet: its key is not known`);
  }
}

function isSame(one: readonly Uint8Array[], other: readonly Uint8Array[]): boolean {
  return one.length === other.length && one.every((der, at) => Buffer.from(der).equals(other[at] ?? Buffer.alloc(0)));
}

function askOptions(
  { config, signal }: Pick<PluginSigning, 'config' | 'signal'>,
  own: AbortSignal | undefined = signal,
): AskOptions {
  return { ...(config === undefined ? {} : { config }), ...(own === undefined ? {} : { signal: own }) };
}
