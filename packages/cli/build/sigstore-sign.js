// The part of @sigstore/sign that @signet/core uses, in place of its index, which loads an HTTP client, OAuth and log clients too.
export { DSSEBundleBuilder } from '@sigstore/sign/dist/bundler/dsse.js';
