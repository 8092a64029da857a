// What `await import('undici')` means in the program: a part of its own, loaded only behind a proxy.
import connect from 'undici/lib/api/api-connect.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';

// A tunnel is asked for with it.
Object.assign(Dispatcher.prototype, { connect });

export { ProxyAgent };
