// In place of node:fs/promises, which is slow to load and which a verification does not need: loaded when called.
const files = () => require('node:fs/promises');

export const access = (...args) => files().access(...args);
export const chmod = (...args) => files().chmod(...args);
export const chown = (...args) => files().chown(...args);
export const copyFile = (...args) => files().copyFile(...args);
export const link = (...args) => files().link(...args);
export const lstat = (...args) => files().lstat(...args);
export const mkdir = (...args) => files().mkdir(...args);
export const mkdtemp = (...args) => files().mkdtemp(...args);
export const open = (...args) => files().open(...args);
export const readFile = (...args) => files().readFile(...args);
export const readlink = (...args) => files().readlink(...args);
export const readdir = (...args) => files().readdir(...args);
export const realpath = (...args) => files().realpath(...args);
export const rename = (...args) => files().rename(...args);
export const rm = (...args) => files().rm(...args);
export const stat = (...args) => files().stat(...args);
export const truncate = (...args) => files().truncate(...args);
export const unlink = (...args) => files().unlink(...args);
export const utimes = (...args) => files().utimes(...args);
export const writeFile = (...args) => files().writeFile(...args);
export { constants } from 'node:fs';
