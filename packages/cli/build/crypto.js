// In place of node:crypto in what a first request needs: it takes 9 ms to load, and has time until that request is on its way. Loaded when called.
const crypto = () => require('node:crypto');

export const createHash = (...args) => crypto().createHash(...args);
export const randomBytes = (...args) => crypto().randomBytes(...args);
