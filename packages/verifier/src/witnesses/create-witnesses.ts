import type { PluginWitnessOptions } from './plugin-witness.ts';
import type { Witnesses } from './witnesses.ts';

/** Whom to ask, and how. */
export interface WitnessOptions extends PluginWitnessOptions {
  /** Where lists of revoked certificates are kept. Default: nowhere. */
  readonly crlFolder?: string;
}

/** Responders, lists and plugins; what asks them is loaded with the first question. */
export function createWitnesses(options: WitnessOptions): Witnesses {
  let revocation: Promise<Witnesses['revocation']> | undefined;
  let plugin: Promise<Witnesses['plugin']> | undefined;
  return {
    async revocation(ask) {
      revocation ??= openRevocation(options.crlFolder);
      return await (await revocation)(ask);
    },
    async plugin(ask, signal) {
      plugin ??= import('./plugin-witness.ts').then(({ createPluginWitness }) => createPluginWitness(options));
      return await (await plugin)(ask, signal);
    },
  };
}

async function openRevocation(folder: string | undefined): Promise<Witnesses['revocation']> {
  const [{ createRevocationWitness }, { createHttpFetcher, createCrlFolder }] = await Promise.all([
    import('./revocation-witness.ts'),
    import('../revocation/index.ts'),
  ]);
  return createRevocationWitness({
    fetcher: (allowPrivate) => createHttpFetcher({ allowPrivate }),
    ...(folder === undefined ? {} : { cache: createCrlFolder(folder) }),
  });
}
