// In place of node:crypto in what a first request needs: it takes 9 ms to load, and has time until that request is on its way. Loaded when called.
let loaded;
const crypto = () => {
  loaded ??= require('node:crypto');
  return loaded;
};

export const createHash = (...args) => crypto().createHash(...args);
export const hash = (...args) => crypto().hash(...args);
export const randomBytes = (...args) => crypto().randomBytes(...args);
