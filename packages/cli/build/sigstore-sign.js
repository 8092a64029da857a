// The part of @sigstore/sign that @signet/core uses, in place of its index, which loads an HTTP client, OAuth and log clients too.
import dsse from '@sigstore/sign/dist/bundler/dsse.js';

export const { DSSEBundleBuilder } = dsse;
