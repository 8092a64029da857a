import type { JudgeOptions } from '@signet/admission';
import { parseRegistryReference } from '@signet/oci';
import type { TrustedAnswer, TrustedTags } from '@signet/verifier';

type TrustedTagsOf = NonNullable<JudgeOptions['trustedTags']>;

/**
 * Who a server asks about tags under `tag: trusted`; loaded when the first image asks. What was seen by the server's own login is remembered
 * in the folder, where there is one, and in memory else; that of other logins in memory, for each by itself.
 */
export function serverTags(folder: string | undefined): TrustedTagsOf {
  return ({ open, isOwn }) => {
    let made: Promise<TrustedTags> | undefined;
    const make = async (): Promise<TrustedTags> => {
      const { createTrustedTags, fileStatePlace } = await import('@signet/signed-tags');
      return createTrustedTags({
        open: async (location) => open(parseRegistryReference(location)),
        ...(folder === undefined || !isOwn ? {} : { placeOf: (where) => fileStatePlace({ folder, ...where }) }),
      });
    };
    return {
      async ask(question): Promise<TrustedAnswer> {
        made ??= make();
        return await (await made).ask(question);
      },
    };
  };
}
