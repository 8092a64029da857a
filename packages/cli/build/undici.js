// The part of undici that @signet/oci uses, in place of its index, which loads everything: requests are given to a pool's `dispatch`.
export { default as Pool } from 'undici/lib/dispatcher/pool.js';
