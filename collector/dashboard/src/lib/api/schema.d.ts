// Written by api-types.mjs from /api/v1/openapi.json. Changes belong there.

/** The shapes that the API names. */
export interface Schemas {
  Accepted: {
    /** Of 10 to 1000 characters, for whoever has no login yet. */
    password?: string | null;
    token: string;
  };
  /** An account as the site told it. */
  Account: {
    /** The domain of the trait `domain` or `website`, in lower case and without `www.`. */
    domain?: string | null;
    /** When it was told first. */
    first_told: number;
    /** The site's own id of it. */
    id: string;
    /** When it was told last. */
    last_told: number;
    /** The trait `name`. */
    name?: string | null;
    /** The latest traits: the JSON text of an object. Readers get the object. */
    traits?: Record<string, unknown> | null;
    /** Browsers that told it. */
    visitors: number;
  };
  AdoptedEvent: {
    name: string;
  };
  /** A figure that is looked at, and who is told. */
  Alert: {
    /** When its settings were changed last. */
    changed_at: number;
    /** Who is told; null for who may not change it. */
    channels?: Schemas['AlertChannel'][] | null;
    /** When it was made. */
    created_at: number;
    /** By whom, as in the audit log. */
    created_by: string;
    /** Its id. */
    id: string;
    looked?: Schemas['AlertLook'] | null;
    /** The end of the last window that was looked at; null where the next one is the last that is over. */
    looked_until?: number | null;
    /** What people call it. */
    name: string;
    /** Whether it is left alone until further notice. */
    paused: boolean;
    /** What is looked at, and when it fires. */
    rule: Schemas['AlertRule'];
    /** Since when. */
    since: number;
    /** How it stands. */
    state: Schemas['AlertState'];
  };
  /** What a figure is held against. It fires below `low` and above `high`. */
  AlertBaseline: {
    /** The window before, or the median of those like it; null where there is only a bound. */
    expected?: string | null;
    /** Above this it fires; null where it does not fire above. */
    high?: string | null;
    /** Below this it fires; null where it does not fire below. */
    low?: string | null;
    /** How many windows it is made of; only of `anomaly`. */
    samples?: number | null;
    /** One spread; only of `anomaly`. */
    spread?: string | null;
  };
  /** A change of an alert's state. */
  AlertChange: Schemas['AlertTold'] & {
    /** When it was found. */
    at: number;
    /** Its id, which all notices of it tell. */
    id: string;
    /** Who was told of it, and whether they were; nobody of the first time that an alert is found to be as it should. */
    notices: Schemas['AlertNotice'][];
  };
  /** What is to be another than it is; what is not named stays. */
  AlertChanges: {
    /** Who is told, all of them. */
    channels?: Schemas['AlertChannel'][] | null;
    /** 1 to 100 characters. */
    name?: string | null;
    /** Whether it is left alone until further notice. */
    paused?: boolean | null;
    rule?: Schemas['AlertRule'] | null;
  };
  /** Who is told. */
  AlertChannel: {
    /** The destination's id. */
    destination: string;
    kind: "webhook";
  } | {
    kind: "email";
    /** The address. */
    to: string;
  };
  /** What came of trying a channel. */
  AlertChannelTried: {
    channel: Schemas['AlertChannel'];
    /** Why not. */
    error?: string | null;
    /** Whether it was taken. */
    ok: boolean;
    /** The status of a webhook's answer, or the code of the mail server's. */
    status?: number | null;
  };
  /** When an alert fires. */
  AlertCondition: {
    /** How it is meant. */
    kind: Schemas['AlertConditionKind'];
    /** Of `anomaly`: of how many of them there has to be a figure, 3 to `weeks`; 4 where nobody says. */
    least?: number | null;
    /** Of `change`: by how much of the window before, in per cent, more than 0. */
    percent?: string | null;
    side?: Schemas['AlertSide'] | null;
    /** Of `anomaly`: how many spreads from the median are unusual, 1 to 100; 3 where nobody says. */
    spreads?: string | null;
    /** Of `above` and `below`: the bound, which itself does not fire. Decimal text; a number is read too. */
    value?: string | null;
    /** Of `anomaly`: how many weeks before are looked at, 3 to 52; 8 where nobody says. */
    weeks?: number | null;
  };
  /** How a condition is meant. */
  AlertConditionKind: "above" | "below" | "change" | "anomaly";
  /** What is looked at. */
  AlertFigure: "visitors" | "new_visitors" | "sessions" | "page_views" | "events" | "items" | "conversions" | "orders" | "revenue" | "bounce_rate" | "engaged_rate" | "conversion_rate" | "rejected";
  /** What came of a window. */
  AlertFinding: {
    baseline?: Schemas['AlertBaseline'] | null;
    /** What is said. */
    verdict: Schemas['AlertVerdict'];
    why?: Schemas['AlertSilence'] | null;
  };
  /** What came of looking at a window. */
  AlertLook: Schemas['AlertFinding'] & ({
    /** The window's first moment. */
    begin: number;
    /** The first moment after it. */
    end: number;
    /** The figure, as decimal text; null where there is none. */
    figure?: string | null;
  });
  /** What is told of a change to one channel. */
  AlertNotice: {
    /** Attempts so far. */
    attempts: number;
    channel?: Schemas['AlertChannel'] | null;
    /** When it was written. */
    created_at: number;
    /** When it is due, or when it ended. */
    due_at: number;
    /** Why it was not delivered, so far or at all. */
    error?: string | null;
    /** Its id, which every attempt tells the receiver. */
    id: string;
    /** `waiting`, `delivered`, `skipped` or `dead`. */
    state: string;
    /** The status of the last answer of a webhook, or the code of the mail server's. */
    status?: number | null;
  };
  /** What a rule would have come to, by window, the earliest first. */
  AlertPreview: {
    data: Schemas['AlertLook'][];
  };
  /** What is looked at, and when it fires. */
  AlertRule: {
    /** When it fires. */
    condition: Schemas['AlertCondition'];
    /** Only events of this name; of the figures `events` and `conversions`. */
    event?: string | null;
    /** The figure. */
    figure: Schemas['AlertFigure'];
    /** Conditions, as questions take them. */
    filters?: Schemas['Filter'][];
    /** The name or id of a segment, whose conditions have to hold too, as they are when the window is looked at. */
    segment?: string | null;
    /** How long a window is. */
    window: Schemas['AlertWindow'];
  };
  /** On which side of what is expected a figure fires. */
  AlertSide: "above" | "below" | "both";
  /** Why nothing is said. */
  AlertSilence: "not_enough_history" | "nothing_before" | "no_figure" | "no_segment";
  /** How an alert stands. */
  AlertState: "unknown" | "ok" | "firing";
  /** What came of telling each channel that this is a test. */
  AlertTested: {
    data: Schemas['AlertChannelTried'][];
  };
  /** A rule to be tried on the past. */
  AlertToPreview: {
    rule: Schemas['AlertRule'];
    /** How many windows that are over, the last ones; 30 where nobody says. */
    windows?: number | null;
  };
  /** A change of an alert's state, with everything that was known of it then: every attempt says the same. */
  AlertTold: {
    /** The alert's id. */
    alert_id: string;
    /** The currency of money. */
    currency?: string | null;
    /** What was found. */
    looked: Schemas['AlertLook'];
    /** The alert's name. */
    name: string;
    /** What was looked at. */
    rule: Schemas['AlertRule'];
    /** The site's name. */
    site_name: string;
    /** How it stands. */
    state: Schemas['AlertState'];
    /** The time zone of the window. */
    time_zone: string;
    /** How it stood before. */
    was: Schemas['AlertState'];
  };
  /** What is said of a window. */
  AlertVerdict: "unknown" | "ok" | "firing";
  /** How long a window is. */
  AlertWindow: "hour" | "day" | "week";
  Alerts: {
    data: Schemas['Alert'][];
  };
  /** What happened on a day or at a moment, for those who look at figures of that time. */
  Annotation: {
    /** The moment; null where it is a day. */
    at?: number | null;
    /** When it was changed last. */
    changed_at: number;
    /** When it was written. */
    created_at: number;
    /** By whom, as in the audit log. */
    created_by: string;
    /** The day, in the site's time zone; null where it is a moment. */
    day?: string | null;
    /** Its id. */
    id: string;
    /** What happened. */
    text: string;
  };
  AnnotationChange: {
    /** A moment, in the place of what there was. */
    at?: number | null;
    /** A day, in the place of what there was. */
    day?: string | null;
    /** 1 to 500 characters. */
    text?: string | null;
  };
  Annotations: {
    data: Schemas['Annotation'][];
  };
  Answer: {
    database?: Schemas['Database'] | null;
  };
  /** How an answer is written. */
  AnswerFormat: "json" | "csv" | "jsonl" | "parquet";
  /** What every question is answered in. */
  Answer_Attributed: {
    /** Everything that was stored before this moment is counted. */
    as_of: number;
    bots: string;
    compared?: Schemas['QuestionRange'] | null;
    /** Conversions, divided among keys by several models. */
    data: {
      /** What was asked. */
      asked: Schemas['AttributionAsked'];
      /** The currency of values; null where there are none. */
      currency?: string | null;
      /** How many persons did not convert; Markov chains learn from their paths too. */
      not_converted: number;
      /** Orders whose value nobody told: they count, with no value. */
      orders_without_value: number;
      /** The most frequent paths, where they were asked for. */
      paths?: Schemas['AttributionPath'][] | null;
      /** The keys, those with the most touchpoints first. */
      rows: Schemas['AttributionRow'][];
      /** What was divided: by each model, what the rows have and what is unattributed add up to it to the last digit. */
      total: Schemas['AttributedWhole'];
      /** The latest touches behind the share of one key, where they were asked for. */
      touches?: Schemas['AttributionTouch'][] | null;
      /** The conversions of which no touchpoint is known within the look-back. */
      unattributed: Schemas['AttributedWhole'];
      /** What is no part of any value, because there is no rate into the site's currency. */
      unconverted: Schemas['AttributionUnconverted'][];
    };
    definition: Schemas['Meaning'];
    filters: Schemas['Filter'][];
    /** Conversions, divided among keys by several models. */
    previous?: {
      /** What was asked. */
      asked: Schemas['AttributionAsked'];
      /** The currency of values; null where there are none. */
      currency?: string | null;
      /** How many persons did not convert; Markov chains learn from their paths too. */
      not_converted: number;
      /** Orders whose value nobody told: they count, with no value. */
      orders_without_value: number;
      /** The most frequent paths, where they were asked for. */
      paths?: Schemas['AttributionPath'][] | null;
      /** The keys, those with the most touchpoints first. */
      rows: Schemas['AttributionRow'][];
      /** What was divided: by each model, what the rows have and what is unattributed add up to it to the last digit. */
      total: Schemas['AttributedWhole'];
      /** The latest touches behind the share of one key, where they were asked for. */
      touches?: Schemas['AttributionTouch'][] | null;
      /** The conversions of which no touchpoint is known within the look-back. */
      unattributed: Schemas['AttributedWhole'];
      /** What is no part of any value, because there is no rate into the site's currency. */
      unconverted: Schemas['AttributionUnconverted'][];
    };
    range: Schemas['QuestionRange'];
    /** How much `data` rests on, after all conditions. */
    sample: Schemas['Sample'];
    /** How long it took to work out, in milliseconds, waiting included. */
    took_ms: number;
    /**
     * The standard error of counts of visitors, as a part of one, where the answer is from sums by hour: 0 where none of them is
     * estimated. Null where everything was counted.
     */
    visitors_error?: number | null;
  };
  /** What every question is answered in. */
  Answer_CohortsOfRetention: {
    /** Everything that was stored before this moment is counted. */
    as_of: number;
    bots: string;
    compared?: Schemas['QuestionRange'] | null;
    /** Who came back. */
    data: {
      /** All of them together. */
      curve: Schemas['RetentionPoint'][];
      /** Cohorts, the earliest or greatest first, each with its periods in their order. */
      rows: Schemas['RetentionRow'][];
    };
    definition: Schemas['Meaning'];
    filters: Schemas['Filter'][];
    /** Who came back. */
    previous?: {
      /** All of them together. */
      curve: Schemas['RetentionPoint'][];
      /** Cohorts, the earliest or greatest first, each with its periods in their order. */
      rows: Schemas['RetentionRow'][];
    };
    range: Schemas['QuestionRange'];
    /** How much `data` rests on, after all conditions. */
    sample: Schemas['Sample'];
    /** How long it took to work out, in milliseconds, waiting included. */
    took_ms: number;
    /**
     * The standard error of counts of visitors, as a part of one, where the answer is from sums by hour: 0 where none of them is
     * estimated. Null where everything was counted.
     */
    visitors_error?: number | null;
  };
  /** What every question is answered in. */
  Answer_Conversions: {
    /** Everything that was stored before this moment is counted. */
    as_of: number;
    bots: string;
    compared?: Schemas['QuestionRange'] | null;
    /** Who converts. */
    data: {
      /** The currency of values; null where there are none. */
      currency?: string | null;
      /** By what persons are counted by, the most persons first; stages in their order. */
      rows: Schemas['ConversionsRow'][];
      /** Of the same persons, how far they have come. */
      stages: Schemas['ConversionsStage'][];
      /** All persons together. */
      total: Schemas['ConversionsFigures'];
    };
    definition: Schemas['Meaning'];
    filters: Schemas['Filter'][];
    /** Who converts. */
    previous?: {
      /** The currency of values; null where there are none. */
      currency?: string | null;
      /** By what persons are counted by, the most persons first; stages in their order. */
      rows: Schemas['ConversionsRow'][];
      /** Of the same persons, how far they have come. */
      stages: Schemas['ConversionsStage'][];
      /** All persons together. */
      total: Schemas['ConversionsFigures'];
    };
    range: Schemas['QuestionRange'];
    /** How much `data` rests on, after all conditions. */
    sample: Schemas['Sample'];
    /** How long it took to work out, in milliseconds, waiting included. */
    took_ms: number;
    /**
     * The standard error of counts of visitors, as a part of one, where the answer is from sums by hour: 0 where none of them is
     * estimated. Null where everything was counted.
     */
    visitors_error?: number | null;
  };
  /** What every question is answered in. */
  Answer_EventNameTable: {
    /** Everything that was stored before this moment is counted. */
    as_of: number;
    bots: string;
    compared?: Schemas['QuestionRange'] | null;
    /** Names, as an answer. */
    data: {
      /** How many there are, those that are not shown included. */
      count: number;
      /** The site's currency, in which revenue is; null where it has none. */
      currency?: string | null;
      /** Names, the greatest first. */
      rows: Schemas['EventNameRow'][];
      /** All of them together. */
      total: Schemas['EventNameTotal'];
    };
    definition: Schemas['Meaning'];
    filters: Schemas['Filter'][];
    /** Names, as an answer. */
    previous?: {
      /** How many there are, those that are not shown included. */
      count: number;
      /** The site's currency, in which revenue is; null where it has none. */
      currency?: string | null;
      /** Names, the greatest first. */
      rows: Schemas['EventNameRow'][];
      /** All of them together. */
      total: Schemas['EventNameTotal'];
    };
    range: Schemas['QuestionRange'];
    /** How much `data` rests on, after all conditions. */
    sample: Schemas['Sample'];
    /** How long it took to work out, in milliseconds, waiting included. */
    took_ms: number;
    /**
     * The standard error of counts of visitors, as a part of one, where the answer is from sums by hour: 0 where none of them is
     * estimated. Null where everything was counted.
     */
    visitors_error?: number | null;
  };
  /** What every question is answered in. */
  Answer_FiguresTable: {
    /** Everything that was stored before this moment is counted. */
    as_of: number;
    bots: string;
    compared?: Schemas['QuestionRange'] | null;
    /** Figures of sessions, as an answer. */
    data: {
      /** How many rows of values there are, those that are not shown included. */
      count: number;
      /** The site's currency, in which revenue is; null where it has none. */
      currency?: string | null;
      others?: Schemas['OverviewFigures'] | null;
      /** By stretches of time, the earliest first; or by values, the greatest first. */
      rows: Schemas['FiguresRow'][];
      /** All together. Who is in several rows is one visitor. */
      total: Schemas['OverviewFigures'];
    };
    definition: Schemas['Meaning'];
    filters: Schemas['Filter'][];
    /** Figures of sessions, as an answer. */
    previous?: {
      /** How many rows of values there are, those that are not shown included. */
      count: number;
      /** The site's currency, in which revenue is; null where it has none. */
      currency?: string | null;
      others?: Schemas['OverviewFigures'] | null;
      /** By stretches of time, the earliest first; or by values, the greatest first. */
      rows: Schemas['FiguresRow'][];
      /** All together. Who is in several rows is one visitor. */
      total: Schemas['OverviewFigures'];
    };
    range: Schemas['QuestionRange'];
    /** How much `data` rests on, after all conditions. */
    sample: Schemas['Sample'];
    /** How long it took to work out, in milliseconds, waiting included. */
    took_ms: number;
    /**
     * The standard error of counts of visitors, as a part of one, where the answer is from sums by hour: 0 where none of them is
     * estimated. Null where everything was counted.
     */
    visitors_error?: number | null;
  };
  /** What every question is answered in. */
  Answer_Funnel: {
    /** Everything that was stored before this moment is counted. */
    as_of: number;
    bots: string;
    compared?: Schemas['QuestionRange'] | null;
    /** A funnel. */
    data: {
      people?: Schemas['FunnelPeople'] | null;
      /** The steps in their order: of all, then of each value of the dimension, the greatest first. */
      rows: Schemas['FunnelRow'][];
    };
    definition: Schemas['Meaning'];
    filters: Schemas['Filter'][];
    /** A funnel. */
    previous?: {
      people?: Schemas['FunnelPeople'] | null;
      /** The steps in their order: of all, then of each value of the dimension, the greatest first. */
      rows: Schemas['FunnelRow'][];
    };
    range: Schemas['QuestionRange'];
    /** How much `data` rests on, after all conditions. */
    sample: Schemas['Sample'];
    /** How long it took to work out, in milliseconds, waiting included. */
    took_ms: number;
    /**
     * The standard error of counts of visitors, as a part of one, where the answer is from sums by hour: 0 where none of them is
     * estimated. Null where everything was counted.
     */
    visitors_error?: number | null;
  };
  /** What every question is answered in. */
  Answer_InsightCounts: {
    /** Everything that was stored before this moment is counted. */
    as_of: number;
    bots: string;
    compared?: Schemas['QuestionRange'] | null;
    /** Of how many persons each rule holds. */
    data: {
      /** Every rule, in the order of the definition. */
      rows: Schemas['InsightCountRow'][];
    };
    definition: Schemas['Meaning'];
    filters: Schemas['Filter'][];
    /** Of how many persons each rule holds. */
    previous?: {
      /** Every rule, in the order of the definition. */
      rows: Schemas['InsightCountRow'][];
    };
    range: Schemas['QuestionRange'];
    /** How much `data` rests on, after all conditions. */
    sample: Schemas['Sample'];
    /** How long it took to work out, in milliseconds, waiting included. */
    took_ms: number;
    /**
     * The standard error of counts of visitors, as a part of one, where the answer is from sums by hour: 0 where none of them is
     * estimated. Null where everything was counted.
     */
    visitors_error?: number | null;
  };
  /** What every question is answered in. */
  Answer_PageTable: {
    /** Everything that was stored before this moment is counted. */
    as_of: number;
    bots: string;
    compared?: Schemas['QuestionRange'] | null;
    /** Pages, as an answer. */
    data: {
      /** How many there are, those that are not shown included. */
      count: number;
      /** Pages, the greatest first. */
      rows: Schemas['PageRow'][];
      /** All of them together. */
      total: Schemas['PageTotal'];
    };
    definition: Schemas['Meaning'];
    filters: Schemas['Filter'][];
    /** Pages, as an answer. */
    previous?: {
      /** How many there are, those that are not shown included. */
      count: number;
      /** Pages, the greatest first. */
      rows: Schemas['PageRow'][];
      /** All of them together. */
      total: Schemas['PageTotal'];
    };
    range: Schemas['QuestionRange'];
    /** How much `data` rests on, after all conditions. */
    sample: Schemas['Sample'];
    /** How long it took to work out, in milliseconds, waiting included. */
    took_ms: number;
    /**
     * The standard error of counts of visitors, as a part of one, where the answer is from sums by hour: 0 where none of them is
     * estimated. Null where everything was counted.
     */
    visitors_error?: number | null;
  };
  /** What every question is answered in. */
  Answer_Paths: {
    /** Everything that was stored before this moment is counted. */
    as_of: number;
    bots: string;
    compared?: Schemas['QuestionRange'] | null;
    /** Paths through sessions. */
    data: {
      /** What is linked, by place, the most frequent first and the others last. */
      nodes: Schemas['PathNode'][];
      /** Links, by place, the most frequent first. What goes on beyond the last place has none. */
      rows: Schemas['PathRow'][];
      /** The most frequent sequences of everything up to the last place, if they were asked for. */
      sequences?: Schemas['PathSequence'][] | null;
      /** Sessions that are followed. */
      sessions: number;
    };
    definition: Schemas['Meaning'];
    filters: Schemas['Filter'][];
    /** Paths through sessions. */
    previous?: {
      /** What is linked, by place, the most frequent first and the others last. */
      nodes: Schemas['PathNode'][];
      /** Links, by place, the most frequent first. What goes on beyond the last place has none. */
      rows: Schemas['PathRow'][];
      /** The most frequent sequences of everything up to the last place, if they were asked for. */
      sequences?: Schemas['PathSequence'][] | null;
      /** Sessions that are followed. */
      sessions: number;
    };
    range: Schemas['QuestionRange'];
    /** How much `data` rests on, after all conditions. */
    sample: Schemas['Sample'];
    /** How long it took to work out, in milliseconds, waiting included. */
    took_ms: number;
    /**
     * The standard error of counts of visitors, as a part of one, where the answer is from sums by hour: 0 where none of them is
     * estimated. Null where everything was counted.
     */
    visitors_error?: number | null;
  };
  /** What every question is answered in. */
  Answer_Prediction: {
    /** Everything that was stored before this moment is counted. */
    as_of: number;
    bots: string;
    compared?: Schemas['QuestionRange'] | null;
    /** What answers tell of the chances. */
    data: {
      /** Days that a chance looks ahead. */
      horizon_days: number;
      /** Those who were asked for. */
      persons: Schemas['PersonChance'][];
      /** The stages that have a next one, in order. */
      rows: Schemas['PredictionRow'][];
      /** When it was learned. */
      trained_at: number;
      /** The end of the history that was learned from. */
      trained_until: number;
    };
    definition: Schemas['Meaning'];
    filters: Schemas['Filter'][];
    /** What answers tell of the chances. */
    previous?: {
      /** Days that a chance looks ahead. */
      horizon_days: number;
      /** Those who were asked for. */
      persons: Schemas['PersonChance'][];
      /** The stages that have a next one, in order. */
      rows: Schemas['PredictionRow'][];
      /** When it was learned. */
      trained_at: number;
      /** The end of the history that was learned from. */
      trained_until: number;
    };
    range: Schemas['QuestionRange'];
    /** How much `data` rests on, after all conditions. */
    sample: Schemas['Sample'];
    /** How long it took to work out, in milliseconds, waiting included. */
    took_ms: number;
    /**
     * The standard error of counts of visitors, as a part of one, where the answer is from sums by hour: 0 where none of them is
     * estimated. Null where everything was counted.
     */
    visitors_error?: number | null;
  };
  /** What every question is answered in. */
  Answer_Properties: {
    /** Everything that was stored before this moment is counted. */
    as_of: number;
    bots: string;
    compared?: Schemas['QuestionRange'] | null;
    /** What events of a name tell. */
    data: {
      event: string;
      /** The earliest of them; null where there is none. */
      first_at?: number | null;
      /** How many of the events were looked at: the latest. `sample` has how many there are. */
      looked_at: number;
      /** Their properties, the most frequent first. */
      rows: Schemas['PropertyRow'][];
    };
    definition: Schemas['Meaning'];
    filters: Schemas['Filter'][];
    /** What events of a name tell. */
    previous?: {
      event: string;
      /** The earliest of them; null where there is none. */
      first_at?: number | null;
      /** How many of the events were looked at: the latest. `sample` has how many there are. */
      looked_at: number;
      /** Their properties, the most frequent first. */
      rows: Schemas['PropertyRow'][];
    };
    range: Schemas['QuestionRange'];
    /** How much `data` rests on, after all conditions. */
    sample: Schemas['Sample'];
    /** How long it took to work out, in milliseconds, waiting included. */
    took_ms: number;
    /**
     * The standard error of counts of visitors, as a part of one, where the answer is from sums by hour: 0 where none of them is
     * estimated. Null where everything was counted.
     */
    visitors_error?: number | null;
  };
  /** What every question is answered in. */
  Answer_Realtime: {
    /** Everything that was stored before this moment is counted. */
    as_of: number;
    bots: string;
    compared?: Schemas['QuestionRange'] | null;
    /** Who is there now. Lists are of thirty minutes, the most visitors first, ten of each. */
    data: {
      /** Where they were. */
      countries: Schemas['RealtimeValue'][];
      /** What happened. */
      events: Schemas['RealtimeValue'][];
      /** In the last thirty. */
      last_30_minutes: Schemas['RealtimeActive'];
      /** In the last five minutes. */
      last_5_minutes: Schemas['RealtimeActive'];
      /** Pages that were viewed. */
      pages: Schemas['RealtimePage'][];
      /** Minute by minute, the earliest first. */
      rows: Schemas['RealtimeMinute'][];
      /** Where active sessions came from. */
      sources: Schemas['RealtimeValue'][];
    };
    definition: Schemas['Meaning'];
    filters: Schemas['Filter'][];
    /** Who is there now. Lists are of thirty minutes, the most visitors first, ten of each. */
    previous?: {
      /** Where they were. */
      countries: Schemas['RealtimeValue'][];
      /** What happened. */
      events: Schemas['RealtimeValue'][];
      /** In the last thirty. */
      last_30_minutes: Schemas['RealtimeActive'];
      /** In the last five minutes. */
      last_5_minutes: Schemas['RealtimeActive'];
      /** Pages that were viewed. */
      pages: Schemas['RealtimePage'][];
      /** Minute by minute, the earliest first. */
      rows: Schemas['RealtimeMinute'][];
      /** Where active sessions came from. */
      sources: Schemas['RealtimeValue'][];
    };
    range: Schemas['QuestionRange'];
    /** How much `data` rests on, after all conditions. */
    sample: Schemas['Sample'];
    /** How long it took to work out, in milliseconds, waiting included. */
    took_ms: number;
    /**
     * The standard error of counts of visitors, as a part of one, where the answer is from sums by hour: 0 where none of them is
     * estimated. Null where everything was counted.
     */
    visitors_error?: number | null;
  };
  /** What every question is answered in. */
  Answer_Stages: {
    /** Everything that was stored before this moment is counted. */
    as_of: number;
    bots: string;
    compared?: Schemas['QuestionRange'] | null;
    /** Stages, and the way through them. */
    data: {
      /** Of all, how long it took from milestone to milestone, the most frequent first. */
      between: Schemas['MilestoneGap'][];
      /** Where more stay behind than should. */
      bottlenecks: Schemas['Bottleneck'][];
      /** Of all, when milestones were reached, in the definition's order. */
      milestones: Schemas['MilestoneTime'][];
      /** Stages in their order: of all, then of each value of the dimension, the greatest first. */
      rows: Schemas['StageRow'][];
      /** Of all, how long they were in each stage. */
      times: Schemas['StageTime'][];
    };
    definition: Schemas['Meaning'];
    filters: Schemas['Filter'][];
    /** Stages, and the way through them. */
    previous?: {
      /** Of all, how long it took from milestone to milestone, the most frequent first. */
      between: Schemas['MilestoneGap'][];
      /** Where more stay behind than should. */
      bottlenecks: Schemas['Bottleneck'][];
      /** Of all, when milestones were reached, in the definition's order. */
      milestones: Schemas['MilestoneTime'][];
      /** Stages in their order: of all, then of each value of the dimension, the greatest first. */
      rows: Schemas['StageRow'][];
      /** Of all, how long they were in each stage. */
      times: Schemas['StageTime'][];
    };
    range: Schemas['QuestionRange'];
    /** How much `data` rests on, after all conditions. */
    sample: Schemas['Sample'];
    /** How long it took to work out, in milliseconds, waiting included. */
    took_ms: number;
    /**
     * The standard error of counts of visitors, as a part of one, where the answer is from sums by hour: 0 where none of them is
     * estimated. Null where everything was counted.
     */
    visitors_error?: number | null;
  };
  /** A key, without its secret, which nobody can read again. */
  ApiKey: {
    /** Milliseconds since the Unix epoch. */
    created_at: number;
    /** The secret's first characters. */
    hint: string;
    /** The id. */
    id: number;
    /** What it is good for. */
    kind: Schemas['KeyKind'];
    /** The hour in which it was used last; none where it never was, and of server keys. */
    last_used_at?: number | null;
    /** What its maker calls it. */
    name: string;
    /** What it may do; nothing of a server key, which sends. */
    scopes: Schemas['Scope'][];
    /** The one site it is for; none for an API key that sees every site of its workspace. */
    site?: number | null;
    /** The workspace whose it is. */
    workspace: number;
  };
  /** What an invitation is for. */
  Asked: {
    email: string;
    /** Whether somebody signs in with the address already, and has to be signed in to accept. */
    has_login: boolean;
    role: Schemas['Role'];
    /** The workspace's name. */
    workspace: string;
  };
  /** Which side of a threshold a rule asks for. */
  Asks: "at_least" | "at_most";
  /** Conversions, divided among keys by several models. */
  Attributed: {
    /** What was asked. */
    asked: Schemas['AttributionAsked'];
    /** The currency of values; null where there are none. */
    currency?: string | null;
    /** How many persons did not convert; Markov chains learn from their paths too. */
    not_converted: number;
    /** Orders whose value nobody told: they count, with no value. */
    orders_without_value: number;
    /** The most frequent paths, where they were asked for. */
    paths?: Schemas['AttributionPath'][] | null;
    /** The keys, those with the most touchpoints first. */
    rows: Schemas['AttributionRow'][];
    /** What was divided: by each model, what the rows have and what is unattributed add up to it to the last digit. */
    total: Schemas['AttributedWhole'];
    /** The latest touches behind the share of one key, where they were asked for. */
    touches?: Schemas['AttributionTouch'][] | null;
    /** The conversions of which no touchpoint is known within the look-back. */
    unattributed: Schemas['AttributedWhole'];
    /** What is no part of any value, because there is no rate into the site's currency. */
    unconverted: Schemas['AttributionUnconverted'][];
  };
  /** A number of conversions and what they are worth. Decimal text, exact. */
  AttributedWhole: {
    /** Conversions. */
    conversions: string;
    /** What they are worth; null where conversions have no value. */
    value?: string | null;
  };
  /** Words that a database's licence asks to be shown with what it says. */
  Attribution: {
    /** The words. */
    text: string;
    /** Where they lead. */
    url: string;
  };
  /** What counts, and how it is divided. */
  AttributionAsked: {
    /** What touchpoints are counted by. */
    by: string;
    /** What counts as a conversion. */
    conversion: string;
    /** Days before a conversion in which touchpoints count; null for all of them. */
    lookback_days?: number | null;
    /** The models. */
    models: Schemas['AttributionModel'][];
  };
  /** A model as it was asked. */
  AttributionModel: {
    /** Days in which a touchpoint loses half of its weight, of `time_decay`. */
    half_life_days?: number | null;
    /** Its name in the rows. */
    model: string;
    /**
     * How many resamples the intervals are of. Fewer than were asked for where more would have taken too long, and 0, without
     * intervals, where not even fifty were possible; null where nobody asked.
     */
    resamples?: number | null;
    /** False where the model could not be solved: the rows do not have it. */
    solved: boolean;
  };
  /** A path and those who went it. */
  AttributionPath: {
    /** Conversions at its end. */
    conversions: number;
    /** The mean time from its first touchpoint to the conversion, in milliseconds; null without touchpoints. */
    mean_ms?: number | null;
    /** Persons who went it and did not convert. */
    not_converted: number;
    /** The keys, the oldest first; null for one that is not known. The rest's are `(rest)`. */
    path: Schemas['Vec'];
    /** What they are worth; null where conversions have no value. */
    value?: string | null;
  };
  /** A key with what each model gives it. */
  AttributionRow: {
    /** The value of the dimension; null where it is not known, and of the rest. */
    key?: string | null;
    /** By model; one that could not be solved is not there. */
    models: Record<string, Schemas['AttributionShare']>;
    /** Whether these are all the keys without a row of their own. */
    rest: boolean;
    /** Touchpoints on the ways of those who converted and of those who did not. */
    touchpoints: number;
  };
  /** What a key is given. */
  AttributionShare: {
    /** Conversions, to a millionth. */
    conversions: string;
    /** The upper end. */
    conversions_high?: string | null;
    /** The lower end of the interval of `conversions`. */
    conversions_low?: string | null;
    /** Its part of all conversions, also the unattributed ones; null where there are none. */
    share?: number | null;
    /** What they are worth; null where conversions have no value. */
    value?: string | null;
    /** The upper end. */
    value_high?: string | null;
    /** The lower end of the interval of `value`. */
    value_low?: string | null;
  };
  /** A touch and what it was given of a conversion. */
  AttributionTouch: {
    /** When it was. */
    at: number;
    /** When the conversion was. */
    conversion_at: number;
    /** Whose. */
    person: string;
    /** What the conversion is worth as a whole; null where it has no value. */
    value?: string | null;
    /** Its part of the conversion, from 0 to 1. */
    weight: number;
  };
  /** Orders in a currency without a rate. */
  AttributionUnconverted: {
    /** The code; null where none was told. */
    currency?: string | null;
    /** What they brought, net of refunds. */
    net: string;
    /** Orders. */
    orders: number;
  };
  /** A change as it is read. */
  Audited: {
    /** What, such as `persons.merge`. */
    action: string;
    /** Who: `user:` and the number of a login, `api_key:` and that of a key, or `cli` for a command of the command line. */
    actor: string;
    /** When, by the collector's clock. */
    at: number;
    /** The rest: the JSON text of an object. Readers get the object. */
    detail: Record<string, unknown>;
    /** Its id. */
    id: string;
    /** The site of which it was changed; none for what is of the whole workspace. */
    site?: number | null;
    /** To whom or what. */
    subject: string;
  };
  /**
   * One request's worth of items of one visitor, session and tab. `protocol/` has all there is to a context and to the
   * `data` of each type of item.
   */
  Batch: {
    context: Schemas['Context'];
    items: Schemas['Item'][];
    /** The site's write key. */
    key: string;
    sdk?: Schemas['Sdk'] | null;
    /** The sender's clock when it sent. */
    sent_at: number;
    /** The protocol's version. */
    v: number;
  };
  /** The answer to a batch that could be read. */
  BatchAnswer: {
    /** The collector's clock when the batch had been read. */
    received_at: number;
    /** A line for every item, in order. */
    results: Schemas['ItemAnswer'][];
    v: number;
  };
  /** What a list does with bots. */
  Bots: "exclude" | "include" | "only";
  /** A stage at which more stay behind than should. */
  Bottleneck: {
    /**
     * The chance of such a difference or a greater one if nothing had changed (Fisher's exact test, to one side); null where
     * there are too few before.
     */
    chance?: number | null;
    /** Journeys that were followed: the sample. */
    followed: number;
    /** The site's journeys before that were followed alike. */
    followed_before: number;
    /** Of whom. */
    group: Schemas['RowGroup'];
    /** Those, of `followed`. */
    loss: number;
    /** What was lost of them; null where they are too few to say. */
    loss_before?: number | null;
    /** Who of them did not go on in time. */
    lost: number;
    /** The key of the next one. */
    next: string;
    /** What to look at. */
    recommendation: string;
    /** The rule that says so, the stronger of two. */
    rule: Schemas['BottleneckRule'];
    /** The version of the rules. */
    rule_version: number;
    /** The key of the stage in which they stay. */
    stage: string;
    /** The dimension's value where it is of one. */
    value?: string | null;
    /** How many of those would have reached the last stage, at the rate at which those do who went on. */
    would_convert?: number | null;
    /** How many more of `followed` would have gone on at the loss before; null where that is no less, or not known. */
    would_go_on?: number | null;
  };
  /** Why a stage is a bottleneck. */
  BottleneckRule: "worse_than_before" | "over_limit";
  /** Something that a role or a scope lets somebody do in a workspace. */
  Capability: "read" | "read_persons" | "define" | "read_destinations" | "destinations" | "add_sites" | "sites" | "privacy" | "keys" | "members" | "audit";
  CatalogueChange: {
    document?: Record<string, unknown> | null;
    mode?: Schemas['Mode'] | null;
  };
  CatalogueFindings: {
    data: Schemas['Counted'][];
  };
  Change: {
    cookie_domain?: string | null;
    currency?: string | null;
    name?: string | null;
    origins?: string[] | null;
    renew_cookie?: boolean | null;
    server_key_required?: boolean | null;
    time_zone?: string | null;
  };
  /** What is to be another than it is; what is not named stays. */
  ChangedDestination: {
    measurement_id?: string | null;
    name?: string | null;
    /** Whether it gets nothing until further notice. */
    paused?: boolean | null;
    url?: string | null;
    wants?: Schemas['Wants'] | null;
  };
  /** A person's interactions by one channel. */
  ChannelContacts: {
    /** The channel. */
    channel: string;
    /** How many there were. */
    interactions: number;
    /** When the latest was. */
    last_at: number;
  };
  /** A site's interactions by one channel. */
  ChannelTotals: {
    /** The channel. */
    channel: string;
    /** How many there are. */
    interactions: number;
    /** When the latest was. */
    last_at: number;
    /** How many of them are nobody's. */
    unmatched: number;
  };
  Channels: {
    data: Schemas['ChannelTotals'][];
  };
  /** What a cohort is of. */
  CohortKind: "period" | "value" | "others";
  /** Who came back. */
  CohortsOfRetention: {
    /** All of them together. */
    curve: Schemas['RetentionPoint'][];
    /** Cohorts, the earliest or greatest first, each with its periods in their order. */
    rows: Schemas['RetentionRow'][];
  };
  /** With which time an answer is compared. */
  Compare: "previous" | "year";
  /** Whether the visitor agrees. */
  Consent: "granted" | "denied";
  /** What an interaction's entry says beside what all entries say. */
  Contact: {
    /** The campaign. */
    campaign?: string | null;
    /** By what means: `email`, `sms`, `call`, `chat`, `meeting`, `ad`, or the sender's own word. */
    channel: string;
    direction?: Schemas['Direction'] | null;
    /** Seconds that it lasted. */
    duration_s?: number | null;
    /** The hash of the e-mail address that it was sent with. */
    email_hash?: string | null;
    /** The sender's words for it. */
    labels: string[];
    matched_by?: Schemas['MatchedBy'] | null;
    /** An id of the person it belongs to: `user:` and a user id, or `visitor:` and a visitor id. Null while it is nobody's. */
    person?: string | null;
    /** Where it came from. */
    source?: string | null;
  };
  /** What holds for every item. */
  Context: {
    consent?: Schemas['Consent'] | null;
    device?: Record<string, unknown> | null;
    /** How the visitor came for the first time. */
    first_touch?: Record<string, unknown> | null;
    ga?: Record<string, unknown> | null;
    session: Schemas['WireSession'];
    tab_id: string;
    /** How the visitor came to this session. */
    touch?: Record<string, unknown> | null;
    user_id?: string | null;
    visitor_id: string;
  };
  /** Who converts. */
  Conversions: {
    /** The currency of values; null where there are none. */
    currency?: string | null;
    /** By what persons are counted by, the most persons first; stages in their order. */
    rows: Schemas['ConversionsRow'][];
    /** Of the same persons, how far they have come. */
    stages: Schemas['ConversionsStage'][];
    /** All persons together. */
    total: Schemas['ConversionsFigures'];
  };
  /** How persons convert. The lengths are those of journeys up to a person's first conversion of the time; null without one. */
  ConversionsFigures: {
    /** All conversions of theirs. */
    conversions: number;
    /** Conversions whose order tells no value, or one that cannot be converted: no part of the value. */
    conversions_without_value: number;
    /** Those of them who converted. */
    converted: number;
    /** Days from the first item to the conversion. */
    days_mean?: number | null;
    /** Half of the journeys took no longer. */
    days_median?: number | null;
    /** Persons who were there, or converted. */
    persons: number;
    /** The part of them, from 0 to 1; null where there is nobody. */
    rate?: number | null;
    /** Sessions up to the conversion. */
    sessions_mean?: number | null;
    /** Half had no more. */
    sessions_median?: number | null;
    /** Touchpoints within the look-back. */
    touchpoints_mean?: number | null;
    /** Half had no more. */
    touchpoints_median?: number | null;
    /** What the conversions are worth, net of refunds, as decimal text; null where conversions have no value. */
    value?: string | null;
    /** That by conversion, of those whose value is known; null without one. */
    value_per_conversion?: string | null;
  };
  /** Persons who have something in common. */
  ConversionsRow: Schemas['ConversionsFigures'] & ({
    /** What they have in common; null where it is not known, and of the rest. */
    key?: string | null;
    /** Whether these are all the keys without a row of their own. */
    rest: boolean;
  });
  /** A stage, and who came to it and further. */
  ConversionsStage: {
    /** Days from the first item until it was reached; null of the first stage and where nobody reached it. */
    days_mean?: number | null;
    /** Half took no longer. */
    days_median?: number | null;
    /** The part of them; null of the last stage and where nobody reached it. */
    rate?: number | null;
    /** Persons who had reached it, or a higher one, before the end of the time. */
    reached: number;
    /** The stage's key. */
    stage: string;
    /** Those of them who had reached a higher one; null of the last stage. */
    went_on?: number | null;
  };
  /** Something that a catalogue found, as it is read. */
  Counted: {
    /** How many events. */
    count: number;
    /** Where, such as `data.name` or `data.props.plan`. */
    field: string;
    /** When the first of them arrived. */
    first_seen: number;
    /** When the last of them arrived. */
    last_seen: number;
    /** The event's name. */
    name: string;
    /** `unknown_event` or `invalid_props`. */
    problem: string;
  };
  /** Who counts as one. */
  CountedBy: "visitor" | "person";
  Database: {
    attribution?: Schemas['Attribution'] | null;
    built_at?: number | null;
    type: string;
  };
  Decision: {
    bot: boolean | null;
  };
  /** A definition. */
  Definition: {
    /** Its name: the title of its section, in lower case. */
    name: string;
    /** Counts on when figures come to mean something else. */
    version: number;
  };
  /** A definition with its words. */
  DefinitionText: Schemas['Definition'] & {
    /** Markdown. */
    text: string;
  };
  Definitions: {
    data: Schemas['DefinitionText'][];
  };
  /** What to send again. */
  DeliveriesAgain: {
    /** One delivery that is dead or was skipped; every dead one without this. */
    delivery?: string | null;
  };
  /** A delivery as it is read. */
  Delivery: {
    /** Attempts so far. */
    attempts: number;
    /** When the item was stored. */
    created_at: number;
    /** When it is due, or when it ended. */
    due_at: number;
    /** Why it was not delivered, so far or at all. */
    error?: string | null;
    /** Its id, which every attempt tells the receiver. */
    id: string;
    /** The item that it is about. */
    item_id: string;
    /** The milestone that it tells of; null where it tells of an event. */
    milestone?: string | null;
    /** `waiting`, `delivered`, `skipped` or `dead`. */
    state: string;
    /** The status of the last answer. */
    status?: number | null;
    /** The visitor that it is about. */
    visitor_id: string;
  };
  /** Deliveries of one destination by state. */
  DeliveryCounts: {
    /** Failed too often. */
    dead: number;
    /** Taken by the receiver, of those that are kept. */
    delivered: number;
    /** Not to be sent, of those that are kept. */
    skipped: number;
    /** Due, now or later. */
    waiting: number;
  };
  /**
   * A site, and where its pages load the SDK's script from; null where the collector's public URL is not configured,
   * because its own address need not be one that a visitor can reach.
   */
  Described: Schemas['Site'] & ({
    script_url?: string | null;
  });
  /** Where a site's items are sent on to. Without its secrets. */
  Destination: {
    /** When its settings were changed last. */
    changed_at: number;
    /** When it was made. */
    created_at: number;
    /** Not tried before this time, because the receiver asked for that; 0 for no such time. */
    hold_until: number;
    /** Its id. */
    id: string;
    /** What kind of receiver. */
    kind: Schemas['DestinationKind'];
    /** Deliveries that were let go because too many were dead. */
    let_go: number;
    /** The measurement id of `ga4`. */
    measurement_id?: string | null;
    /** What people call it. */
    name: string;
    /** Why it gets nothing at present: `owner`, or `gone` where the receiver said that it is. Null while it is on. */
    paused?: string | null;
    /** Where it is; of `ga4` the server. */
    url: string;
    /** What it gets. */
    wants: Schemas['Wants'];
  };
  /** What kind of receiver. */
  DestinationKind: "webhook" | "ga4";
  /** What came of trying a destination. */
  DestinationTried: {
    /** Why not. */
    error?: string | null;
    /** Whether the receiver took it. */
    ok: boolean;
    /** The status of its answer. */
    status?: number | null;
  };
  Destinations: {
    data: Schemas['ShownDestination'][];
  };
  /** The device of a visit. */
  Device: {
    /** The browser's family, such as `Firefox`. */
    browser?: string | null;
    /** The city's name. */
    city?: string | null;
    /** ISO 3166-1 alpha-2. */
    country?: string | null;
    /** A BCP 47 tag. */
    language?: string | null;
    /** The operating system's family, such as `Windows`. */
    os?: string | null;
    /** The country's subdivision. */
    region?: string | null;
    /** An IANA time zone. */
    time_zone?: string | null;
    /** `desktop`, `mobile`, `tablet` or `bot`. */
    type?: string | null;
  };
  /**
   * What figures are filtered and counted by. Most are of a session; `first_…`, `user` and `account` are of its
   * visitor, `event` and `page` of each item in it.
   */
  Dimension: "channel" | "source" | "medium" | "campaign" | "term" | "content" | "referrer" | "entry_page" | "exit_page" | "hostname" | "device" | "browser" | "os" | "language" | "country" | "region" | "city" | "first_channel" | "first_source" | "first_medium" | "first_campaign" | "user" | "account" | "event" | "page";
  /** Which way an interaction went. */
  Direction: "in" | "out";
  /** By how many ways somebody came. */
  Diversity: {
    /** The channels of the occasions within the window, in lower case. */
    names: string[];
    /** From 0 to 1. */
    value: number;
    /** How much it counts. */
    weight: number;
  };
  /** What some orders brought. */
  Earned: {
    /** Orders, each once. */
    orders: number;
    /** In the site's currency, as far as it can be converted. */
    revenue: Schemas['QuestionMoney'];
    /** What of that is not part of it because there is no rate, by currency. */
    unconverted: Schemas['Unconverted'][];
  };
  Emptied: {
    removed: number;
  };
  /** How engaged somebody is at a moment. */
  EngagementScore: {
    /** The moment. */
    computed_at: number;
    parts?: Schemas['Parts'] | null;
    /** The score one window earlier; null where nothing is known of that time, or not all. */
    previous_score?: number | null;
    /** The sum of the parts, each times its weight: from 0 to 1. Null where nothing is known. */
    score?: number | null;
    /** Days before that moment from which occasions count. */
    window_days: number;
  };
  /** One line of a timeline. */
  Entry: {
    /** When it happened, by the corrected client clock. */
    at: number;
    /** Whether its visitor is a bot. */
    bot: boolean;
    /** Whether it counts as a conversion. */
    conversion: boolean;
    /** The value's currency. */
    currency?: string | null;
    /** The item's id. */
    id: string;
    interaction?: Schemas['Contact'] | null;
    /** The name of an event or milestone; of a group, the account's id; of an interaction, what happened. */
    name?: string | null;
    /** During which page view. */
    page_view_id?: string | null;
    /** Properties, traits, or what else the kind says: the JSON text of an object. Readers get the object. */
    props?: Record<string, unknown> | null;
    /** The collector's clock when it arrived. */
    received_at: number;
    /** The page before. */
    referrer?: string | null;
    /** The furthest scroll in per cent (page views). */
    scroll_max?: number | null;
    /** In which session; null for an interaction. */
    session_id?: string | null;
    /** The key of the stage it leads to (milestones, and events that reach one). */
    stage?: string | null;
    /** The page's title; of an interaction, what it was about. */
    title?: string | null;
    /** What kind of item. */
    type: Schemas['EntryKind'];
    /** The page's URL. */
    url?: string | null;
    /** The user id known at that moment. */
    user_id?: string | null;
    /** Money earned, as decimal text. */
    value?: string | null;
    /** Milliseconds for which the page was visible (page views). */
    visible_ms?: number | null;
    /** Who; of an interaction, the browser that it was sent with. */
    visitor_id?: string | null;
    /** The visitor's friendly name. */
    visitor_name?: string | null;
  };
  /** The kinds of items that stand in a timeline. Page pings do not: they are figures of their page view. */
  EntryKind: "page_view" | "event" | "identify" | "milestone" | "ga_linked" | "consent" | "group" | "interaction";
  /** What an erasure would touch. */
  Erasable: {
    /** Every id that means this person. */
    ids: string[];
    /** Rows by table. */
    rows: Record<string, number>;
    /** Browsers that others used too: of these only what is the person's is erased. */
    shared: string[];
  };
  Erase: {
    /** Whether to say what would be erased, and change nothing. */
    dry_run?: boolean;
    /** Days for which it can be taken back, 0 for none; the site's if nobody says. */
    grace_days?: number | null;
    mode?: Schemas['ErasureMode'] | null;
  };
  Erased: {
    /** Until when it can be taken back; null where not at all. */
    due_at?: number | null;
    /** What was hidden and can still be taken back, likewise. */
    pending: Schemas['PendingErasure'][];
    /** What was: one receipt, or more where something of theirs arrived meanwhile. */
    receipts: Schemas['Receipt'][];
    would?: Schemas['Erasable'] | null;
  };
  /** What becomes of the rows. */
  ErasureMode: "anonymise" | "delete";
  Erasures: {
    data: Schemas['PendingErasure'][];
  };
  /** A name. */
  EventNameRow: Schemas['Earned'] & ({
    /** The value of the property by which names are told apart, by `property:` and its name; not there where they are not. */
    by?: Record<string, string | null> | null;
    /** Those of them that are a conversion. */
    conversions: number;
    /** How many there were. */
    count: number;
    /** Whether it is the name of an event or of a milestone. */
    kind: string;
    /** Null where it was emptied. */
    name?: string | null;
    /** Sessions in which there was one. */
    sessions: number;
    /** Visitors who had one. */
    visitors: number;
  });
  /** What names are sorted by, the greatest first. */
  EventNameSort: "count" | "visitors" | "sessions" | "conversions" | "revenue";
  /** Names, as an answer. */
  EventNameTable: {
    /** How many there are, those that are not shown included. */
    count: number;
    /** The site's currency, in which revenue is; null where it has none. */
    currency?: string | null;
    /** Names, the greatest first. */
    rows: Schemas['EventNameRow'][];
    /** All of them together. */
    total: Schemas['EventNameTotal'];
  };
  /** All names together. */
  EventNameTotal: {
    /** How many there were. */
    count: number;
    /** Sessions in which there was one. */
    sessions: number;
    /** Visitors who had one. */
    visitors: number;
  };
  /** A figure and what the rule asks of it. */
  Evidence: {
    /** Whether the rule asks for so much, or for no more. */
    asks: Schemas['Asks'];
    /** What was counted or measured. */
    figure: string;
    /** How much. */
    threshold: number;
    /** What it is. */
    value: number;
  };
  /** A journey that would change. */
  ExampleJourney: {
    /** The visitor's friendly name. */
    name: string;
    visitor_id: string;
  };
  Field: Schemas['Dimension'] | string;
  /** What several slices add up to. */
  Figures: {
    /** Time of the earliest item. */
    first_seen: number;
    first_touch?: Schemas['Touch'] | null;
    /** Time of the latest item. */
    last_seen: number;
    /** The first time of each, by time, then name. */
    milestones: Schemas['Milestone'][];
    /** The key of the highest stage reached. */
    stage: string;
    /** When that stage was entered; null for the first. */
    stage_at?: number | null;
    /** The stages up to that one, in order. */
    stages: Schemas['ReachedStage'][];
    /** Items of type `event`. */
    total_events: number;
    /** Items of type `page_view`. */
    total_page_views: number;
    /** Sessions seen, each once. */
    total_sessions: number;
  };
  /** A row of a stretch of time or of some values. */
  FiguresRow: Schemas['OverviewFigures'] & ({
    /** The first moment of the stretch, in milliseconds since the Unix epoch; not there in a row of values. */
    at?: number | null;
    /** The values by dimension, null where nothing is known; not there in a row of a stretch. */
    by?: Record<string, string | null> | null;
  });
  /** What rows are sorted by, the greatest first. */
  FiguresSort: "visitors" | "new_visitors" | "sessions" | "engaged_sessions" | "page_views" | "events" | "conversions" | "orders" | "revenue";
  /** Figures of sessions, as an answer. */
  FiguresTable: {
    /** How many rows of values there are, those that are not shown included. */
    count: number;
    /** The site's currency, in which revenue is; null where it has none. */
    currency?: string | null;
    others?: Schemas['OverviewFigures'] | null;
    /** By stretches of time, the earliest first; or by values, the greatest first. */
    rows: Schemas['FiguresRow'][];
    /** All together. Who is in several rows is one visitor. */
    total: Schemas['OverviewFigures'];
  };
  /**
   * A condition. Of what is an item's (`event`, `page`, a property) it holds for a session in which one item meets it, or for a
   * negative one in which no item meets its opposite; items are counted as far as they meet it themselves.
   */
  Filter: {
    /** Of what: a dimension, or `property:` and a property's name. */
    dimension: Schemas['Field'];
    /** How it is compared. */
    op: Schemas['Op'];
    /** With what: texts, and null for what is not known. */
    values: (string | null)[];
  };
  ForgottenFindings: {
    removed: number;
  };
  /** How rows are written. */
  Format: "csv" | "jsonl" | "parquet";
  /** How often somebody was there. */
  Frequency: {
    /** Interactions within the window in which the person took part. */
    interactions: number;
    /** Sessions that began within the window. */
    sessions: number;
    /** From 0 to 1. */
    value: number;
    /** How much it counts. */
    weight: number;
  };
  Full: Schemas['Scores'] & {
    journey: Schemas['Journey'];
    revenue: Schemas['Revenue'];
    sessions: Schemas['Session'][];
    timeline: Schemas['Page_Entry'];
  };
  FullAccount: {
    account: Schemas['Account'];
    figures?: Schemas['Figures'] | null;
    /** Those who were seen last. */
    people: Schemas['Person'][];
    /** What they bought, all together. */
    revenue: Schemas['Revenue'];
    timeline: Schemas['Page_Entry'];
    /** How many people it has. */
    total_people: number;
  };
  FullPerson: Schemas['Scores'] & {
    /** Kept insights that have begun, the newest first, whether they hold or have ended. */
    insight_history: Schemas['KeptInsight'][];
    /** What passed between them and the site outside of its pages, by channel. */
    interactions: Schemas['ChannelContacts'][];
    /** What the owner said of their ids, and can take back. */
    merges: Schemas['Merge'][];
    person: Schemas['Person'];
    revenue: Schemas['Revenue'];
    sessions: Schemas['Session'][];
    timeline: Schemas['Page_Entry'];
  };
  /** A funnel. */
  Funnel: {
    people?: Schemas['FunnelPeople'] | null;
    /** The steps in their order: of all, then of each value of the dimension, the greatest first. */
    rows: Schemas['FunnelRow'][];
  };
  /** What may lie between two steps. */
  FunnelOrder: "loose" | "strict";
  /** Which people of a step are listed. */
  FunnelOutcome: "reached" | "dropped";
  /** Who is behind a step. */
  FunnelPeople: {
    /** At most 500, the latest beginnings first: ids of visitors, or of persons, as `visitor:` and the browser in which they began. */
    ids: string[];
    /** Which of them. */
    outcome: Schemas['FunnelOutcome'];
    /** From 1. */
    step: number;
    /** How many there are. */
    total: number;
  };
  /** A step of a funnel. */
  FunnelRow: {
    /** Those, of those who made the one before. */
    drop_off?: number | null;
    /** Who made the one before and not this one. */
    dropped?: number | null;
    /** Of whom. */
    group: Schemas['RowGroup'];
    /** Milliseconds from the step before, which half of them did not exceed. */
    median_ms?: number | null;
    /** What it is called. */
    name: string;
    /** Milliseconds from the step before, which nine of ten did not exceed. */
    p90_ms?: number | null;
    /** Who made it. */
    people: number;
    /** Of those who made the first. */
    rate?: number | null;
    /** Of those who made the one before. */
    rate_of_previous?: number | null;
    /** From 1. */
    step: number;
    /** The value of what it is broken down by, where the row is of one. */
    value?: string | null;
  };
  /** Google Analytics' ids. */
  Ga: {
    /** The client id of the `_ga` cookie. */
    client_id?: string | null;
    /** The session id of the `_ga_<stream>` cookie. */
    session_id?: string | null;
  };
  Guest: {
    email: string;
    role: Schemas['Role'];
  };
  /** An import, and what came of it until now. */
  Import: {
    /** Bytes of it that have come. */
    bytes: number;
    created_at: number;
    /** By whom, as in the audit log. */
    created_by: string;
    /** Whether nothing is stored. */
    dry_run: boolean;
    ended_at?: number | null;
    /** What the file is called. */
    file?: string | null;
    id: string;
    /** What the file is. */
    kind: string;
    /** Whether the rows that were not imported can be had from this collector. */
    rejects_kept: boolean;
    report: Schemas['ImportReport'];
    state: Schemas['ImportState'];
  };
  /** Why an import ended before its rows did. */
  ImportProblem: {
    /** The parameter at fault, if one is. */
    field?: string | null;
    /** A sentence for people. */
    message: string;
  };
  /** A row that is not imported. */
  ImportReject: {
    /** The field at fault, and in brackets its column where that has another name; `row` for the row as a whole. */
    field: string;
    /** The line on which it begins, from 1. */
    line: number;
    /** What is wrong with it. */
    message: string;
  };
  /** What came of an import until now. */
  ImportReport: {
    /** Bytes of the file that have been read. */
    bytes_read: number;
    /** The columns of the file, where it has such. */
    columns: string[];
    /** Which field is read from which of them. */
    fields: Record<string, string>;
    /** Items that were there already. */
    known?: number | null;
    /** Fields that could not be read and were left out, and of how many rows. */
    left_out: Record<string, number>;
    /** Items that were stored now; null where nothing is, or no items. */
    new?: number | null;
    problem?: Schemas['ImportProblem'] | null;
    /** Rows that are not imported. */
    rejected: number;
    /** The first of them. */
    rejects: Schemas['ImportReject'][];
    /** Rows that are dealt with. */
    rows: number;
    summary?: Schemas['ImportSums'] | null;
  };
  /** How far an import is. */
  ImportState: "receiving" | "running" | "done" | "failed" | "cancelled" | "interrupted";
  /** What rows come to. */
  ImportSums: {
    /** Whether there are more visitors, sessions or milestones than were told apart. */
    at_least: boolean;
    /** Sessions by channel. */
    channels: Record<string, number>;
    /** The first and the last moment. */
    first?: number | null;
    /** Items by what they are. */
    kinds: Record<string, number>;
    last?: number | null;
    /** Visitors' milestones by name. */
    milestones: Record<string, number>;
    sessions: number;
    visitors: number;
  };
  /** Sums; null where the tool has none. */
  ImportedFigures: {
    /** Visits of a single page. */
    bounces?: number | null;
    /** Events. */
    events?: number | null;
    /** Page views. */
    page_views?: number | null;
    /** Seconds that the visits lasted. */
    seconds?: number | null;
    /** Visitors of each day, added up. */
    visitors?: number | null;
    /** Visits. */
    visits?: number | null;
  };
  /** Sums of one value. */
  ImportedTotal: Schemas['ImportedFigures'] & ({
    /** The label's value, or the day; null for rows without one. */
    value?: string | null;
  });
  ImportedTotals: {
    by: string;
    data: Schemas['ImportedTotal'][];
    dimension: string;
  };
  Imports: {
    /** The latest first. */
    data: Schemas['Import'][];
    /** Bytes that a file may have. */
    limit: number;
  };
  /** What was paid in one currency. */
  InCurrency: {
    /** The code; null where none was told. */
    currency?: string | null;
    /** What the orders brought. */
    gross: string;
    /** The difference. */
    net: string;
    /** Orders, each once. */
    orders: number;
    /** Those of them whose value is not known. */
    orders_without_value: number;
    /** What refunds took back of that. */
    refunded: string;
    /** Refunds of these orders. */
    refunds: number;
  };
  /** What somebody's figures suggest. */
  Insight: {
    /** What one could do next, as an English sentence. */
    action: string;
    /** The figures that led to it. */
    evidence: Schemas['Evidence'][];
    /** What it is for. */
    kind: Schemas['InsightKind'];
    /** What the figures are of, the latest first; at most ten. */
    records: Schemas['Record'][];
    /** The rule's name, which stays. */
    rule: string;
    /** What was found, as an English sentence. */
    text: string;
    /** The rule's version. */
    version: number;
  };
  /** A rule and of how many it holds. */
  InsightCountRow: {
    /** Persons of whom it began to hold in the time. */
    began: number;
    /** Persons of whom it ended in the time. */
    ended: number;
    /** Persons of whom it held at the end of the time, or now where that is yet to come. */
    holds: number;
    /** Where those are listed of whom it holds now. */
    href: string;
    /** `signal` or `risk`. */
    kind: string;
    /** The rule's name. */
    rule: string;
    /** The rule's version. */
    version: number;
  };
  /** Of how many persons each rule holds. */
  InsightCounts: {
    /** Every rule, in the order of the definition. */
    rows: Schemas['InsightCountRow'][];
  };
  /** What an insight says beside its rule. */
  InsightDetail: {
    /** What one could do next, as an English sentence. */
    action: string;
    /** The figures that led to it. */
    evidence: Schemas['Evidence'][];
    /** What the figures are of, the latest first; at most ten. */
    records: Schemas['Record'][];
    /** What was found, as an English sentence. */
    text: string;
  };
  /** What an insight is for. */
  InsightKind: "signal" | "risk";
  /** Whether an insight holds. */
  InsightStatus: "current" | "ended";
  /** The answer to interactions that could be read. */
  InteractionAnswer: {
    /** The collector's clock when the request had been read. */
    received_at: number;
    /** A line for each, in order. */
    results: Schemas['InteractionLine'][];
  };
  /** Interactions of a server with the site's people. docs/interactions.md says what each field is. */
  InteractionBatch: {
    interactions: Schemas['InteractionItem'][];
    /** The sender's clock when it sent, in milliseconds; ISO 8601 is taken too. */
    sent_at?: number | null;
  };
  /**
   * Something that passed between the site and somebody outside of its pages. One of `user_id`, `visitor_id`, `email_hash`
   * and `email` says with whom.
   */
  InteractionItem: {
    /** When, by the sender's clock, in milliseconds; ISO 8601 is taken too. */
    at: number;
    campaign?: string | null;
    channel: string;
    direction?: Schemas['Direction'] | null;
    duration_s?: number | null;
    /** Hashed at once, and never kept. */
    email?: string | null;
    /** SHA-256 of the trimmed address in lower case, in hexadecimal digits. */
    email_hash?: string | null;
    /** The sender's id of it, by which it counts once. */
    id: string;
    kind: string;
    labels?: string[] | null;
    props?: Record<string, unknown> | null;
    source?: string | null;
    subject?: string | null;
    user_id?: string | null;
    visitor_id?: string | null;
  };
  /** What became of an interaction. */
  InteractionLine: {
    /** The field at fault. */
    field?: string | null;
    /** As it was sent; absent where there was none that could be read. */
    id?: string | null;
    /** Optional fields that were left out. */
    ignored?: string[] | null;
    /** The limit that was passed. */
    limit?: number | null;
    reason?: Schemas['Reason'] | null;
    status: Schemas['Status'];
  };
  /** What a series is cut into. */
  Interval: "hour" | "day" | "week" | "month";
  /** An invitation that nobody has accepted yet. */
  Invitation: {
    /** Milliseconds since the Unix epoch. */
    created_at: number;
    /** Who is asked. */
    email: string;
    /** When it ends. */
    expires_at: number;
    /** The id. */
    id: string;
    /** What they are asked to be. */
    role: Schemas['Role'];
  };
  Invitations: {
    data: Schemas['Invitation'][];
  };
  /** Something that happened. */
  Item: {
    /** When, by the sender's clock. */
    at: number;
    /** What there is to say of it, by type: `{"url"}`, `{"name"}`, `{"user_id"}`, … */
    data: Record<string, unknown>;
    /** A UUID of version 7, made once. */
    id: string;
    page_view_id?: string | null;
    /** Counts within the tab. */
    seq: number;
    type: Schemas['ItemType'];
  };
  /** What became of an item. */
  ItemAnswer: {
    /** The field at fault. */
    field?: string | null;
    /** What is not as the site's event catalogue says. */
    flagged?: string[] | null;
    /** Absent where the item had none that could be read. */
    id?: string | null;
    /** Optional fields that were left out. */
    ignored?: string[] | null;
    /** The limit that was passed. */
    limit?: number | null;
    reason?: Schemas['Reason'] | null;
    status: Schemas['Status'];
  };
  /** The types of items. */
  ItemType: "page_view" | "event" | "identify" | "milestone" | "page_ping" | "ga_linked" | "consent" | "group";
  /** Everything known of one visitor. */
  Journey: {
    /** The site's own id of the account that the visitor belongs to, as last told. */
    account_id?: string | null;
    /** Whether it is a bot's. Bots are kept, and left out of lists and figures unless asked for. */
    bot: boolean;
    bot_by?: Schemas['MarkedBy'] | null;
    /** The device at the earliest item. */
    device: Schemas['Device'];
    /** Time of the earliest item. */
    first_seen: number;
    first_touch?: Schemas['Touch'] | null;
    /** The latest known Google Analytics ids. */
    ga: Schemas['Ga'];
    /** Time of the latest item. */
    last_seen: number;
    /** By time, then name. */
    milestones: Schemas['Milestone'][];
    /** The friendly name that follows from the id. */
    name: string;
    /** The version of the enrichment rules behind source, channel, device and the rules' mark. */
    rules: number;
    /** The key of the highest stage reached. */
    stage: string;
    /** When that stage was entered; null for the first one, at which everyone begins. */
    stage_at?: number | null;
    /** The stages up to that one, in order. */
    stages: Schemas['ReachedStage'][];
    /** Items of type `event`. */
    total_events: number;
    /** Items of type `page_view`. */
    total_page_views: number;
    /** Sessions seen. */
    total_sessions: number;
    /** The site's own id of the person, as last told. */
    user_id?: string | null;
    /** The browser's lasting id. */
    visitor_id: string;
  };
  /** An insight as it is kept. */
  KeptInsight: Schemas['InsightDetail'] & ({
    /** Until when that is known: the moment of the latest judgement, or its end. */
    confirmed_at: number;
    /** When it ended; null while it holds. */
    ended_at?: number | null;
    /** Since when it holds, by the times of what happened. */
    found_at: number;
    /** `signal` or `risk`. */
    kind: string;
    /** Whose. */
    person: string;
    /** The rule's name. */
    rule: string;
    /** `current` or `ended`. */
    status: string;
    /** The rule's version. */
    version: number;
  });
  KeptScore: {
    /** When they were judged. */
    judged_at: number;
    /** The score as of now, of the occasions as of `judged_at`; null where nothing is known. */
    score?: number | null;
  };
  /** A sum of a day. */
  KeptTotal: {
    /** As `2026-01-31`. */
    day: string;
    /** How many there were. */
    items: number;
    /**
     * What was counted: `event`, `page_view`, another type of items, `session`, `visitor`, `interaction`,
     * `unmatched_interaction`.
     */
    kind: string;
    /** The name of events and milestones, the channel of sessions and interactions, else empty. */
    name: string;
  };
  KeptTotals: {
    data: Schemas['KeptTotal'][];
  };
  /** What a key is good for. */
  KeyKind: "api" | "server";
  Keys: {
    data: Schemas['ApiKey'][];
  };
  /** What a profile has beside the journey. */
  Last: {
    kept?: Schemas['KeptScore'] | null;
    /** When that session began. */
    last_session_at?: number | null;
    last_touch?: Schemas['Touch'] | null;
  };
  /** A journey in a list. */
  ListedJourney: Schemas['Journey'] & ({
    kept?: Schemas['KeptScore'] | null;
  });
  /** A person in a list. */
  ListedPerson: Schemas['Person'] & ({
    kept?: Schemas['KeptScore'] | null;
  });
  ListedRejected: Schemas['Page_Rejected'] & {
    let_go: number;
  };
  /** A link and whether it may be used. */
  ListedShare: Schemas['Share'] & {
    standing: Schemas['Standing'];
  };
  /** What became of rates that were loaded. */
  Loaded: {
    /** Rates that were there with another value, which holds no more. */
    changed: number;
    /** Rates that were not there before. */
    new: number;
    /** Rates that were there. */
    unchanged: number;
  };
  /** A rate as it is read. */
  LoadedRate: {
    /** The day from which it holds, in the site's time zone, until there is a later one. */
    date: string;
    /** One unit of this currency is… */
    from: string;
    /** When it was loaded. */
    loaded_at: number;
    /** How many, as decimal text. */
    rate: string;
    /** …so many of this one. */
    to: string;
  };
  Login: {
    email: string;
    password: string;
  };
  /** Items that arrived, and those that did not. */
  Loss: {
    /** Items that were made before one of those and are not. */
    missing: number;
    /** Items that are stored. */
    received: number;
  };
  LossByDay: {
    data: Schemas['LossOfDay'][];
    time_zone: string;
    total: Schemas['LossInAll'];
  };
  LossInAll: Schemas['Loss'] & ({
    rate?: number | null;
  });
  LossOfDay: Schemas['Loss'] & ({
    day: string;
    rate?: number | null;
  });
  Made: Schemas['ApiKey'] & {
    secret: string;
  };
  /** A destination with the secret that was made for it, which nobody can read again. */
  MadeDestination: Schemas['Destination'] & ({
    /** Of a webhook, to check its signatures with. */
    secret?: string | null;
  });
  /** An invitation just made. */
  MadeInvitation: Schemas['Invitation'] & {
    /** What to pass on. Without a configured public URL it begins with the path. */
    link: string;
  };
  /** A link with its token, which nobody can read again. */
  MadeShare: Schemas['Share'] & {
    /** The page that shows it; without a host where the collector does not know its own. */
    link: string;
    /** What its holder sends as `Authorization: Bearer wms_…`. */
    token: string;
  };
  /** Who says whether a visitor is a bot. */
  MarkedBy: "rules" | "owner";
  /** By what an interaction's person was found. */
  MatchedBy: "user_id" | "visitor_id" | "email_hash";
  Me: {
    email?: string | null;
    kind: string;
    /** Whether it is the installation's owner, who makes workspaces. */
    makes_workspaces: boolean;
    /** What an API key may do; null of a user, whose role says it. */
    scopes?: Schemas['Scope'][] | null;
    share?: Schemas['Shared'] | null;
    /** The one site that an API key sees; null for every site of its workspace, and of a user. */
    site?: number | null;
    /** Where they have a part. */
    workspaces: Schemas['Workspace'][];
  };
  /** What the figures mean. */
  Meaning: {
    /** Where the definition is read. */
    href: string;
    name: string;
    version: number;
  };
  Member: {
    /** Null until they have chosen one. */
    email?: string | null;
    /** The id of their login. */
    id: number;
    joined_at: number;
    role: Schemas['Role'];
    /** Whether it is who asks. */
    you: boolean;
  };
  Members: {
    data: Schemas['Member'][];
  };
  /** Two ids that the owner says mean one person. */
  Merge: {
    /** When that was said, by the collector's clock. */
    at: number;
    /** The two, the lesser first. */
    ids: string[];
  };
  /** One message of Segment's API, or any number of them in `batch`. docs/segment.md says what becomes of each. */
  Messages: {
    /** Of `/v1/batch` and `/v1/import`. */
    batch?: Record<string, unknown>[] | null;
    /** The sender's clock when it sent, as ISO 8601. */
    sentAt?: string | null;
    /** The write key or a server key, where it does not stand in `Authorization`. */
    writeKey?: string | null;
  };
  /** A named moment that a visitor has reached. */
  Milestone: {
    /** The first time. */
    at: number;
    /** Such as `signup_at`. */
    name: string;
    /** Milliseconds since the visitor was first seen. */
    since_first_ms: number;
    /** Milliseconds since the milestone before it; null for the first. */
    since_previous_ms?: number | null;
    /** The key of the stage it leads to, if it leads to one. */
    stage?: string | null;
  };
  /** Journeys in which a milestone would appear, vanish, or have another time. */
  MilestoneChange: {
    appears: number;
    examples: Schemas['ExampleJourney'][];
    name: string;
    shifts: number;
    vanishes: number;
  };
  /** From one milestone to the one that the same person reached next. */
  MilestoneGap: {
    /** From which. */
    from: string;
    /** The median, in milliseconds. */
    median_ms?: number | null;
    /** What nine of ten did not exceed. */
    p90_ms?: number | null;
    /** How many went this way. */
    people: number;
    /** To which. */
    to: string;
  };
  /** A milestone that a site has defined. One that it has not is kept and shown all the same, and leads nowhere. */
  MilestoneRule: {
    /** The name of an event that reaches it too. */
    event?: string | null;
    /** Its name, as senders say it. */
    name: string;
    /** The key of the stage that it leads to; none for one that is only to be seen. */
    stage?: string | null;
  };
  /** A milestone. */
  MilestoneTime: {
    /** From the first visit: the median, in milliseconds. */
    median_ms?: number | null;
    /** Its name. */
    milestone: string;
    /** What nine of ten did not exceed. */
    p90_ms?: number | null;
    /** Who reached it. */
    people: number;
  };
  /** What becomes of an event that the catalogue does not describe. */
  Mode: "off" | "flag" | "reject";
  NamedWorkspace: {
    /** 1 to 100 characters. */
    name: string;
  };
  NewAlert: {
    /** Who is told; up to ten. */
    channels?: Schemas['AlertChannel'][];
    /** 1 to 100 characters. */
    name: string;
    /** Whether it is left alone until further notice. */
    paused?: boolean;
    /** What is looked at, and when it fires. */
    rule: Schemas['AlertRule'];
  };
  /** A day or a moment, and what happened. */
  NewAnnotation: {
    /** A moment, where it is no day. */
    at?: number | null;
    /** A day of the site's time zone, where it is no moment. */
    day?: string | null;
    /** 1 to 500 characters. */
    text: string;
  };
  /** A destination that somebody wants. */
  NewDestination: {
    /** The API secret of `ga4`. It is never shown again. */
    api_secret?: string | null;
    /** `webhook` or `ga4`. */
    kind: Schemas['DestinationKind'];
    /** The measurement id of `ga4`, `G-…`. */
    measurement_id?: string | null;
    /** 1 to 100 characters. */
    name: string;
    /** Where a webhook goes; of `ga4` the server, if it is another than Google's usual one. */
    url?: string | null;
    wants?: Schemas['Wants'];
  };
  NewRate: {
    /** The day from which it holds. */
    date: string;
    /** One unit of this currency is… */
    from: string;
    /** How many, as decimal text. */
    rate: string;
    /** …so many of this one. */
    to: string;
  };
  NewRates: {
    rates: Schemas['NewRate'][];
  };
  NewReport: {
    /** 1 to 100 characters. */
    name: string;
    /** Its parameters but `site`, by their names. */
    parameters?: Record<string, unknown>;
    /** The route of the question, below `/api/v1/analytics/`. */
    path: string;
  };
  NewRole: {
    role: Schemas['Role'];
  };
  /** Another secret. */
  NewSecret: {
    /** The API secret of `ga4`; a webhook's is made here. */
    api_secret?: string | null;
  };
  NewSegment: {
    /** 1 to 20 conditions, all of which have to be met. */
    filters: Schemas['Filter'][];
    /** 1 to 100 characters; no other segment of the site has it. */
    name: string;
  };
  /** A link that somebody wants. */
  NewShare: {
    /** For how many days it is good. */
    days?: number;
    /** 1 to 100 characters. */
    name: string;
    /** What its holder is shown. */
    shows?: Schemas['Shows'];
  };
  NewStages: {
    document: Schemas['StagesDocument'];
  };
  /** An event with which more went on than without. */
  NextAction: {
    /** By how much the part that went on is greater with it. */
    difference: number;
    /** The event's name. */
    event: string;
    /** The upper end. */
    high: number;
    /** The lower end of its interval; above 0. */
    low: number;
    /** How lately the journeys were seen that are compared. */
    recency: Schemas['PredictionRecency'];
    /** Journeys in which it happened within 30 days. */
    with: number;
    /** Those of them that went on. */
    with_went_on: number;
    /** Journeys in which it did not. */
    without: number;
    /** Those of them that went on. */
    without_went_on: number;
  };
  /** How a value is compared. */
  Op: "is" | "is_not" | "contains" | "not_contains" | "matches" | "not_matches";
  /** An order as it counts. */
  Order: {
    /** When, by the event that counts. */
    at: number;
    /** In which currency the next three are; null where none was told. */
    currency?: string | null;
    /** Its id. */
    event_id: string;
    /** What it brought; null where that is not known. */
    gross?: string | null;
    /** That event's name. */
    name: string;
    /** The difference. */
    net?: string | null;
    /** The site's own id of it; null where the event told none. */
    order_id?: string | null;
    /** What refunds took back of that. */
    refunded?: string | null;
    /** Refunds of it. */
    refunds: number;
    /** In which session. */
    session_id: string;
    /** Whose browser told it. */
    visitor_id: string;
  };
  /** What some sessions and what happened in them come to. Rates are parts of one; null where there is nothing to divide by. */
  OverviewFigures: Schemas['Earned'] & ({
    /** The other sessions of all sessions. */
    bounce_rate?: number | null;
    /** Those of all sessions. */
    conversion_rate?: number | null;
    /** Items that are a conversion. */
    conversions: number;
    /** Sessions with a conversion. */
    converted_sessions: number;
    /** Engaged sessions of all sessions. */
    engaged_rate?: number | null;
    /** Those with more than ten seconds of visible pages, a conversion, or two page views. */
    engaged_sessions: number;
    /** Items of the type event. */
    events: number;
    /** From a session's start to its last item, in milliseconds. */
    mean_duration_ms?: number | null;
    /** How long the pages of a session were visible, in milliseconds. */
    mean_visible_ms?: number | null;
    /** Those whose first session it was. */
    new_visitors: number;
    /** Page views. */
    page_views: number;
    /** Sessions that began. */
    sessions: number;
    /** Visitors with a session that began. */
    visitors: number;
  });
  /** A page. */
  PageRow: {
    /** Those that were scrolled over nine tenths of the page, of all of them. */
    deep_rate?: number | null;
    /** Sessions that began in the time and of which it was the first page. */
    entries: number;
    /** Likewise the last one. */
    exits: number;
    /** Its host; null where the address could not be read. */
    host?: string | null;
    /** How long a view was visible, in milliseconds. */
    mean_visible_ms?: number | null;
    /** Views of which it was told for how long the page was visible or how far it was scrolled. The next three are of them. */
    measured_views: number;
    /** How far half of them were scrolled at least, in per cent. */
    median_scroll?: number | null;
    /** Its path. */
    path?: string | null;
    /** Sessions in which it was viewed. */
    sessions: number;
    /** Views in the time. */
    views: number;
    /** Visitors who viewed it. */
    visitors: number;
  };
  /** What pages are sorted by, the greatest first. */
  PageSort: "views" | "visitors" | "sessions" | "entries" | "exits";
  /** Pages, as an answer. */
  PageTable: {
    /** How many there are, those that are not shown included. */
    count: number;
    /** Pages, the greatest first. */
    rows: Schemas['PageRow'][];
    /** All of them together. */
    total: Schemas['PageTotal'];
  };
  /** All views together. */
  PageTotal: {
    /** Sessions in which one was viewed. */
    sessions: number;
    /** Views in the time. */
    views: number;
    /** Visitors who viewed a page. */
    visitors: number;
  };
  /** Part of a list, and where the next part starts. */
  Page_Account: {
    /** The rows. */
    data: ({
      /** The domain of the trait `domain` or `website`, in lower case and without `www.`. */
      domain?: string | null;
      /** When it was told first. */
      first_told: number;
      /** The site's own id of it. */
      id: string;
      /** When it was told last. */
      last_told: number;
      /** The trait `name`. */
      name?: string | null;
      /** The latest traits: the JSON text of an object. Readers get the object. */
      traits?: Record<string, unknown> | null;
      /** Browsers that told it. */
      visitors: number;
    })[];
    /** What to hand in for the next part; null at the end. */
    next_cursor?: string | null;
  };
  /** Part of a list, and where the next part starts. */
  Page_AlertChange: {
    /** The rows. */
    data: (Schemas['AlertTold'] & {
      /** When it was found. */
      at: number;
      /** Its id, which all notices of it tell. */
      id: string;
      /** Who was told of it, and whether they were; nobody of the first time that an alert is found to be as it should. */
      notices: Schemas['AlertNotice'][];
    })[];
    /** What to hand in for the next part; null at the end. */
    next_cursor?: string | null;
  };
  /** Part of a list, and where the next part starts. */
  Page_Audited: {
    /** The rows. */
    data: ({
      /** What, such as `persons.merge`. */
      action: string;
      /** Who: `user:` and the number of a login, `api_key:` and that of a key, or `cli` for a command of the command line. */
      actor: string;
      /** When, by the collector's clock. */
      at: number;
      /** The rest: the JSON text of an object. Readers get the object. */
      detail: Record<string, unknown>;
      /** Its id. */
      id: string;
      /** The site of which it was changed; none for what is of the whole workspace. */
      site?: number | null;
      /** To whom or what. */
      subject: string;
    })[];
    /** What to hand in for the next part; null at the end. */
    next_cursor?: string | null;
  };
  /** Part of a list, and where the next part starts. */
  Page_Delivery: {
    /** The rows. */
    data: ({
      /** Attempts so far. */
      attempts: number;
      /** When the item was stored. */
      created_at: number;
      /** When it is due, or when it ended. */
      due_at: number;
      /** Why it was not delivered, so far or at all. */
      error?: string | null;
      /** Its id, which every attempt tells the receiver. */
      id: string;
      /** The item that it is about. */
      item_id: string;
      /** The milestone that it tells of; null where it tells of an event. */
      milestone?: string | null;
      /** `waiting`, `delivered`, `skipped` or `dead`. */
      state: string;
      /** The status of the last answer. */
      status?: number | null;
      /** The visitor that it is about. */
      visitor_id: string;
    })[];
    /** What to hand in for the next part; null at the end. */
    next_cursor?: string | null;
  };
  /** Part of a list, and where the next part starts. */
  Page_Entry: {
    /** The rows. */
    data: ({
      /** When it happened, by the corrected client clock. */
      at: number;
      /** Whether its visitor is a bot. */
      bot: boolean;
      /** Whether it counts as a conversion. */
      conversion: boolean;
      /** The value's currency. */
      currency?: string | null;
      /** The item's id. */
      id: string;
      interaction?: Schemas['Contact'] | null;
      /** The name of an event or milestone; of a group, the account's id; of an interaction, what happened. */
      name?: string | null;
      /** During which page view. */
      page_view_id?: string | null;
      /** Properties, traits, or what else the kind says: the JSON text of an object. Readers get the object. */
      props?: Record<string, unknown> | null;
      /** The collector's clock when it arrived. */
      received_at: number;
      /** The page before. */
      referrer?: string | null;
      /** The furthest scroll in per cent (page views). */
      scroll_max?: number | null;
      /** In which session; null for an interaction. */
      session_id?: string | null;
      /** The key of the stage it leads to (milestones, and events that reach one). */
      stage?: string | null;
      /** The page's title; of an interaction, what it was about. */
      title?: string | null;
      /** What kind of item. */
      type: Schemas['EntryKind'];
      /** The page's URL. */
      url?: string | null;
      /** The user id known at that moment. */
      user_id?: string | null;
      /** Money earned, as decimal text. */
      value?: string | null;
      /** Milliseconds for which the page was visible (page views). */
      visible_ms?: number | null;
      /** Who; of an interaction, the browser that it was sent with. */
      visitor_id?: string | null;
      /** The visitor's friendly name. */
      visitor_name?: string | null;
    })[];
    /** What to hand in for the next part; null at the end. */
    next_cursor?: string | null;
  };
  /** Part of a list, and where the next part starts. */
  Page_KeptInsight: {
    /** The rows. */
    data: (Schemas['InsightDetail'] & ({
      /** Until when that is known: the moment of the latest judgement, or its end. */
      confirmed_at: number;
      /** When it ended; null while it holds. */
      ended_at?: number | null;
      /** Since when it holds, by the times of what happened. */
      found_at: number;
      /** `signal` or `risk`. */
      kind: string;
      /** Whose. */
      person: string;
      /** The rule's name. */
      rule: string;
      /** `current` or `ended`. */
      status: string;
      /** The rule's version. */
      version: number;
    }))[];
    /** What to hand in for the next part; null at the end. */
    next_cursor?: string | null;
  };
  /** Part of a list, and where the next part starts. */
  Page_ListedJourney: {
    /** The rows. */
    data: (Schemas['Journey'] & ({
      kept?: Schemas['KeptScore'] | null;
    }))[];
    /** What to hand in for the next part; null at the end. */
    next_cursor?: string | null;
  };
  /** Part of a list, and where the next part starts. */
  Page_ListedPerson: {
    /** The rows. */
    data: (Schemas['Person'] & ({
      kept?: Schemas['KeptScore'] | null;
    }))[];
    /** What to hand in for the next part; null at the end. */
    next_cursor?: string | null;
  };
  /** Part of a list, and where the next part starts. */
  Page_LoadedRate: {
    /** The rows. */
    data: {
      /** The day from which it holds, in the site's time zone, until there is a later one. */
      date: string;
      /** One unit of this currency is… */
      from: string;
      /** When it was loaded. */
      loaded_at: number;
      /** How many, as decimal text. */
      rate: string;
      /** …so many of this one. */
      to: string;
    }[];
    /** What to hand in for the next part; null at the end. */
    next_cursor?: string | null;
  };
  /** Part of a list, and where the next part starts. */
  Page_Order: {
    /** The rows. */
    data: ({
      /** When, by the event that counts. */
      at: number;
      /** In which currency the next three are; null where none was told. */
      currency?: string | null;
      /** Its id. */
      event_id: string;
      /** What it brought; null where that is not known. */
      gross?: string | null;
      /** That event's name. */
      name: string;
      /** The difference. */
      net?: string | null;
      /** The site's own id of it; null where the event told none. */
      order_id?: string | null;
      /** What refunds took back of that. */
      refunded?: string | null;
      /** Refunds of it. */
      refunds: number;
      /** In which session. */
      session_id: string;
      /** Whose browser told it. */
      visitor_id: string;
    })[];
    /** What to hand in for the next part; null at the end. */
    next_cursor?: string | null;
  };
  /** Part of a list, and where the next part starts. */
  Page_Rejected: {
    /** The rows. */
    data: ({
      /** The field at fault. */
      field?: string | null;
      /** The item's id, or one that the collector made. */
      id: string;
      /** What was sent, as JSON text. */
      payload: string;
      /** Why it was dropped. */
      reason: string;
      /** When it arrived, by the collector's clock. */
      received_at: number;
      /** Whether it can go the way of ingest again. */
      retryable: boolean;
      /** Name and version of the sender. */
      sdk?: string | null;
      /** What is left of that. */
      state: Schemas['State'];
    })[];
    /** What to hand in for the next part; null at the end. */
    next_cursor?: string | null;
  };
  /** Part of a list, and where the next part starts. */
  Page_Session: {
    /** The rows. */
    data: ({
      /** Whether its visitor is a bot. */
      bot: boolean;
      /** The device at the session's earliest item. */
      device: Schemas['Device'];
      /** The URL of the earliest page view. */
      entry_url?: string | null;
      /** Items of type `event`. */
      events: number;
      /** The URL of the latest page view. */
      exit_url?: string | null;
      /** The earliest Google Analytics ids of the session. */
      ga: Schemas['Ga'];
      /** The address at the session's earliest item, as far as the collector keeps addresses. */
      ip?: string | null;
      /** The latest activity. */
      last_activity_at: number;
      /** Items of type `page_view`. */
      page_views: number;
      /** The version of the enrichment rules behind source, channel and device. */
      rules: number;
      /** Made by the browser, shared by its tabs. */
      session_id: string;
      /** The first activity. */
      started_at: number;
      touch?: Schemas['Touch'] | null;
      /** Milliseconds for which the session's pages were visible. */
      visible_ms: number;
      /** Whose session. */
      visitor_id: string;
      /** The visitor's friendly name. */
      visitor_name: string;
    })[];
    /** What to hand in for the next part; null at the end. */
    next_cursor?: string | null;
  };
  Pair: {
    /** The other one. */
    other: string;
    /** One id, such as `user:42`. */
    person: string;
  };
  /** What a score is made of. */
  Parts: {
    /** Distinct channels, 1 from five on. */
    channels: Schemas['Diversity'];
    /** Sessions and interactions, 1 from ten on. */
    frequency: Schemas['Frequency'];
    /** From 1 at the moment of the last activity to 0 a window later. */
    recency: Schemas['Recency'];
  };
  /** What stands at an end of a link. */
  PathKind: "page" | "event" | "milestone" | "others" | "end";
  /** A thing at a place of paths. */
  PathNode: {
    /** The place, from 0. */
    depth: number;
    /** Sessions of which nothing follows. */
    ended: number;
    /** What it is. */
    kind: Schemas['PathKind'];
    /** Its path or name; null for others, and for a page of which no address is known. */
    name?: string | null;
    /** Those, of all sessions that are followed. */
    rate?: number | null;
    /** Sessions that have it there. */
    sessions: number;
  };
  /** From one place to the next. */
  PathRow: {
    /** The place it goes from, from 0. */
    depth: number;
    /** Its path or name. */
    from?: string | null;
    /** What is there. */
    from_kind: Schemas['PathKind'];
    /** Those, of the sessions that have `from` at this place. */
    rate?: number | null;
    /** Sessions that go this way. */
    sessions: number;
    /** Its path or name. */
    to?: string | null;
    /** What is at the next place: after it, or before it where paths are followed back. */
    to_kind: Schemas['PathKind'];
  };
  /** What somebody did, from the place 0 to the last or to the session's end. */
  PathSequence: {
    /** Sessions of which nothing follows; the others go on beyond the last place. */
    ended: number;
    /** Those, of all sessions that are followed. */
    rate?: number | null;
    /** Sessions that have just these. */
    sessions: number;
    /** Things in their order; where paths are followed back, the latest first. */
    steps: Schemas['PathStep'][];
    /** Visitors with such a session. */
    visitors: number;
  };
  /** A thing of a sequence. */
  PathStep: {
    /** `page`, `event` or `milestone`. */
    kind: Schemas['PathKind'];
    /** Its path or name; null for a page of which no address is known. */
    name?: string | null;
  };
  /** Paths through sessions. */
  Paths: {
    /** What is linked, by place, the most frequent first and the others last. */
    nodes: Schemas['PathNode'][];
    /** Links, by place, the most frequent first. What goes on beyond the last place has none. */
    rows: Schemas['PathRow'][];
    /** The most frequent sequences of everything up to the last place, if they were asked for. */
    sequences?: Schemas['PathSequence'][] | null;
    /** Sessions that are followed. */
    sessions: number;
  };
  /** What paths are of. */
  PathsOf: "pages" | "events" | "both";
  /** An erasure that can still be taken back, without a word of whom it is of. */
  PendingErasure: {
    /** Who asked. */
    actor: string;
    /** When it was asked for, by the collector's clock. */
    asked_at: number;
    /** Until when it can be taken back. */
    due_at: number;
    /** Its id. */
    id: string;
    /** What becomes of the rows. */
    mode: Schemas['ErasureMode'];
    /** Rows by table. */
    rows: Record<string, number>;
  };
  /** One person with everything they did on all of their browsers. */
  Person: Schemas['Figures'] & {
    /** The accounts they told. */
    account_ids: string[];
    /** Whether each of their browsers is a bot's. */
    bot: boolean;
    /** The least of their ids: `user:` and a user id, or `visitor:` and the id of a browser of which no user is known. */
    id: string;
    /** The friendly name of their earliest browser. */
    name: string;
    /** The site's own ids of them. */
    user_ids: string[];
    /** Their browsers, the one first seen first. */
    visitors: Schemas['PersonVisitor'][];
  };
  /** Somebody's chance. */
  PersonChance: {
    /** Their chance of a higher stage within the horizon, from 0 to 1; null where none is shown. */
    chance?: number | null;
    /** Who was asked for. */
    person: string;
    /** Why not; null where one is. */
    reason?: string | null;
    /** The key of their stage; null where nothing is known of them. */
    stage?: string | null;
  };
  PersonProfile: Schemas['Person'] & Schemas['Last'];
  /** A browser of a person. */
  PersonVisitor: {
    /** Whether it is a bot's. */
    bot: boolean;
    /** The device at the browser's earliest item. */
    device: Schemas['Device'];
    /** Time of the person's earliest item there. */
    first_seen: number;
    /** Time of the person's latest item there. */
    last_seen: number;
    /** Its friendly name. */
    name: string;
    /** Whether others used it too: the person's is then only what the items named them, or nobody after them, for. */
    shared: boolean;
    /** The browser's lasting id. */
    visitor_id: string;
  };
  /** A score of a moment. */
  Point: {
    /** The moment. */
    at: number;
    /** Null where nothing is known of that time, or not all. */
    score?: number | null;
  };
  /** What answers tell of the chances. */
  Prediction: {
    /** Days that a chance looks ahead. */
    horizon_days: number;
    /** Those who were asked for. */
    persons: Schemas['PersonChance'][];
    /** The stages that have a next one, in order. */
    rows: Schemas['PredictionRow'][];
    /** When it was learned. */
    trained_at: number;
    /** The end of the history that was learned from. */
    trained_until: number;
  };
  /** A tenth of the later slice. */
  PredictionDecile: {
    /** Looks at journeys. */
    count: number;
    /** From 1 to 10. */
    decile: number;
    /** The part of them that went on. */
    observed: number;
    /** The mean of their chances. */
    predicted: number;
  };
  /** How well a model did on the slice that it had not seen. */
  PredictionQuality: {
    /** How likely one that went on was given a higher chance than one that did not; 0.5 is what guessing has. */
    auc: number;
    /** The part of the later slice that went on. */
    base_rate: number;
    /** The mean square of the difference between chance and what came; less is better. */
    brier: number;
    /** That of somebody who always says the base rate. */
    brier_of_base_rate: number;
    /** By what part the model is better than that; 0 or less is no better. */
    brier_skill: number;
    /** The later slice by tenths, from the lowest chances to the highest. */
    calibration: Schemas['PredictionDecile'][];
    /** Looks at journeys of the later slice. */
    measured_on: number;
    /** Those of them that went on. */
    measured_went_on: number;
    /** Looks at journeys that it learned from. */
    trained_on: number;
    /** Those of them that went on. */
    trained_went_on: number;
  };
  /** How lately somebody was seen. */
  PredictionRecency: "week" | "month" | "longer";
  /** A stage and the chance of the next one. */
  PredictionRow: {
    /** What went with the next stage, among journeys alike: association, not cause. */
    actions: Schemas['NextAction'][];
    /** Their mean chance, from 0 to 1; likewise. */
    chance?: number | null;
    /** How many of them may be expected to reach the next stage within the horizon; null where no chance is shown. */
    expected?: number | null;
    /** Journeys that were learned from or measured on. */
    journeys: number;
    /** The key of the next one. */
    next: string;
    /** Persons at the stage who were there in the time that was asked about. */
    persons: number;
    quality?: Schemas['PredictionQuality'] | null;
    /** Why no chance is shown; null where one is. */
    reason?: string | null;
    /** The stage's key. */
    stage: string;
  };
  /** Somebody in short: a browser, for a visitor's id, or a person, for a user's. */
  Profile: Schemas['VisitorProfile'] | Schemas['PersonProfile'];
  /** Profiles by the ids that were asked for. */
  Profiles: {
    data: Record<string, Schemas['Profile']>;
    /** Ids that are nobody's. */
    unknown: string[];
  };
  /** What events of a name tell. */
  Properties: {
    event: string;
    /** The earliest of them; null where there is none. */
    first_at?: number | null;
    /** How many of the events were looked at: the latest. `sample` has how many there are. */
    looked_at: number;
    /** Their properties, the most frequent first. */
    rows: Schemas['PropertyRow'][];
  };
  /** A property. */
  PropertyRow: {
    /** How many of the events have it. */
    count: number;
    /** How many values it has among them. */
    distinct: number;
    /** Its name. */
    property: string;
    /** The most frequent ones. */
    values: Schemas['PropertyValue'][];
  };
  /** A value of a property. */
  PropertyValue: {
    /** How many of the events have it. */
    count: number;
    /** The value, as it was sent. */
    value: Record<string, unknown>;
  };
  /** What a page may know of its site's catalogue. */
  PublicCatalogue: {
    document?: Record<string, unknown> | null;
    mode: Schemas['Mode'];
  };
  /** Money in the site's currency, as decimal text; null where the site has none. */
  QuestionMoney: {
    /** What the orders brought. */
    gross?: string | null;
    /** The difference. */
    net?: string | null;
    /** What refunds took back of that so far. */
    refunded?: string | null;
  };
  /** A range as answers say it. */
  QuestionRange: {
    /** The first moment of the first day. */
    begin: number;
    /** The first moment after the last day. */
    end: number;
    from: string;
    time_zone: string;
    to: string;
  };
  /** A stage that a journey has reached, or passed over on its way to a higher one. */
  ReachedStage: {
    /**
     * The first time that a milestone of it or of a higher stage was reached; when the visitor was first seen for the
     * first stage.
     */
    entered_at: number;
    /** Milliseconds until the next stage was entered; null while it lasts. */
    lasted_ms?: number | null;
    /** Its key. */
    stage: string;
  };
  /** Who is there now. Lists are of thirty minutes, the most visitors first, ten of each. */
  Realtime: {
    /** Where they were. */
    countries: Schemas['RealtimeValue'][];
    /** What happened. */
    events: Schemas['RealtimeValue'][];
    /** In the last thirty. */
    last_30_minutes: Schemas['RealtimeActive'];
    /** In the last five minutes. */
    last_5_minutes: Schemas['RealtimeActive'];
    /** Pages that were viewed. */
    pages: Schemas['RealtimePage'][];
    /** Minute by minute, the earliest first. */
    rows: Schemas['RealtimeMinute'][];
    /** Where active sessions came from. */
    sources: Schemas['RealtimeValue'][];
  };
  /** Visitors and sessions of which there was an item or a page ping. */
  RealtimeActive: {
    /** Sessions. */
    sessions: number;
    /** Visitors. */
    visitors: number;
  };
  /** A minute. */
  RealtimeMinute: {
    /** Its first moment, in milliseconds since the Unix epoch. */
    at: number;
    /** Items that are a conversion. */
    conversions: number;
    /** Items of the type event. */
    events: number;
    /** Page views in it. */
    page_views: number;
    /** Visitors who did something in it. */
    visitors: number;
  };
  /** A page of now. */
  RealtimePage: {
    /** How often. */
    count: number;
    /** Its host. */
    host?: string | null;
    /** Its path. */
    path?: string | null;
    /** Visitors who viewed it. */
    visitors: number;
  };
  /** A value of now. */
  RealtimeValue: {
    /** Sessions of a source or a country; how often an event happened. */
    count: number;
    /** The source, country or event; null where none is known. */
    name?: string | null;
    /** Visitors of whom it is. */
    visitors: number;
  };
  /** Why an item was not stored. */
  Reason: "invalid_field" | "unknown_type" | "too_large" | "invalid_time" | "unknown_event" | "invalid_props" | "rejected" | "erased" | "expired" | "store_unavailable";
  /** What an erasure did, without a word of whom it was. */
  Receipt: {
    /** When, by the collector's clock. */
    at: number;
    mode?: Schemas['ErasureMode'] | null;
    /** HMAC-SHA-256 of the id that was asked for: who knows id and key can tell that it was this one. */
    person: string;
    /** Its id, by which the audit log has it. */
    receipt: string;
    /** Rows by table. */
    rows: Record<string, number>;
    /** HMAC-SHA-256 of all of this, under the site's key. */
    signature: string;
    /** The site. */
    site_id: number;
  };
  /** How long ago somebody was there. */
  Recency: {
    /** The latest activity of an occasion. */
    last_at: number;
    /** From 0 to 1. */
    value: number;
    /** How much it counts. */
    weight: number;
  };
  /** A session, interaction or page view. */
  Record: {
    /** Its id. */
    id: string;
    /** Which of them. */
    type: Schemas['RecordKind'];
  };
  /** What an occasion, or another thing that is pointed at, is. */
  RecordKind: "session" | "interaction" | "page_view";
  /** What became of items that were tried again. */
  RejectedTried: {
    accepted: number;
    dropped: number;
    duplicate: number;
    not_retryable: number;
    retry: number;
  };
  /** Whether anything is sent again. */
  Replayed: {
    replayed: boolean;
  };
  /** A question that was saved: the route that answers it, and its parameters. */
  Report: {
    /** When it was changed last. */
    changed_at: number;
    /** When it was saved. */
    created_at: number;
    /** By whom, as in the audit log. */
    created_by: string;
    /** Its id. */
    id: string;
    /** What it is called. */
    name: string;
    /** The parameters: the JSON text of an object. Readers get the object. */
    parameters: Record<string, unknown>;
    /** The route, such as `/api/v1/analytics/funnel`. */
    path: string;
  };
  ReportChange: {
    /** 1 to 100 characters. */
    name?: string | null;
    /** Its parameters but `site`, all of them. */
    parameters?: Record<string, unknown> | null;
    /** The route of the question, below `/api/v1/analytics/`. */
    path?: string | null;
  };
  Reports: {
    data: Schemas['Report'][];
  };
  /** How far the search of the past has come. */
  Restating: {
    /** Items that were looked at. */
    items: number;
  };
  Retention: Schemas['RetentionLimits'] & ({
    /** Days for which an erasure can be taken back where nobody says how many. */
    grace_days: number;
    /** When the next one begins at the earliest; null while one is under way, and until the collector has looked at the site. */
    next_at?: number | null;
    round?: Schemas['RetentionRound'] | null;
    would?: Schemas['RetentionRemoved'] | null;
  });
  RetentionChange: {
    days?: Schemas['RetentionLimit'] | null;
    /** Whether to say what a round would remove by these limits, and change nothing. */
    dry_run?: boolean;
    /** The same of events, by name. */
    events?: Record<string, Schemas['RetentionLimit']>;
    /** Days for which an erasure can be taken back where nobody says how many. */
    grace_days?: number | null;
  };
  /** A limit as a request says it: days, `"forever"`, or `"default"`. */
  RetentionLimit: number | Schemas['RetentionWord'];
  /** A site's limits; none where things are kept for ever. */
  RetentionLimits: {
    /** Days for which things are kept; null for ever. */
    days?: number | null;
    /** Days of the events that have a limit of their own, by name; null for ever. */
    events: Record<string, number | null>;
  };
  /** All cohorts together, one of the periods after they began. */
  RetentionPoint: {
    /** People for whom this period is over. */
    of: number;
    /** Periods after the one in which they began. */
    offset: number;
    /** Who came back in it; null where it is over for nobody. */
    people?: number | null;
    /** Those, of `of`: the mean of the cohorts' rates, weighted by their size. */
    rate?: number | null;
  };
  /** What was removed. */
  RetentionRemoved: {
    /** Items with a row of their own: events, page views and so on. */
    events: number;
    /** Interactions. */
    interactions: number;
    /** Sessions. */
    sessions: number;
    /** Visitors. */
    visitors: number;
  };
  /** Rounds, as a site's status tells them. */
  RetentionRound: Schemas['RetentionRemoved'] & ({
    /** When it began. */
    began_at: number;
    /** When it ended; null while it is under way. */
    ended_at?: number | null;
  });
  /** A cohort in one of the periods after it began. */
  RetentionRow: {
    /** The first moment of its period. */
    begins_at?: number | null;
    /** The first day of its period, or the dimension's value, which may be null. */
    cohort?: string | null;
    /** Whether nobody can become part of it any more. */
    is_whole: boolean;
    /** What the cohort is of. */
    kind: Schemas['CohortKind'];
    /** Of them, those for whom this period is over; all of them at offset 0. */
    of: number;
    /** Periods after the one in which they began. */
    offset: number;
    /** Of those, who came back in it; null where it is over for nobody, or has not come. At offset 0 all of them. */
    people?: number | null;
    /** Those, of `of`. */
    rate?: number | null;
    /** People of the cohort. */
    size: number;
  };
  RetentionWord: "forever" | "default";
  /** What orders brought and refunds took back. Money is decimal text, exact to a millionth. */
  Revenue: {
    /** The same in the currencies in which it was paid, by code. */
    by_currency: Schemas['InCurrency'][];
    /** The site's currency, in which the next three are; null where the site has none. */
    currency?: string | null;
    /** What orders brought, as far as it can be converted; null where the site has no currency. */
    gross?: string | null;
    /** The difference. */
    net?: string | null;
    /** Orders, each once. */
    orders: number;
    /** What refunds took back of that. */
    refunded?: string | null;
    /** Refunds of these orders. */
    refunds: number;
    /** What of that is not part of the converted figures, because there is no rate. */
    unconverted: Schemas['InCurrency'][];
    /** Refunds that take nothing, because their order is not known, tells no value or is in another currency. */
    unmatched_refunds: Schemas['UnmatchedRefunds'][];
  };
  RevenueByDay: {
    data: Schemas['RevenueOfDay'][];
    time_zone: string;
    total: Schemas['Revenue'];
  };
  /** A day's revenue in the site's currency, as far as it can be converted. */
  RevenueOfDay: {
    day: string;
    gross?: string | null;
    net?: string | null;
    orders: number;
    /** Whether there is more that cannot be converted. */
    partial: boolean;
    refunded?: string | null;
    refunds: number;
  };
  /** What a member may do; `http/capability.rs` says what each may. */
  Role: "owner" | "analyst" | "viewer";
  /** What a row is of. */
  RowGroup: "all" | "value" | "others";
  /** How much an answer rests on, after conditions. */
  Sample: {
    /** Items. */
    items: number;
    /** Visitors, or persons where the question is about persons. */
    people: number;
    /** Sessions. */
    sessions: number;
  };
  /** The same as a reader and a writer of the API see it. */
  ScaleDocument: {
    /** Channels with which the diversity is full: 1 to 1000. */
    full_channels: number;
    /** Occasions with which the frequency is full: 1 to 1000. */
    full_occasions: number;
    /** How much each part counts. Together they are 1, to the millionth. */
    weights: Schemas['WeightsDocument'];
    /** Days before a moment from which occasions count: 1 to 365. */
    window_days: number;
  };
  /** What an API key may do; `http/capability.rs` says what each means. */
  Scope: "read" | "persons" | "manage" | "sites";
  /** Part of the answer about a visitor or a person. */
  Scores: {
    engagement: Schemas['EngagementScore'];
    /** Those that speak for interest first. None of bots. */
    insights: Schemas['Insight'][];
    trend: Schemas['Trend'];
    usage: Schemas['Usage'];
  };
  /** What made the batch. */
  Sdk: {
    name: string;
    version: string;
  };
  /** Conditions under a name. */
  Segment: {
    /** When it was changed last. */
    changed_at: number;
    /** When it was saved. */
    created_at: number;
    /** By whom, as in the audit log. */
    created_by: string;
    /** The conditions, all of which have to be met: the JSON text of a list. Readers get the list. */
    filters: Schemas['Filter'][];
    /** Its id. */
    id: string;
    /** What it is called; no other one of the site has the name. */
    name: string;
  };
  SegmentChange: {
    /** 1 to 20 conditions, all of which have to be met. */
    filters?: Schemas['Filter'][] | null;
    /** 1 to 100 characters; no other segment of the site has it. */
    name?: string | null;
  };
  Segments: {
    data: Schemas['Segment'][];
  };
  /** One session of a visitor. */
  Session: {
    /** Whether its visitor is a bot. */
    bot: boolean;
    /** The device at the session's earliest item. */
    device: Schemas['Device'];
    /** The URL of the earliest page view. */
    entry_url?: string | null;
    /** Items of type `event`. */
    events: number;
    /** The URL of the latest page view. */
    exit_url?: string | null;
    /** The earliest Google Analytics ids of the session. */
    ga: Schemas['Ga'];
    /** The address at the session's earliest item, as far as the collector keeps addresses. */
    ip?: string | null;
    /** The latest activity. */
    last_activity_at: number;
    /** Items of type `page_view`. */
    page_views: number;
    /** The version of the enrichment rules behind source, channel and device. */
    rules: number;
    /** Made by the browser, shared by its tabs. */
    session_id: string;
    /** The first activity. */
    started_at: number;
    touch?: Schemas['Touch'] | null;
    /** Milliseconds for which the session's pages were visible. */
    visible_ms: number;
    /** Whose session. */
    visitor_id: string;
    /** The visitor's friendly name. */
    visitor_name: string;
  };
  /** What was used in one session. */
  SessionUsage: Schemas['Used'] & {
    /** Which. */
    session_id: string;
    /** Whose session. */
    visitor_id: string;
  };
  Setup: {
    email: string;
    password: string;
    token: string;
  };
  /** A link, without its token, which nobody can read again. */
  Share: {
    /** Milliseconds since the Unix epoch. */
    created_at: number;
    /** Who made it, as in the audit log. */
    created_by: string;
    /** From when on it is good for nothing. */
    expires_at: number;
    /** The token's first characters. */
    hint: string;
    /** The id. */
    id: string;
    /** When it was used last, to the minute. */
    last_used_at?: number | null;
    /** What its maker calls it. */
    name: string;
    /** When it was taken back. */
    revoked_at?: number | null;
    /** What its holder is shown. */
    shows: Schemas['Shows'];
    /** The site it is for. */
    site_id: number;
  };
  /** What the holder of a share link is shown. */
  Shared: {
    expires_at: number;
    name: string;
    shows: Schemas['Shows'];
    site: Schemas['SharedSite'];
  };
  /** A site as the holder of a share link knows it. */
  SharedSite: {
    currency?: string | null;
    id: number;
    name: string;
    time_zone: string;
  };
  Shares: {
    data: Schemas['ListedShare'][];
  };
  Shown: {
    token: string;
  };
  /** A destination and how it fares. */
  ShownDestination: Schemas['Destination'] & {
    deliveries: Schemas['DeliveryCounts'];
  };
  /** What the holder of a link is shown. */
  Shows: "figures" | "journeys";
  /** A site: one set of pages whose visitors are counted together, and apart from those of every other site. */
  Site: {
    /** The domain of that cookie; the collector's own host if absent. */
    cookie_domain?: string | null;
    /** Milliseconds since the Unix epoch. */
    created_at: number;
    /** The currency of its figures, ISO 4217; nothing is converted where it has none. */
    currency?: string | null;
    /** The id in the API and in every table. */
    id: number;
    /** Whether everything of it is made up: it takes nothing in, and can be removed. */
    is_demo: boolean;
    /** The public write key, `wk_…`. */
    key: string;
    /** What its owner calls it. */
    name: string;
    /** Patterns of the origins that may send; none means any. */
    origins: string[];
    /** Whether answers renew the visitor's cookie. */
    renew_cookie: boolean;
    /** Whether what comes without one of its origins has to carry a server key. */
    server_key_required: boolean;
    /** The IANA name of the time zone in which its days begin. */
    time_zone: string;
    /** The workspace whose it is. */
    workspace: number;
  };
  /** A site's event catalogue. */
  SiteCatalogue: {
    changed_at?: number | null;
    document?: Record<string, unknown> | null;
    mode: Schemas['Mode'];
    /** Counts the changes; 0 where nothing was ever set. */
    revision: number;
  };
  /** A site's milestones and stages. */
  SiteStages: {
    changed_at?: number | null;
    /** Who changed it last: an e-mail address, or what the command line was told. */
    changed_by?: string | null;
    document: Schemas['StagesDocument'];
    restating?: Schemas['Restating'] | null;
    /** Counts the changes; 0 where the collector's own definition holds. */
    version: number;
  };
  Sites: {
    data: Schemas['Described'][];
  };
  /** What the list is ordered by. */
  Sort: "last_seen" | "score" | "stage";
  /** A stage of the journey. */
  Stage: {
    /** Its name in the API: small letters, digits and `_`. */
    key: string;
    /** Its name for people. */
    label: string;
  };
  /** Journeys at a stage, before and after. */
  StageCount: {
    after: number;
    before: number;
    stage: string;
  };
  /** Journeys whose stage would be another. */
  StageMove: {
    examples: Schemas['ExampleJourney'][];
    from: string;
    journeys: number;
    to: string;
  };
  /** A stage of the journeys that began in the time. */
  StageRow: {
    /** Who entered the stage long enough ago to say whether they went on in time; null for the last stage. */
    followed?: number | null;
    /** Of whom. */
    group: Schemas['RowGroup'];
    /** Its name. */
    label: string;
    /** The others, of `followed`. */
    loss?: number | null;
    /** The mean time from the first visit to the stage, in milliseconds, rounded down. */
    mean_length_ms?: number | null;
    /** The median of it. */
    median_length_ms?: number | null;
    /** How long who left the stage for a later one had been in it: the median. */
    median_ms?: number | null;
    /** What nine of ten of them did not exceed. */
    p90_ms?: number | null;
    /** Who is in it now. */
    people: number;
    /** Those, of all. */
    rate?: number | null;
    /** Those, of who reached the stage before. */
    rate_of_previous?: number | null;
    /** Who is in it or beyond. */
    reached: number;
    /** The stage's key. */
    stage: string;
    /** The dimension's value where the row is of one. */
    value?: string | null;
    /** Who of those did. */
    went_on?: number | null;
  };
  /** How many were so long in a stage before they left it. */
  StageTime: {
    /** Less than this, in milliseconds, and no less than the one before; null for what is beyond all. */
    below_ms?: number | null;
    /** How many. */
    people: number;
    /** The stage's key. */
    stage: string;
  };
  /** Stages, and the way through them. */
  Stages: {
    /** Of all, how long it took from milestone to milestone, the most frequent first. */
    between: Schemas['MilestoneGap'][];
    /** Where more stay behind than should. */
    bottlenecks: Schemas['Bottleneck'][];
    /** Of all, when milestones were reached, in the definition's order. */
    milestones: Schemas['MilestoneTime'][];
    /** Stages in their order: of all, then of each value of the dimension, the greatest first. */
    rows: Schemas['StageRow'][];
    /** Of all, how long they were in each stage. */
    times: Schemas['StageTime'][];
  };
  /** What a definition is written as. */
  StagesDocument: {
    /** The milestones in order, at most 100. */
    milestones: Schemas['MilestoneRule'][];
    /** The stages in order, 1 to 20. Everyone begins at the first. */
    stages: Schemas['Stage'][];
    /** The version of the format: 1. */
    version: number;
  };
  StagesHistory: {
    data: Schemas['StagesVersion'][];
  };
  /** What a definition would change of the journeys that there are. Bots are left out, as they are of every figure. */
  StagesPreview: {
    /** Journeys that were looked at. */
    journeys: number;
    /** Milestones of which anything would change, by name. */
    milestones: Schemas['MilestoneChange'][];
    /** Those whose stage would be another. */
    moved: number;
    /** From which stage to which, the most journeys first. */
    moves: Schemas['StageMove'][];
    /** Journeys at each stage: the present ones in their order, then those that would be new. */
    stages: Schemas['StageCount'][];
    /** The version that it is compared with. */
    version: number;
  };
  /** A version of a definition. */
  StagesVersion: {
    changed_at: number;
    changed_by?: string | null;
    document: Schemas['StagesDocument'];
    version: number;
  };
  /** Whether a link may be used. */
  Standing: "good" | "expired" | "revoked";
  /** What is left of an item's JSON. */
  State: "whole" | "masked" | "cut";
  /** `accepted` and `duplicate` are durable; `retry` is to be sent again. */
  Status: "accepted" | "duplicate" | "dropped" | "retry";
  /** The answer that these clients wait for. */
  Success: {
    success: boolean;
  };
  /** What was used of one tool. */
  ToolUse: {
    /** The tool, as the site calls it. */
    tool: string;
    /** How often it was entered. */
    uses: number;
    /** Milliseconds spent on it while its page was visible, as far as exits told. */
    visible_ms: number;
  };
  /**
   * How a visitor arrived, with the conclusions drawn from it. One record from one item: a null field was not known
   * at that moment and is never filled from another.
   */
  Touch: {
    /** When, by the corrected client clock. */
    at?: number | null;
    /** `utm_campaign`. */
    campaign?: string | null;
    /** The channel group, such as `Paid Search`. */
    channel?: string | null;
    /**
     * Click ids of advertising networks: the JSON text of an object of strings by parameter name, null where there is
     * none. Readers get the object.
     */
    click_ids: Record<string, string>;
    /** `utm_content`. */
    content?: string | null;
    /** The whole URL of the landing page. */
    landing_url?: string | null;
    /** By what means, lower-cased: `cpc`, `email`, `organic`, `referral`; null for direct visits. */
    medium?: string | null;
    /** The page before it. */
    referrer?: string | null;
    /** Where from, lower-cased: `google`, `newsletter`, `direct`, a host. */
    source?: string | null;
    /** `utm_term`. */
    term?: string | null;
  };
  /** How engagement went. */
  Trend: {
    /** The chance of such a difference, or a greater one, if nothing had changed. */
    chance?: number | null;
    /** Days of the window, counted back from the moment, on which somebody was there. */
    days_active: number;
    direction?: Schemas['Direction'] | null;
    /** Occasions within the window. */
    occasions: number;
    /** Occasions within the window before; null where not all are known. */
    occasions_before?: number | null;
    /** The score at the end of each of these days, the earliest first; the last is that of the moment. */
    series: Schemas['Point'][];
  };
  /** Orders in one currency that cannot be converted. */
  Unconverted: {
    /** ISO 4217; null where none was told. */
    currency?: string | null;
    /** What they brought, as decimal text. */
    gross: string;
    /** The difference. */
    net: string;
    /** Those of them that told a value. */
    orders: number;
    /** What refunds took back of that so far. */
    refunded: string;
  };
  /** Refunds in one currency that take nothing. */
  UnmatchedRefunds: {
    /** What those of them add up to that tell an amount. */
    amount: string;
    /** The code; null where none was told. */
    currency?: string | null;
    /** How many. */
    refunds: number;
  };
  /** What somebody used, in all. */
  Usage: Schemas['Used'] & {
    /** Session by session, of the sessions that the answer lists; those without an event are left out. */
    sessions: Schemas['SessionUsage'][];
  };
  /** What was used. */
  Used: {
    /** Items of type `event`. */
    events: number;
    /** Of these, exports. */
    exports: number;
    /**
     * The tool on which most time was spent; of as much time, the one entered most often, then the first by name. Null
     * where no tool was used.
     */
    primary_tool?: string | null;
    /** The tools, the primary one first; at most fifty. */
    tools: Schemas['ToolUse'][];
  };
  Vec: (null | string)[];
  VisitorProfile: Schemas['Journey'] & Schemas['Last'];
  Wanted: {
    kind?: Schemas['KeyKind'];
    name: string;
    /** What it may do; without this it reads everything, and makes sites if it is for every one. */
    scopes?: Schemas['Scope'][] | null;
    site?: number | null;
    /** Whose it is to be; may be absent where a site is named or the caller manages the keys of one workspace only. */
    workspace?: number | null;
  };
  /** Where a demo site is to be, all of which may be left out. */
  WantedDemo: {
    /** The IANA name of the time zone in which its days begin; UTC where nobody says. */
    time_zone?: string | null;
    /** Whose it is to be; may be absent where the caller may make sites in one workspace only. */
    workspace?: number | null;
  };
  /** What a destination gets. Without anything of it, nothing. */
  Wants: {
    /** Every event that counts as a conversion. */
    conversions?: boolean;
    /** Events by name; `*` is every one. */
    events?: string[];
    /** Milestones by name, each when a visitor reaches it for the first time; `*` is every one. */
    milestones?: string[];
    /** Only what was done with consent. What was done after a refusal `ga4` gets in no case. */
    needs_consent?: boolean;
    /** What milestones and events are called there, by their names here; only for `ga4`. */
    renamed?: Record<string, string>;
  };
  /** Weights of the parts, each from 0 to 1. */
  WeightsDocument: {
    /** That of the channels. */
    channels: number;
    /** That of frequency. */
    frequency: number;
    /** That of recency. */
    recency: number;
  };
  /** The session that the items belong to. */
  WireSession: {
    id: string;
    started_at: number;
  };
  /** A workspace as the caller sees it. */
  Workspace: {
    id: number;
    /** What the caller may do in it. */
    may: Schemas['Capability'][];
    name: string;
    role?: Schemas['Role'] | null;
  };
  Workspaces: {
    data: Schemas['Workspace'][];
  };
}

/** Every call by its method and its path below /api/v1. */
export interface Calls {
  /** `GET /api/v1/accounts` */
  'GET /accounts': {
    path: Record<string, never>;
    query: {
      site?: number;
      q?: string;
      domain?: string;
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['Page_Account'];
  };
  /** `GET /api/v1/accounts/{id}` */
  'GET /accounts/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['FullAccount'];
  };
  /** `GET /api/v1/alerts` */
  'GET /alerts': {
    path: Record<string, never>;
    query: {
      site?: number;
    };
    body: never;
    answer: Schemas['Alerts'];
  };
  /** `POST /api/v1/alerts` */
  'POST /alerts': {
    path: Record<string, never>;
    query: {
      site?: number;
    };
    body: Schemas['NewAlert'];
    answer: Schemas['Alert'];
  };
  /** `POST /api/v1/alerts/preview` */
  'POST /alerts/preview': {
    path: Record<string, never>;
    query: {
      site?: number;
    };
    body: Schemas['AlertToPreview'];
    answer: Schemas['AlertPreview'];
  };
  /** `GET /api/v1/alerts/{id}` */
  'GET /alerts/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: never;
    answer: Schemas['Alert'];
  };
  /** `PATCH /api/v1/alerts/{id}` */
  'PATCH /alerts/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: Schemas['AlertChanges'];
    answer: Schemas['Alert'];
  };
  /** `DELETE /api/v1/alerts/{id}` */
  'DELETE /alerts/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: never;
    answer: void;
  };
  /** `GET /api/v1/alerts/{id}/history` */
  'GET /alerts/{id}/history': {
    path: {
      id: string;
    };
    query: {
      site?: number;
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['Page_AlertChange'];
  };
  /** `POST /api/v1/alerts/{id}/test` */
  'POST /alerts/{id}/test': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: never;
    answer: Schemas['AlertTested'];
  };
  /** Conversions and their value, divided among what led to them, by several models side by side. */
  'GET /analytics/attribution': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; thirty days up to `to` where there is none. */
      from?: string;
      /** The last day, included; today where there is none. */
      to?: string;
      /** The IANA name of the time zone in which days begin; the site's where there is none. */
      zone?: string;
      /** With which time the answer is compared. */
      compare?: Schemas['Compare'];
      format?: Schemas['AnswerFormat'];
      /**
       * A JSON list of conditions, all of which have to hold: `[{"dimension":"source","op":"is","values":["google"]}]`. Beside
       * dimensions there is `property:NAME`, a property of events.
       */
      filters?: string;
      /** The name or id of a segment, whose conditions have to hold too. */
      segment?: string;
      bots?: Schemas['Bots'];
      /** What touchpoints are counted by: a dimension of sessions or of a visitor's first touch; `channel` where there is none. */
      by?: Schemas['Dimension'];
      /**
       * What counts as a conversion: `conversions` (what was told as one; where there is none), `orders`, `event:NAME` or
       * `milestone:NAME`.
       */
      conversion?: string;
      /** Days before a conversion in which touchpoints count, 1 to 365, or `all`; 30 where there is none. */
      lookback?: string;
      /**
       * Which models, separated by commas: `first`, `last`, `last_non_direct`, `linear`, `time_decay`, `position`, `w_shaped`,
       * `markov_1`, `markov_2`, `markov_3`, `shapley`; all where there is none.
       */
      models?: string;
      /** Days in which a touchpoint loses half of its weight by `time_decay`, 0.01 to 365; 7 where there is none. */
      half_life?: number;
      /** How many keys have a row of their own, 1 to 100; 30 where there is none. */
      keys?: number;
      /** Whether each share is told with the interval in which it lies but for one in twenty, by drawing people again. */
      intervals?: boolean;
      /** How often they are drawn, 50 to 1000; 200 where there is none. */
      resamples?: number;
      /** What the drawing follows from; 0 where there is none. */
      seed?: number;
      /** Whether the hundred most frequent paths are told. */
      paths?: boolean;
      /** The key whose single touches are told, with `model`; for whoever may be told of single persons. */
      touches?: string;
      /** By which model, of those that look at one conversion alone; `linear` where there is none. */
      model?: string;
    };
    body: never;
    answer: Schemas['Answer_Attributed'];
  };
  /** How many persons convert, and after how long a journey. */
  'GET /analytics/conversions': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; thirty days up to `to` where there is none. */
      from?: string;
      /** The last day, included; today where there is none. */
      to?: string;
      /** The IANA name of the time zone in which days begin; the site's where there is none. */
      zone?: string;
      /** With which time the answer is compared. */
      compare?: Schemas['Compare'];
      format?: Schemas['AnswerFormat'];
      /**
       * A JSON list of conditions, all of which have to hold: `[{"dimension":"source","op":"is","values":["google"]}]`. Beside
       * dimensions there is `property:NAME`, a property of events.
       */
      filters?: string;
      /** The name or id of a segment, whose conditions have to hold too. */
      segment?: string;
      bots?: Schemas['Bots'];
      /**
       * What persons are counted by: `first_channel` (where there is none), `first_source`, `first_medium`, `first_campaign`,
       * `stage`, or `property:NAME`, as the item tells it with which somebody converted first.
       */
      by?: string;
      /**
       * What counts as a conversion: `conversions` (what was told as one; where there is none), `orders`, `event:NAME` or
       * `milestone:NAME`.
       */
      conversion?: string;
      /** Days before a conversion in which touchpoints count, 1 to 365, or `all`; 30 where there is none. */
      lookback?: string;
      /** How many keys have a row of their own, 1 to 1000; 50 where there is none. */
      keys?: number;
    };
    body: never;
    answer: Schemas['Answer_Conversions'];
  };
  /** Events and milestones by their names. */
  'GET /analytics/events': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; thirty days up to `to` where there is none. */
      from?: string;
      /** The last day, included; today where there is none. */
      to?: string;
      /** The IANA name of the time zone in which days begin; the site's where there is none. */
      zone?: string;
      /** With which time the answer is compared. */
      compare?: Schemas['Compare'];
      format?: Schemas['AnswerFormat'];
      /**
       * A JSON list of conditions, all of which have to hold: `[{"dimension":"source","op":"is","values":["google"]}]`. Beside
       * dimensions there is `property:NAME`, a property of events.
       */
      filters?: string;
      /** The name or id of a segment, whose conditions have to hold too. */
      segment?: string;
      bots?: Schemas['Bots'];
      /** By what rows are sorted; their number where nobody says. */
      sort?: Schemas['EventNameSort'];
      /** How many rows, 100 where nobody says. */
      limit?: number;
      /** `property:NAME`: names are told apart by what each event tells of it. */
      breakdown?: Schemas['Field'];
    };
    body: never;
    answer: Schemas['Answer_EventNameTable'];
  };
  /** How many made one step after another, and how long it took them. */
  'GET /analytics/funnel': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; thirty days up to `to` where there is none. */
      from?: string;
      /** The last day, included; today where there is none. */
      to?: string;
      /** The IANA name of the time zone in which days begin; the site's where there is none. */
      zone?: string;
      /** With which time the answer is compared. */
      compare?: Schemas['Compare'];
      format?: Schemas['AnswerFormat'];
      /**
       * A JSON list of conditions, all of which have to hold: `[{"dimension":"source","op":"is","values":["google"]}]`. Beside
       * dimensions there is `property:NAME`, a property of events.
       */
      filters?: string;
      /** The name or id of a segment, whose conditions have to hold too. */
      segment?: string;
      bots?: Schemas['Bots'];
      /**
       * A JSON list of 2 to 20 steps: `[{"page":"/pricing"},{"event":"trial","name":"Trial"},{"milestone":"signup_at"}]`. Each may
       * have `op`, `name` and `filters`, and of events and milestones `props`: `{"event":"trial","props":{"plan":["pro","team"]}}`.
       */
      steps: string;
      /** From the first step to the last: `30m`, `24h`, `7d`, at most 366 days; seven days where there is none. */
      window?: string;
      /** What may lie between two steps; `loose` where nothing is said. */
      order?: Schemas['FunnelOrder'];
      /** Who counts as one; `person` where nothing is said. */
      by?: Schemas['CountedBy'];
      /** The dimension of the first step by which the answer is broken down, or `property:NAME` for a property of it. */
      breakdown?: Schemas['Field'];
      /** The step, from 1, of which people are listed; for those who may be told of single persons. */
      people?: number;
      /** Which of them; `reached` where nothing is said. */
      outcome?: Schemas['FunnelOutcome'];
    };
    body: never;
    answer: Schemas['Answer_Funnel'];
  };
  /** Of how many persons each insight holds, and of how many it began and ended. */
  'GET /analytics/insights': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; thirty days up to `to` where there is none. */
      from?: string;
      /** The last day, included; today where there is none. */
      to?: string;
      /** The IANA name of the time zone in which days begin; the site's where there is none. */
      zone?: string;
      /** With which time the answer is compared. */
      compare?: Schemas['Compare'];
      format?: Schemas['AnswerFormat'];
    };
    body: never;
    answer: Schemas['Answer_InsightCounts'];
  };
  /** A site as a whole: series and totals, or totals by values. */
  'GET /analytics/overview': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; thirty days up to `to` where there is none. */
      from?: string;
      /** The last day, included; today where there is none. */
      to?: string;
      /** The IANA name of the time zone in which days begin; the site's where there is none. */
      zone?: string;
      /** With which time the answer is compared. */
      compare?: Schemas['Compare'];
      format?: Schemas['AnswerFormat'];
      /**
       * A JSON list of conditions, all of which have to hold: `[{"dimension":"source","op":"is","values":["google"]}]`. Beside
       * dimensions there is `property:NAME`, a property of events.
       */
      filters?: string;
      /** The name or id of a segment, whose conditions have to hold too. */
      segment?: string;
      bots?: Schemas['Bots'];
      /** What the series is cut into; by the number of days where there is none. */
      interval?: Schemas['Interval'];
      /**
       * Up to two dimensions of sessions or visitors with a comma between: rows are of their values then, and not of
       * stretches of time.
       */
      breakdown?: string;
      /** By what rows of values are sorted; sessions where nobody says. */
      sort?: Schemas['FiguresSort'];
      /** How many rows of values, 10 where nobody says; what is beyond is `others`. */
      limit?: number;
    };
    body: never;
    answer: Schemas['Answer_FiguresTable'];
  };
  /** Pages: how often, by whom, for how long and how far. */
  'GET /analytics/pages': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; thirty days up to `to` where there is none. */
      from?: string;
      /** The last day, included; today where there is none. */
      to?: string;
      /** The IANA name of the time zone in which days begin; the site's where there is none. */
      zone?: string;
      /** With which time the answer is compared. */
      compare?: Schemas['Compare'];
      format?: Schemas['AnswerFormat'];
      /**
       * A JSON list of conditions, all of which have to hold: `[{"dimension":"source","op":"is","values":["google"]}]`. Beside
       * dimensions there is `property:NAME`, a property of events.
       */
      filters?: string;
      /** The name or id of a segment, whose conditions have to hold too. */
      segment?: string;
      bots?: Schemas['Bots'];
      /** By what rows are sorted; views where nobody says. */
      sort?: Schemas['PageSort'];
      /** How many rows, 100 where nobody says. */
      limit?: number;
    };
    body: never;
    answer: Schemas['Answer_PageTable'];
  };
  /** Where sessions go on to after something, or came from before it. */
  'GET /analytics/paths': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; thirty days up to `to` where there is none. */
      from?: string;
      /** The last day, included; today where there is none. */
      to?: string;
      /** The IANA name of the time zone in which days begin; the site's where there is none. */
      zone?: string;
      /** With which time the answer is compared. */
      compare?: Schemas['Compare'];
      format?: Schemas['AnswerFormat'];
      /**
       * A JSON list of conditions, all of which have to hold: `[{"dimension":"source","op":"is","values":["google"]}]`. Beside
       * dimensions there is `property:NAME`, a property of events.
       */
      filters?: string;
      /** The name or id of a segment, whose conditions have to hold too. */
      segment?: string;
      bots?: Schemas['Bots'];
      /**
       * Where paths begin, as a step of a funnel in JSON: `{"page":"/pricing"}`; `session` for the session's beginning, which it
       * is where neither `start` nor `end` is there.
       */
      start?: string;
      /** Where paths that are followed back begin: a step, or `session` for the session's end. */
      end?: string;
      /** Places of a path, the first included: 2 to 10; 5 where there is none. */
      depth?: number;
      /** Things that are told by themselves at each place, the rest as others: 1 to 50; 10 where there is none. */
      top?: number;
      /** `pages`, `events` (milestones included) or `both`; `pages` where nothing is said. */
      of?: Schemas['PathsOf'];
      /**
       * How many of the most frequent whole sequences of things are told, of up to `depth` each: 1 to 100; none where there is
       * none.
       */
      sequences?: number;
    };
    body: never;
    answer: Schemas['Answer_Paths'];
  };
  /** The chance of the next stage within 30 days, learned from the site's own history, with how well it did on what came later. */
  'GET /analytics/prediction': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; thirty days up to `to` where there is none. */
      from?: string;
      /** The last day, included; today where there is none. */
      to?: string;
      /** The IANA name of the time zone in which days begin; the site's where there is none. */
      zone?: string;
      /** With which time the answer is compared. */
      compare?: Schemas['Compare'];
      format?: Schemas['AnswerFormat'];
      /**
       * A JSON list of conditions, all of which have to hold: `[{"dimension":"source","op":"is","values":["google"]}]`. Beside
       * dimensions there is `property:NAME`, a property of events.
       */
      filters?: string;
      /** The name or id of a segment, whose conditions have to hold too. */
      segment?: string;
      bots?: Schemas['Bots'];
      /**
       * Persons whose chances are told, up to a hundred, separated by commas: `user:42,visitor:…`; for whoever may be told of
       * single persons.
       */
      person?: string;
    };
    body: never;
    answer: Schemas['Answer_Prediction'];
  };
  /** What events tell beside their name: properties with their most frequent values, of the latest events of the time. */
  'GET /analytics/properties': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; thirty days up to `to` where there is none. */
      from?: string;
      /** The last day, included; today where there is none. */
      to?: string;
      /** The IANA name of the time zone in which days begin; the site's where there is none. */
      zone?: string;
      /** With which time the answer is compared. */
      compare?: Schemas['Compare'];
      format?: Schemas['AnswerFormat'];
      /**
       * A JSON list of conditions, all of which have to hold: `[{"dimension":"source","op":"is","values":["google"]}]`. Beside
       * dimensions there is `property:NAME`, a property of events.
       */
      filters?: string;
      /** The name or id of a segment, whose conditions have to hold too. */
      segment?: string;
      bots?: Schemas['Bots'];
      /** The name of the events. */
      event: string;
      /** One property; all where there is none. */
      property?: string;
      /** How many values of each, 10 where nobody says. */
      limit?: number;
      /** How many of the latest events are looked at, 1000 where nobody says. */
      events?: number;
    };
    body: never;
    answer: Schemas['Answer_Properties'];
  };
  /** Who is there now. The days that questions are about do not matter here: it is about the last thirty minutes. */
  'GET /analytics/realtime': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; thirty days up to `to` where there is none. */
      from?: string;
      /** The last day, included; today where there is none. */
      to?: string;
      /** The IANA name of the time zone in which days begin; the site's where there is none. */
      zone?: string;
      /** With which time the answer is compared. */
      compare?: Schemas['Compare'];
      format?: Schemas['AnswerFormat'];
      /**
       * A JSON list of conditions, all of which have to hold: `[{"dimension":"source","op":"is","values":["google"]}]`. Beside
       * dimensions there is `property:NAME`, a property of events.
       */
      filters?: string;
      /** The name or id of a segment, whose conditions have to hold too. */
      segment?: string;
      bots?: Schemas['Bots'];
    };
    body: never;
    answer: Schemas['Answer_Realtime'];
  };
  /** How many of those who began together came back, period by period. */
  'GET /analytics/retention': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; thirty days up to `to` where there is none. */
      from?: string;
      /** The last day, included; today where there is none. */
      to?: string;
      /** The IANA name of the time zone in which days begin; the site's where there is none. */
      zone?: string;
      /** With which time the answer is compared. */
      compare?: Schemas['Compare'];
      format?: Schemas['AnswerFormat'];
      /**
       * A JSON list of conditions, all of which have to hold: `[{"dimension":"source","op":"is","values":["google"]}]`. Beside
       * dimensions there is `property:NAME`, a property of events.
       */
      filters?: string;
      /** The name or id of a segment, whose conditions have to hold too. */
      segment?: string;
      bots?: Schemas['Bots'];
      /**
       * What a cohort is of: `first_seen` (where nothing is said), `first_source`, `first_medium`, `first_channel` or `first_campaign`
       * for one of each value, or the first `milestone:NAME`, `event:NAME` or `page:PATH`.
       */
      cohort?: string;
      /** What counts as coming back: `session` (where nothing is said), `event:NAME`, `milestone:NAME` or `page:PATH`. */
      returning?: string;
      /** `day`, `week` or `month`; by the number of days where there is none. */
      period?: Schemas['Interval'];
      /** Periods of which return is told, the cohort's own included: 2 to 100; 13 where there is none. */
      periods?: number;
      /** Who counts as one; `person` where nothing is said. */
      by?: Schemas['CountedBy'];
    };
    body: never;
    answer: Schemas['Answer_CohortsOfRetention'];
  };
  /** Sessions by where they came from, or by their first page, last page, device, place and so on. */
  'GET /analytics/sources': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; thirty days up to `to` where there is none. */
      from?: string;
      /** The last day, included; today where there is none. */
      to?: string;
      /** The IANA name of the time zone in which days begin; the site's where there is none. */
      zone?: string;
      /** With which time the answer is compared. */
      compare?: Schemas['Compare'];
      format?: Schemas['AnswerFormat'];
      /**
       * A JSON list of conditions, all of which have to hold: `[{"dimension":"source","op":"is","values":["google"]}]`. Beside
       * dimensions there is `property:NAME`, a property of events.
       */
      filters?: string;
      /** The name or id of a segment, whose conditions have to hold too. */
      segment?: string;
      bots?: Schemas['Bots'];
      /**
       * Up to four dimensions of sessions or visitors with commas between; source, medium, campaign and channel where there is
       * none.
       */
      by?: string;
      /** By what rows are sorted; sessions where nobody says. */
      sort?: Schemas['FiguresSort'];
      /** How many rows, 100 where nobody says; what is beyond is `others`. */
      limit?: number;
    };
    body: never;
    answer: Schemas['Answer_FiguresTable'];
  };
  /** Journeys by stage, how long they took, and where they stay behind. */
  'GET /analytics/stages': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; thirty days up to `to` where there is none. */
      from?: string;
      /** The last day, included; today where there is none. */
      to?: string;
      /** The IANA name of the time zone in which days begin; the site's where there is none. */
      zone?: string;
      /** With which time the answer is compared. */
      compare?: Schemas['Compare'];
      format?: Schemas['AnswerFormat'];
      /**
       * A JSON list of conditions, all of which have to hold: `[{"dimension":"source","op":"is","values":["google"]}]`. Beside
       * dimensions there is `property:NAME`, a property of events.
       */
      filters?: string;
      /** The name or id of a segment, whose conditions have to hold too. */
      segment?: string;
      bots?: Schemas['Bots'];
      /** The dimension of the first visit by which the answer is broken down, such as `first_source`. */
      breakdown?: Schemas['Dimension'];
      /** How long after entering a stage somebody goes on in time: `24h`, `7d`; seven days where there is none. */
      within?: string;
      /** The loss, above 0 and below 1, beyond which a stage is a bottleneck; 0.3 where there is none. */
      threshold?: number;
    };
    body: never;
    answer: Schemas['Answer_Stages'];
  };
  /** `GET /api/v1/annotations` */
  'GET /annotations': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; without it, from the beginning. */
      from?: string;
      /** The last day; without it, to the end. */
      to?: string;
    };
    body: never;
    answer: Schemas['Annotations'];
  };
  /** `POST /api/v1/annotations` */
  'POST /annotations': {
    path: Record<string, never>;
    query: {
      site?: number;
    };
    body: Schemas['NewAnnotation'];
    answer: Schemas['Annotation'];
  };
  /** `PATCH /api/v1/annotations/{id}` */
  'PATCH /annotations/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: Schemas['AnnotationChange'];
    answer: Schemas['Annotation'];
  };
  /** `DELETE /api/v1/annotations/{id}` */
  'DELETE /annotations/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: never;
    answer: void;
  };
  /** `GET /api/v1/audit` */
  'GET /audit': {
    path: Record<string, never>;
    query: {
      site?: number;
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['Page_Audited'];
  };
  /** Every definition. */
  'GET /definitions': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: never;
    answer: Schemas['Definitions'];
  };
  /** One of them, by its name. */
  'GET /definitions/{id}': {
    path: {
      id: string;
    };
    query: Record<string, never>;
    body: never;
    answer: Schemas['DefinitionText'];
  };
  /** `GET /api/v1/destinations` */
  'GET /destinations': {
    path: Record<string, never>;
    query: {
      site?: number;
    };
    body: never;
    answer: Schemas['Destinations'];
  };
  /** `POST /api/v1/destinations` */
  'POST /destinations': {
    path: Record<string, never>;
    query: {
      site?: number;
    };
    body: Schemas['NewDestination'];
    answer: Schemas['MadeDestination'];
  };
  /** `GET /api/v1/destinations/{id}` */
  'GET /destinations/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: never;
    answer: Schemas['ShownDestination'];
  };
  /** `PATCH /api/v1/destinations/{id}` */
  'PATCH /destinations/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: Schemas['ChangedDestination'];
    answer: Schemas['ShownDestination'];
  };
  /** `DELETE /api/v1/destinations/{id}` */
  'DELETE /destinations/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: never;
    answer: void;
  };
  /** `GET /api/v1/destinations/{id}/deliveries` */
  'GET /destinations/{id}/deliveries': {
    path: {
      id: string;
    };
    query: {
      site?: number;
      /** What became of them; the dead ones without this. */
      state?: "waiting" | "delivered" | "skipped" | "dead";
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['Page_Delivery'];
  };
  /** `POST /api/v1/destinations/{id}/replay` */
  'POST /destinations/{id}/replay': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: Schemas['DeliveriesAgain'];
    answer: Schemas['Replayed'];
  };
  /** `POST /api/v1/destinations/{id}/secret` */
  'POST /destinations/{id}/secret': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: Schemas['NewSecret'];
    answer: Schemas['MadeDestination'];
  };
  /** `POST /api/v1/destinations/{id}/test` */
  'POST /destinations/{id}/test': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: never;
    answer: Schemas['DestinationTried'];
  };
  /** `GET /api/v1/erasures` */
  'GET /erasures': {
    path: Record<string, never>;
    query: {
      site?: number;
    };
    body: never;
    answer: Schemas['Erasures'];
  };
  /** `POST /api/v1/erasures/{id}/restore` */
  'POST /erasures/{id}/restore': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: never;
    answer: Schemas['PendingErasure'];
  };
  /** Answers with a page of entries. */
  'GET /events': {
    path: Record<string, never>;
    query: {
      site?: number;
      visitor?: string;
      session?: string;
      name?: string;
      type?: Schemas['EntryKind'];
      bots?: Schemas['Bots'];
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['Page_Entry'];
  };
  /** `GET /api/v1/exports/events` */
  'GET /exports/events': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; without it, from the beginning. */
      from?: string;
      /** The last day; without it, until now. */
      to?: string;
      format?: Schemas['Format'];
      bots?: Schemas['Bots'];
    };
    body: never;
    answer: void;
  };
  /** `GET /api/v1/exports/journeys` */
  'GET /exports/journeys': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; without it, from the beginning. */
      from?: string;
      /** The last day; without it, until now. */
      to?: string;
      format?: Schemas['Format'];
      bots?: Schemas['Bots'];
    };
    body: never;
    answer: void;
  };
  /** `GET /api/v1/exports/sessions` */
  'GET /exports/sessions': {
    path: Record<string, never>;
    query: {
      site?: number;
      /** The first day; without it, from the beginning. */
      from?: string;
      /** The last day; without it, until now. */
      to?: string;
      format?: Schemas['Format'];
      bots?: Schemas['Bots'];
    };
    body: never;
    answer: void;
  };
  /** Answers with the database in use. */
  'GET /geo': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: never;
    answer: Schemas['Answer'];
  };
  /** Answers with sums by one label of a dimension, the most visitors first, or by day, the earliest first. */
  'GET /imported': {
    path: Record<string, never>;
    query: {
      site?: number;
      dimension: string;
      by?: string;
      from?: string;
      to?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['ImportedTotals'];
  };
  /** `GET /api/v1/insights` */
  'GET /insights': {
    path: Record<string, never>;
    query: {
      site?: number;
      rule?: string;
      kind?: Schemas['InsightKind'];
      status?: Schemas['InsightStatus'];
      /** Found at this time or later, in milliseconds. */
      since?: number;
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['Page_KeptInsight'];
  };
  /** `GET /api/v1/interactions` */
  'GET /interactions': {
    path: Record<string, never>;
    query: {
      site?: number;
      channel?: string;
      kind?: string;
      /** Somebody's, or nobody's. */
      matched?: boolean;
      /** The sender's id of it. */
      key?: string;
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['Page_Entry'];
  };
  /** `GET /api/v1/interactions/channels` */
  'GET /interactions/channels': {
    path: Record<string, never>;
    query: {
      site?: number;
    };
    body: never;
    answer: Schemas['Channels'];
  };
  /** `POST /api/v1/invitations/accept` */
  'POST /invitations/accept': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas['Accepted'];
    answer: void;
  };
  /** `POST /api/v1/invitations/look` */
  'POST /invitations/look': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas['Shown'];
    answer: Schemas['Asked'];
  };
  /** `GET /api/v1/keys` */
  'GET /keys': {
    path: Record<string, never>;
    query: {
      /** The keys of one workspace; without it of every one whose keys the caller manages. */
      workspace?: number;
    };
    body: never;
    answer: Schemas['Keys'];
  };
  /** `POST /api/v1/keys` */
  'POST /keys': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas['Wanted'];
    answer: Schemas['Made'];
  };
  /** `DELETE /api/v1/keys/{id}` */
  'DELETE /keys/{id}': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: never;
    answer: void;
  };
  /** Answers with the stream. */
  'GET /live': {
    path: Record<string, never>;
    query: {
      site?: number;
      bots?: Schemas['Bots'];
      /**
       * The id of the last event that was seen, for who opens the stream anew and cannot set `Last-Event-ID`, which counts before
       * this.
       */
      last_event_id?: string;
    };
    body: never;
    answer: void;
  };
  /** `POST /api/v1/login` */
  'POST /login': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas['Login'];
    answer: void;
  };
  /** `POST /api/v1/logout` */
  'POST /logout': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: never;
    answer: void;
  };
  /** Answers with a line for each day from `from` to `to`, both included, in the site's time zone. */
  'GET /loss': {
    path: Record<string, never>;
    query: {
      site?: number;
      from?: string;
      to?: string;
    };
    body: never;
    answer: Schemas['LossByDay'];
  };
  /** `GET /api/v1/me` */
  'GET /me': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: never;
    answer: Schemas['Me'];
  };
  /** This description. */
  'GET /openapi.json': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: never;
    answer: Record<string, unknown>;
  };
  /** `GET /api/v1/persons` */
  'GET /persons': {
    path: Record<string, never>;
    query: {
      site?: number;
      q?: string;
      stage?: string;
      source?: string;
      bots?: Schemas['Bots'];
      sort?: Schemas['Sort'];
      /** From 0 to 1. Leaves out who has no score; of lists by score or stage. */
      min_score?: number;
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['Page_ListedPerson'];
  };
  /** `POST /api/v1/persons/merge` */
  'POST /persons/merge': {
    path: Record<string, never>;
    query: {
      site?: number;
    };
    body: Schemas['Pair'];
    answer: Schemas['Person'];
  };
  /** `POST /api/v1/persons/unmerge` */
  'POST /persons/unmerge': {
    path: Record<string, never>;
    query: {
      site?: number;
    };
    body: Schemas['Pair'];
    answer: Schemas['Person'];
  };
  /** `GET /api/v1/persons/{id}` */
  'GET /persons/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['FullPerson'];
  };
  /** `POST /api/v1/persons/{id}/erase` */
  'POST /persons/{id}/erase': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: Schemas['Erase'];
    answer: Schemas['Erased'];
  };
  /** `GET /api/v1/persons/{id}/export` */
  'GET /persons/{id}/export': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: never;
    answer: void;
  };
  /** `GET /api/v1/persons/{id}/orders` */
  'GET /persons/{id}/orders': {
    path: {
      id: string;
    };
    query: {
      site?: number;
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['Page_Order'];
  };
  /** `GET /api/v1/persons/{id}/sessions` */
  'GET /persons/{id}/sessions': {
    path: {
      id: string;
    };
    query: {
      site?: number;
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['Page_Session'];
  };
  /** `GET /api/v1/persons/{id}/timeline` */
  'GET /persons/{id}/timeline': {
    path: {
      id: string;
    };
    query: {
      site?: number;
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['Page_Entry'];
  };
  /** Up to 100 visitors and persons at once. */
  'GET /profiles': {
    path: Record<string, never>;
    query: {
      site?: number;
      /**
       * Up to 100 ids with commas between, or a JSON list of them: of visitors as they are or as `visitor:ID`, of persons by
       * one of their user ids as `user:ID`.
       */
      ids: string;
    };
    body: never;
    answer: Schemas['Profiles'];
  };
  /** `GET /api/v1/rejected` */
  'GET /rejected': {
    path: Record<string, never>;
    query: {
      site?: number;
      reason?: Schemas['Reason'];
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['ListedRejected'];
  };
  /** `DELETE /api/v1/rejected` */
  'DELETE /rejected': {
    path: Record<string, never>;
    query: {
      site?: number;
      reason?: Schemas['Reason'];
    };
    body: never;
    answer: Schemas['Emptied'];
  };
  /** `POST /api/v1/rejected/retry` */
  'POST /rejected/retry': {
    path: Record<string, never>;
    query: {
      site?: number;
      reason?: Schemas['Reason'];
    };
    body: never;
    answer: Schemas['RejectedTried'];
  };
  /** `DELETE /api/v1/rejected/{id}` */
  'DELETE /rejected/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: never;
    answer: void;
  };
  /** `POST /api/v1/rejected/{id}/retry` */
  'POST /rejected/{id}/retry': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: never;
    answer: Schemas['ItemAnswer'];
  };
  /** `GET /api/v1/reports` */
  'GET /reports': {
    path: Record<string, never>;
    query: {
      site?: number;
    };
    body: never;
    answer: Schemas['Reports'];
  };
  /** `POST /api/v1/reports` */
  'POST /reports': {
    path: Record<string, never>;
    query: {
      site?: number;
    };
    body: Schemas['NewReport'];
    answer: Schemas['Report'];
  };
  /** `PATCH /api/v1/reports/{id}` */
  'PATCH /reports/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: Schemas['ReportChange'];
    answer: Schemas['Report'];
  };
  /** `DELETE /api/v1/reports/{id}` */
  'DELETE /reports/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: never;
    answer: void;
  };
  /**
   * Answers with a line for each day from `from` to `to`, both included, in the site's time zone. An order counts on the day
   * of its event, a refund on its own.
   */
  'GET /revenue': {
    path: Record<string, never>;
    query: {
      site?: number;
      from?: string;
      to?: string;
      bots?: Schemas['Bots'];
    };
    body: never;
    answer: Schemas['RevenueByDay'];
  };
  /** `GET /api/v1/segments` */
  'GET /segments': {
    path: Record<string, never>;
    query: {
      site?: number;
    };
    body: never;
    answer: Schemas['Segments'];
  };
  /** `POST /api/v1/segments` */
  'POST /segments': {
    path: Record<string, never>;
    query: {
      site?: number;
    };
    body: Schemas['NewSegment'];
    answer: Schemas['Segment'];
  };
  /** `PATCH /api/v1/segments/{id}` */
  'PATCH /segments/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: Schemas['SegmentChange'];
    answer: Schemas['Segment'];
  };
  /** `DELETE /api/v1/segments/{id}` */
  'DELETE /segments/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: never;
    answer: void;
  };
  /** `GET /api/v1/sessions` */
  'GET /sessions': {
    path: Record<string, never>;
    query: {
      site?: number;
      visitor?: string;
      /** Part of the campaign, of the last page's address, or of the visitor's name or user id. */
      q?: string;
      /** Whose source is this. */
      source?: string;
      /** Whose channel is this. */
      channel?: string;
      /** Part of the first page's address. */
      entry_page?: string;
      /** Two letters. */
      country?: string;
      /** Begun on this day or later. */
      from?: string;
      /** Begun on this day or before. */
      to?: string;
      /** The IANA name of the time zone in which days begin; the site's where there is none. */
      zone?: string;
      bots?: Schemas['Bots'];
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['Page_Session'];
  };
  /** `POST /api/v1/setup` */
  'POST /setup': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas['Setup'];
    answer: void;
  };
  /** `GET /api/v1/shares` */
  'GET /shares': {
    path: Record<string, never>;
    query: {
      site?: number;
    };
    body: never;
    answer: Schemas['Shares'];
  };
  /** `POST /api/v1/shares` */
  'POST /shares': {
    path: Record<string, never>;
    query: {
      site?: number;
    };
    body: Schemas['NewShare'];
    answer: Schemas['MadeShare'];
  };
  /** `DELETE /api/v1/shares/{id}` */
  'DELETE /shares/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: never;
    answer: void;
  };
  /** `GET /api/v1/sites` */
  'GET /sites': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: never;
    answer: Schemas['Sites'];
  };
  /** `POST /api/v1/sites` */
  'POST /sites': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas['Wanted'];
    answer: Schemas['Described'];
  };
  /** `POST /api/v1/sites/demo` */
  'POST /sites/demo': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas['WantedDemo'];
    answer: Schemas['Described'];
  };
  /** `PATCH /api/v1/sites/{id}` */
  'PATCH /sites/{id}': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: Schemas['Change'];
    answer: Schemas['Described'];
  };
  /** `DELETE /api/v1/sites/{id}` */
  'DELETE /sites/{id}': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: never;
    answer: void;
  };
  /** `GET /api/v1/sites/{id}/catalogue` */
  'GET /sites/{id}/catalogue': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: never;
    answer: Schemas['SiteCatalogue'];
  };
  /** `PATCH /api/v1/sites/{id}/catalogue` */
  'PATCH /sites/{id}/catalogue': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: Schemas['CatalogueChange'];
    answer: Schemas['SiteCatalogue'];
  };
  /** `POST /api/v1/sites/{id}/catalogue/adopt` */
  'POST /sites/{id}/catalogue/adopt': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: Schemas['AdoptedEvent'];
    answer: Schemas['SiteCatalogue'];
  };
  /** `GET /api/v1/sites/{id}/catalogue/findings` */
  'GET /sites/{id}/catalogue/findings': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: never;
    answer: Schemas['CatalogueFindings'];
  };
  /** `DELETE /api/v1/sites/{id}/catalogue/findings` */
  'DELETE /sites/{id}/catalogue/findings': {
    path: {
      id: number;
    };
    query: {
      /** An event's name; all findings if absent. */
      name?: string;
    };
    body: never;
    answer: Schemas['ForgottenFindings'];
  };
  /** `GET /api/v1/sites/{id}/imports` */
  'GET /sites/{id}/imports': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: never;
    answer: Schemas['Imports'];
  };
  /** `POST /api/v1/sites/{id}/imports` */
  'POST /sites/{id}/imports': {
    path: {
      id: number;
    };
    query: {
      /** What the file is: `sessions`, `ga4`, `umami` or `plausible`. */
      kind: string;
      /** Whether nothing is stored, and only said what would be. */
      dry_run?: boolean;
      /** What the file is called. Of sessions its end tells the format, and of Plausible's files what their sums are by. */
      file?: string;
      /** Of sessions: `csv` or `jsonl`, where the name does not tell. */
      format?: string;
      /** Of sessions as CSV: what stands between values, one ASCII character or `tab`. */
      delimiter?: string;
      /** Of sessions: which column says what, such as `visitor=cookie,started=first_hit`; an empty column for none. */
      map?: string;
      /** The zone of times that name none: an IANA name. UTC where nobody says. */
      time_zone?: string;
    };
    body: never;
    answer: Schemas['Import'];
  };
  /** `GET /api/v1/sites/{id}/imports/{import}` */
  'GET /sites/{id}/imports/{import}': {
    path: {
      id: number;
      import: string;
    };
    query: Record<string, never>;
    body: never;
    answer: Schemas['Import'];
  };
  /** `DELETE /api/v1/sites/{id}/imports/{import}` */
  'DELETE /sites/{id}/imports/{import}': {
    path: {
      id: number;
      import: string;
    };
    query: Record<string, never>;
    body: never;
    answer: void;
  };
  /** `GET /api/v1/sites/{id}/imports/{import}/rejects` */
  'GET /sites/{id}/imports/{import}/rejects': {
    path: {
      id: number;
      import: string;
    };
    query: Record<string, never>;
    body: never;
    answer: void;
  };
  /** `GET /api/v1/sites/{id}/rates` */
  'GET /sites/{id}/rates': {
    path: {
      id: number;
    };
    query: {
      from?: string;
      to?: string;
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['Page_LoadedRate'];
  };
  /** `POST /api/v1/sites/{id}/rates` */
  'POST /sites/{id}/rates': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: Schemas['NewRates'];
    answer: Schemas['Loaded'];
  };
  /** `DELETE /api/v1/sites/{id}/rates` */
  'DELETE /sites/{id}/rates': {
    path: {
      id: number;
    };
    query: {
      from: string;
      to: string;
      /** The first day; without it from the beginning. */
      first?: string;
      /** The last day; without it to the end. */
      last?: string;
    };
    body: never;
    answer: void;
  };
  /** `GET /api/v1/sites/{id}/retention` */
  'GET /sites/{id}/retention': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: never;
    answer: Schemas['Retention'];
  };
  /** `PATCH /api/v1/sites/{id}/retention` */
  'PATCH /sites/{id}/retention': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: Schemas['RetentionChange'];
    answer: Schemas['Retention'];
  };
  /** `GET /api/v1/sites/{id}/retention/totals` */
  'GET /sites/{id}/retention/totals': {
    path: {
      id: number;
    };
    query: {
      from?: string;
      to?: string;
    };
    body: never;
    answer: Schemas['KeptTotals'];
  };
  /** `GET /api/v1/sites/{id}/scores` */
  'GET /sites/{id}/scores': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: never;
    answer: Schemas['ScaleDocument'];
  };
  /** `PUT /api/v1/sites/{id}/scores` */
  'PUT /sites/{id}/scores': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: Schemas['ScaleDocument'];
    answer: Schemas['ScaleDocument'];
  };
  /** `GET /api/v1/sites/{id}/stages` */
  'GET /sites/{id}/stages': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: never;
    answer: Schemas['SiteStages'];
  };
  /** `PUT /api/v1/sites/{id}/stages` */
  'PUT /sites/{id}/stages': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: Schemas['NewStages'];
    answer: Schemas['SiteStages'];
  };
  /** `GET /api/v1/sites/{id}/stages/history` */
  'GET /sites/{id}/stages/history': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: never;
    answer: Schemas['StagesHistory'];
  };
  /** `POST /api/v1/sites/{id}/stages/preview` */
  'POST /sites/{id}/stages/preview': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: Schemas['NewStages'];
    answer: Schemas['StagesPreview'];
  };
  /** `GET /api/v1/visitors` */
  'GET /visitors': {
    path: Record<string, never>;
    query: {
      site?: number;
      q?: string;
      stage?: string;
      source?: string;
      /** Whose first channel is this. */
      channel?: string;
      /** Part of the address of the first landing page. */
      entry_page?: string;
      /** Two letters. */
      country?: string;
      /** Seen on this day or later. */
      from?: string;
      /** Seen first on this day or before. */
      to?: string;
      /** The IANA name of the time zone in which days begin; the site's where there is none. */
      zone?: string;
      bots?: Schemas['Bots'];
      sort?: Schemas['Sort'];
      /** From 0 to 1. Leaves out who has no score; of lists by score or stage. */
      min_score?: number;
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['Page_ListedJourney'];
  };
  /** `GET /api/v1/visitors/{id}` */
  'GET /visitors/{id}': {
    path: {
      id: string;
    };
    query: {
      site?: number;
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['Full'];
  };
  /** `PUT /api/v1/visitors/{id}/bot` */
  'PUT /visitors/{id}/bot': {
    path: {
      id: string;
    };
    query: {
      site?: number;
    };
    body: Schemas['Decision'];
    answer: Schemas['Journey'];
  };
  /** `GET /api/v1/workspaces` */
  'GET /workspaces': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: never;
    answer: Schemas['Workspaces'];
  };
  /** `POST /api/v1/workspaces` */
  'POST /workspaces': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas['NamedWorkspace'];
    answer: Schemas['Workspace'];
  };
  /** `PATCH /api/v1/workspaces/{id}` */
  'PATCH /workspaces/{id}': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: Schemas['NamedWorkspace'];
    answer: void;
  };
  /** `GET /api/v1/workspaces/{id}/audit` */
  'GET /workspaces/{id}/audit': {
    path: {
      id: number;
    };
    query: {
      cursor?: string;
      limit?: number;
    };
    body: never;
    answer: Schemas['Page_Audited'];
  };
  /** `GET /api/v1/workspaces/{id}/invitations` */
  'GET /workspaces/{id}/invitations': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: never;
    answer: Schemas['Invitations'];
  };
  /** `POST /api/v1/workspaces/{id}/invitations` */
  'POST /workspaces/{id}/invitations': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: Schemas['Guest'];
    answer: Schemas['MadeInvitation'];
  };
  /** `DELETE /api/v1/workspaces/{id}/invitations/{invitation}` */
  'DELETE /workspaces/{id}/invitations/{invitation}': {
    path: {
      id: number;
      invitation: string;
    };
    query: Record<string, never>;
    body: never;
    answer: void;
  };
  /** `POST /api/v1/workspaces/{id}/leave` */
  'POST /workspaces/{id}/leave': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: never;
    answer: void;
  };
  /** `GET /api/v1/workspaces/{id}/members` */
  'GET /workspaces/{id}/members': {
    path: {
      id: number;
    };
    query: Record<string, never>;
    body: never;
    answer: Schemas['Members'];
  };
  /** `PATCH /api/v1/workspaces/{id}/members/{member}` */
  'PATCH /workspaces/{id}/members/{member}': {
    path: {
      id: number;
      member: number;
    };
    query: Record<string, never>;
    body: Schemas['NewRole'];
    answer: void;
  };
  /** `DELETE /api/v1/workspaces/{id}/members/{member}` */
  'DELETE /workspaces/{id}/members/{member}': {
    path: {
      id: number;
      member: number;
    };
    query: Record<string, never>;
    body: never;
    answer: void;
  };
}
