import fc from 'fast-check';
import { hasRepeatedName } from '../../src/http/repeated-names.js';

it('no JSON that was written from a value has a name twice', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      return !hasRepeatedName(text, JSON.parse(text));
    }),
  );
});

it('a name that is written twice in one object is found, wherever that is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), fc.jsonValue(), (around, name, value) => {
      const field = `${JSON.stringify(name)}:${JSON.stringify(value)}`;
      const text = `[${JSON.stringify(around)},{"outer":{${field},${field}}}]`;
      return hasRepeatedName(text, JSON.parse(text));
    }),
  );
});
