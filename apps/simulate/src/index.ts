export { readWorkload } from './workload/read-workload.js';
