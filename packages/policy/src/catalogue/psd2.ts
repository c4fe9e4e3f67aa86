import { cited } from './cited.js';

const eba = cited('https://www.eba.europa.eu/single-rule-book-qa/-/qna/view/publicId/2019_4631');

/** The law's limit at every bank of the EU, whoever aggregates; the UK has the same one. */
export const fourUnattended = {
  name: 'psd2-unattended',
  limit: eba(
    {
      kind: 'window',
      scope: 'customer-institution',
      applies: 'unattended',
      count: 4,
      per: { shape: 'rolling', length: 'PT24H' },
      counts: { origins: ['forced', 'background'], attended: false },
    },
    'RTS Art. 36(5): at most four accesses in 24 hours that the customer did not ask for, unless agreed otherwise; each bank counts its own way (consent, account, endpoint), so by the strictest',
  ),
} as const;
