/** Sessions as rows of a file. Pure. */
import { iso } from '../../lib/format/time';
import type { Column } from '../../lib/table/table';
import type { Row } from './conditions';

const text = (key: string, of: (row: Row) => string | null | undefined): Column<Row> => ({ key, label: key, text: (row) => of(row) ?? '' });
const number = (key: string, of: (row: Row) => number): Column<Row> => ({ key, label: key, numeric: true, text: (row) => String(of(row)), value: of });

/** Named as the whole export names them. */
export const FILE: readonly Column<Row>[] = [
  text('session_id', (row) => row.session_id),
  text('visitor_id', (row) => row.visitor_id),
  text('visitor_name', (row) => row.visitor_name),
  text('started_at', (row) => iso(row.started_at)),
  text('last_activity_at', (row) => iso(row.last_activity_at)),
  number('page_views', (row) => row.page_views),
  number('events', (row) => row.events),
  number('visible_ms', (row) => row.visible_ms),
  text('entry_url', (row) => row.entry_url),
  text('exit_url', (row) => row.exit_url),
  text('channel', (row) => row.touch?.channel),
  text('source', (row) => row.touch?.source),
  text('medium', (row) => row.touch?.medium),
  text('campaign', (row) => row.touch?.campaign),
  text('device_type', (row) => row.device.type),
  text('browser', (row) => row.device.browser),
  text('os', (row) => row.device.os),
  text('country', (row) => row.device.country),
];
