// What `await import('undici')` means in the program: a part of its own, loaded only behind a proxy.
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';
import './undici.js';

export { ProxyAgent };
