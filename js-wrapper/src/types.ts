/**
 * The public types, written by hand: what a site passes in and gets back.
 *
 * Owns the promises of the API. The core checks every value again at run time, drops what it cannot use and says so in
 * debug mode, so a wrong value costs one item and never throws.
 */

/** Properties of an event: anything that `JSON.stringify` keeps, at most 8 levels and 32 KB. */
export type Props = Readonly<Record<string, unknown>>;

/**
 * The site's events and their properties, by name. Empty here: `npx waymark types` writes a file that fills it in, and from
 * then on `track` and its like know the names and what goes with them.
 */
export interface Events {}

/** What that file says beside the events: whether others are errors. */
export interface EventSettings {}

/** A name of an event: any text, or one of the catalogue's; in the loose form one of these or any other. */
export type EventName = [keyof Events] extends [never]
  ? string
  : EventSettings extends { strict: true }
    ? keyof Events & string
    : (keyof Events & string) | (string & {});

/** The properties that go with a name. */
export type EventProps<Name> = Name extends keyof Events ? Events[Name] : Props;

/** What `track` takes after the name: properties may be left out where none is required. */
export type EventArguments<Name> = Name extends unknown
  ? {} extends EventProps<Name>
    ? [props?: EventProps<Name>, options?: TrackOptions]
    : [props: EventProps<Name>, options?: TrackOptions]
  : never;

/** What `conversion` takes after the name. */
export type ConversionArguments<Name> = Name extends unknown
  ? {} extends EventProps<Name>
    ? [options?: ConversionOptions & EventProps<Name>]
    : [options: ConversionOptions & EventProps<Name>]
  : never;

/** What a trait may be. */
export type Trait = string | number | boolean | null | Date | readonly Trait[] | { readonly [name: string]: Trait | undefined };

/**
 * Traits of a user or an account. One that is longer than 4 KB or deeper than 8 levels is left out, as are those beyond
 * 16 KB in all; the others stay.
 */
export type Traits = Readonly<Record<string, Trait | undefined>>;

/**
 * What the visitor has agreed to.
 *
 * - `granted`: measured. The default.
 * - `unknown`: not asked yet. The first 1,000 calls wait in the page's memory, until `consent('granted')` or the end of the page;
 *   nothing is stored or sent, and what was stored before stays as it is.
 * - `denied`: nothing is recorded, stored or sent, and what was stored before is removed.
 */
export type ConsentState = 'granted' | 'denied' | 'unknown';

/** An item as it will be sent. */
export interface Item {
  readonly type: string;
  readonly id: string;
  readonly at: number;
  readonly seq: number;
  readonly page_view_id?: string;
  /** What it says, by its type: the only part that a {@link InitOptions.beforeSend} can change. */
  data: Record<string, unknown>;
}

/** Settings of {@link Waymark.init}. Only `key` and `endpoint` are needed. */
export interface InitOptions {
  /** The site's public write key, `wk_…`. */
  key: string;
  /** The collector: its origin (`https://collector.example`), or the full URL that takes events. */
  endpoint: string;
  /** Where the WebAssembly file lies. By default beside the module, which bundlers resolve on their own. */
  wasmUrl?: string | URL;
  /**
   * Say in the browser's console what is sent and answered, and what is dropped, refused or cannot be loaded. Off by default.
   * `?waymark_debug` in a page's address switches it on for the tab and shows a panel in the page.
   */
  debug?: boolean;
  /** In debug mode, the event catalogue or its address. By default the collector is asked. */
  catalogue?: object | string;
  /** The consent that holds at the start; a later {@link Waymark.consent} changes it. `granted` by default. */
  consent?: ConsentState;
  /** Store nothing in the browser: visitor, session and what waits live as long as the page does. Off by default. */
  cookieless?: boolean;
  /**
   * Count consent as denied where the browser sends Global Privacy Control, until the site has asked the visitor and calls
   * `consent('granted')`. On by default.
   */
  globalPrivacyControl?: boolean;
  /** The same for Do Not Track. Off by default. */
  doNotTrack?: boolean;
  /**
   * Names of URL parameters whose values are always replaced by `redacted`, beside `email`, `password`, `phone` and `…token`, and
   * beside what looks like an e-mail address or a card number anywhere in a URL. A list, or a text with commas; `false`
   * lets every URL through as it is.
   */
  redactParams?: readonly string[] | string | false;
  /** Names of URL parameters that are let through as they are, likewise. */
  allowParams?: readonly string[] | string;
  /**
   * Gets a copy of each item before it is stored or sent; what it returns is sent instead, and nothing for `null`. If it
   * throws, the item is sent as it was. With the script tag: the name of a global function.
   */
  beforeSend?: ((item: Item) => Item | null) | string;
  /** Record a page view at the start and at each navigation. On by default. */
  autoPageViews?: boolean;
  /** Treat a change of the URL's fragment as a navigation. Off by default. */
  hashRouting?: boolean;
  /**
   * Record clicks, forms, outbound links, downloads, media, rage and dead clicks, errors and web vitals on their own: all
   * with `true`, or the parts that are named. Off by default; what does it is a chunk of its own, loaded only then.
   */
  autocapture?: boolean | Autocapture;
  /** Look for Google Analytics' client and session id in its cookies. On by default. */
  gaPolling?: boolean;
  /** The stream whose session counts, `G-…`; needed only where a page has several, or none whose cookie can be read. */
  gaMeasurementId?: string;
  /** The `cookie_prefix` of Google Analytics' set-up, if it has one. */
  gaCookiePrefix?: string;
  /**
   * The domain of the visitor's cookie, which all hosts below it share: `example.com` for `www.example.com` and
   * `app.example.com`. By default the widest that the browser allows, which is that one.
   */
  cookieDomain?: string;
  /**
   * Sister sites on other domains: hosts such as `shop.example`, or `*.example.org` for those below. Links and forms to them
   * carry the visitor along, and the visitor that a link of theirs brings is taken over. Has to be set on both sides.
   */
  linkDomains?: string | readonly string[];
  /** How long items may wait for company before they are sent, in milliseconds. 5,000 by default. */
  flushIntervalMs?: number;
  /** How many items make a batch full. 20 by default. */
  batchSize?: number;
  /** A session ends after this many minutes without activity. 30 by default. */
  sessionIdleMinutes?: number;
  /** A session ends after this many hours in any case. 24 by default. */
  sessionMaxHours?: number;
  /** How often the visible time of a page is noted, in milliseconds. 15,000 by default. */
  heartbeatMs?: number;
}

/** The parts of autocapture; those that are `true` are on. */
export interface Autocapture {
  /** Clicks on buttons, links and what has `data-waymark-event`. */
  clicks?: boolean;
  /** Forms that are submitted, and forms that are left when something was entered. Never a value. */
  forms?: boolean;
  /** Links to other hosts. */
  outbound?: boolean;
  /** Links to files. */
  downloads?: boolean;
  /** Video and audio: started, played by a quarter each, completed. */
  media?: boolean;
  /** Clicks in anger, and clicks that nothing follows. */
  rage?: boolean;
  /** JavaScript errors and unhandled rejections. */
  errors?: boolean;
  /** Web vitals: LCP, INP, CLS, FCP, TTFB. */
  vitals?: boolean;
}

/** What a page view would take from the page, said by hand. */
export interface PageOptions {
  /** The whole URL; `location.href` by default. */
  url?: string;
  /** `document.title` by default. */
  title?: string;
  /** The page before; by default what the browser, or the app's last navigation, says. */
  referrer?: string;
}

/** How an event is to be treated. */
export interface TrackOptions {
  /** `high` sends at once, and keeps the event longest where storage is full. */
  impact?: 'high' | 'normal';
}

/** What a conversion is worth. Further properties are kept with it. */
export interface ConversionOptions {
  /** Money earned: decimal text (`'49.90'`) is exact, a number is taken as it prints. */
  value?: string | number;
  /** ISO 4217, such as `EUR`. */
  currency?: string;
  /** The site's own id of the order: however often it is told, by whichever page or server, it counts once. */
  order_id?: string | number;
  /** Any further property. */
  [property: string]: unknown;
}

/** The ids under which this browser is measured. All are UUIDs. */
export interface Ids {
  /** Lasting: one for each browser and site. */
  readonly visitorId: string;
  /** The same in all tabs of one visit. */
  readonly sessionId: string;
  /** One for each tab. */
  readonly tabId: string;
}

/**
 * The API, the same for `import waymark from 'waymark'` and for the script tag's `window.waymark`.
 *
 * No call throws or blocks. Calls made before the core is loaded are kept with their time and URL. Without a browser
 * (on a server, in a build) every call does nothing.
 */
export interface Waymark {
  /** Starts measuring. The first call counts; later ones do nothing. The script tag calls it on its own. */
  init(options: InitOptions): void;
  /** Records a page view. Only needed with `autoPageViews: false`. */
  page(options?: PageOptions): void;
  /** Records that something named by the site happened, such as `cta_clicked`. */
  track<Name extends EventName>(name: Name, ...rest: EventArguments<Name>): void;
  /** Says which of the site's users this visitor is. */
  identify(userId: string, traits?: Traits): void;
  /**
   * Says that a user of the site has another id: `userId` and `previousId`, by default the user known until now, are one
   * person. What this visitor did before there was a user belongs to `userId` anyway, as by {@link Waymark.identify}.
   */
  alias(userId: string, previousId?: string): void;
  /** Says which account (organisation, team, workspace) this visitor belongs to. */
  group(accountId: string, traits?: Traits): void;
  /**
   * Adds properties to every later event, on later pages too, until `unregister` or `reset`. An event's own properties
   * come first. At most 8 KB in all.
   */
  register(props: Props): void;
  /** Takes properties out that `register` added. */
  unregister(names: string | readonly string[]): void;
  /** Marks a moment of the journey, such as `signup_at`. The first time counts; repeating it is harmless. */
  milestone(name: string, props?: Props): void;
  /** Records an event that counts as a conversion, sent at once. */
  conversion<Name extends EventName>(name: Name, ...rest: ConversionArguments<Name>): void;
  /** Says what the visitor has agreed to from now on; `granted` and `denied` in all of the site's open tabs. */
  consent(state: ConsentState): void;
  /**
   * Keeps this browser out for good: what is stored is removed, and nothing is recorded any more, whatever `consent` says.
   * One key without an id stays to remember it.
   */
  optOut(): void;
  /** Undoes `optOut`: the consent of the settings holds again. */
  optIn(): void;
  /** Forgets the visitor, for a log-out on a shared device: what follows belongs to a new one. */
  reset(): void;
  /** Sends what waits. Resolves to the number of items that still wait afterwards: 0 when all arrived. Never rejects. */
  flush(): Promise<number>;
  /**
   * Resolves to the ids once they are settled, or to null where there are none: without a browser, without consent, or
   * when the core could not be loaded. Never rejects.
   */
  ready(): Promise<Ids | null>;
}
