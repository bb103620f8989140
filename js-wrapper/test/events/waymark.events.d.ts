/* Written by `npx waymark types` from waymark.events.json. Changes go there. */

import type { Props } from 'waymark';

declare module 'waymark' {
  interface Events {
    bought: {
      readonly lines: readonly {
        readonly sku: string;
        readonly n?: number;
      }[];
      readonly address?: {
        readonly city: string;
        readonly [property: string]: unknown;
      } & ({
        readonly zip?: string | number;
        readonly [property: string]: unknown;
      });
      readonly tags?: readonly (string | number)[];
      readonly [property: string]: unknown;
    };
    /** @deprecated */
    closed: { readonly [property: string]: never };
    /** A call to action. */
    'cta clicked': {
      readonly place?: 'hero';
    };
    measured: {
      readonly [property: string]: number;
    };
    opened: Props;
    /**
     * A plan was chosen.
     * Sent by the pricing page.
     */
    plan_chosen: {
      /** Which one. */
      readonly plan: 'free' | 'pro' | 'it\'s */ odd';
      readonly seats?: number | null;
      readonly price?: number | 'free';
      /** @deprecated */
      readonly trial?: boolean;
    };
  }
  interface EventSettings {
    strict: true;
  }
}

/** Properties of an event of which the catalogue says nothing. */
export type { Props };
