/** What the lists of journeys and persons can be narrowed and ordered by; docs/api.md says what each means. */

export interface VisitorFilters {
  q?: string | undefined;
  stage?: string | undefined;
  source?: string | undefined;
  bots?: string | undefined;
}

export interface JourneyFilters extends VisitorFilters {
  channel?: string | undefined;
  country?: string | undefined;
  entry_page?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  sort?: string | undefined;
  min_score?: string | undefined;
}

export interface PersonFilters extends VisitorFilters {
  sort?: string | undefined;
  min_score?: string | undefined;
}
