import { preset } from '@freshet/tooling/jest';

export default preset;
