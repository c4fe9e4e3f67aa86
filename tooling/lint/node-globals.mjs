// The globals that plain JavaScript files use here. TypeScript files need no list: the compiler knows.
const names = ['process', 'console', 'fetch', 'URL', 'performance', 'AbortSignal', 'AbortController', 'Buffer'];
const timers = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'queueMicrotask'];

export default Object.fromEntries([...names, ...timers].map((name) => [name, 'readonly']));
