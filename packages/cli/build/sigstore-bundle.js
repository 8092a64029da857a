// What @signet/core uses of @sigstore/bundle, by name: a CommonJS module that is imported when needed shows the bundler no names.
export { bundleToJSON, toMessageSignatureBundle } from '@sigstore/bundle/dist/index.js';
