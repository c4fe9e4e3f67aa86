/** An amount in millionths of a currency's unit: an integer, so that sums are exact. */
export interface Money<Currency extends string = string> {
  readonly micros: number;
  readonly currency: Currency;
}

const CURRENCY = /^[A-Z]{3}$/;
const AMOUNT = /^(-?)(\d{1,9})(?:\.(\d{1,6}))?$/;

export const isCurrency = (text: string): boolean => CURRENCY.test(text);

/** Throws a RangeError for a fraction of a micro, an unsafe integer or a malformed currency: each is a bug of the caller. */
export const money = <Currency extends string>(micros: number, currency: Currency): Money<Currency> => {
  if (!Number.isSafeInteger(micros)) throw new RangeError(`money is whole micros, got ${micros}`);
  if (!isCurrency(currency))
    throw new RangeError(`a currency is three capital letters, got ${JSON.stringify(currency)}`);
  return { micros, currency };
};

/** Two literal currencies do not compile; two that are only known at run time are refused with a RangeError. */
export const addMoney = <Currency extends string>(a: Money<Currency>, b: Money<NoInfer<Currency>>): Money<Currency> => {
  if (a.currency !== b.currency) throw new RangeError(`cannot add ${b.currency} to ${a.currency}`);
  return money(a.micros + b.micros, a.currency);
};

/** `0.120000`: always six decimals, as the API writes it. */
export const formatAmount = (micros: number): string => {
  const digits = Math.abs(micros).toString().padStart(7, '0');
  return `${micros < 0 ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
};

/** `0.12`, and as many more digits as it has: as a person reads it. */
export const plainAmount = (micros: number): string => formatAmount(micros).replace(/0{1,4}$/, '');

/** Micros of a decimal string with at most six decimals, or undefined. */
export const parseAmount = (text: string): number | undefined => {
  const match = AMOUNT.exec(text);
  if (!match) return undefined;
  const micros = Number(match[2]) * 1_000_000 + Number((match[3] ?? '').padEnd(6, '0'));
  return match[1] === '-' && micros !== 0 ? -micros : micros;
};
