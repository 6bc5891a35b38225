// Journeys after the hail of 1 May 2026, and one outside every storm. `at` counts from midnight of that day.
// j1 door, call, signed; j2 door twice, mail, nothing; j3 signed untouched; j4 nobody known; j5 still open; j6 no storm.
UNWIND [
  ['j1', 'dfw', '75209', '2026-05-02', '2026-06-01', false, '2026-05-07', 12000.0],
  ['j2', 'dfw', '75209', '2026-05-03', '2026-06-01', false, '2026-05-21', 0.0],
  ['j3', 'dfw', '75210', '2026-05-05', '2026-06-01', false, '2026-05-05', 8000.0],
  ['j4', 'dfw', '', '2026-05-04', '2026-06-01', true, '2026-05-04', 0.0],
  ['j5', 'dfw', '75210', '2026-05-11', '2026-12-31', false, '2026-05-11', 0.0],
  ['j6', '', '', '2026-05-02', '2026-08-01', false, '2026-05-10', 5000.0]
] AS row
CREATE (:Journey {tenant: $t, key: $t + '/' + row[0], journey_id: row[0], household_id: 'h' + row[0], storm_id: row[1],
  zip: row[2], opened_at: row[3] + 'T00:00:00.000Z', window_end: row[4] + 'T00:00:00.000Z', anonymous: row[5],
  closed_at: row[6] + 'T00:00:00.000Z', outcome: CASE WHEN row[7] > 0.0 THEN 'converted' ELSE 'null' END,
  value_usd: row[7]});
UNWIND [
  ['a1', 'door_knock', 'storm_first', 1], ['a2', 'call', null, 5], ['b1', 'door_knock', 'storm_first', 2],
  ['b2', 'door_knock', null, 3], ['b3', 'mail', null, 20], ['d1', 'web', null, 3], ['e1', 'mail', null, 10],
  ['f1', 'web', null, 1], ['f2', 'call', 'call_back', 2]
] AS row
CREATE (:Touch {tenant: $t, key: $t + '/log/' + row[0], event_id: row[0], source: 'log', kind: 'touch', channel: row[1],
  play: row[2], at: 1777593600000 + row[3] * 86400000,
  occurred_at: '2026-05-' + right('0' + toString(row[3] + 1), 2) + 'T00:00:00.000Z'});
UNWIND [['c1', 6, 12000.0], ['c3', 4, 8000.0], ['c6', 9, 5000.0]] AS row
CREATE (:Conversion {tenant: $t, key: $t + '/log/' + row[0], event_id: row[0], source: 'log', kind: 'conversion',
  value_usd: row[2], at: 1777593600000 + row[1] * 86400000});
UNWIND [['a1', 'a2'], ['b1', 'b2'], ['b2', 'b3'], ['f1', 'f2']] AS row
MATCH (a:Touch {key: $t + '/log/' + row[0]})
MATCH (b:Touch {key: $t + '/log/' + row[1]})
CREATE (a)-[:NEXT]->(b);
UNWIND [['j1', 'a1', 'a2'], ['j2', 'b1', 'b3'], ['j4', 'd1', 'd1'], ['j5', 'e1', 'e1'], ['j6', 'f1', 'f2']] AS row
MATCH (j:Journey {key: $t + '/' + row[0]})
MATCH (a:Touch {key: $t + '/log/' + row[1]})
MATCH (b:Touch {key: $t + '/log/' + row[2]})
CREATE (j)-[:STARTS_WITH]->(a)
CREATE (j)-[:ENDS_WITH]->(b);
UNWIND [['j1', 'c1'], ['j3', 'c3'], ['j6', 'c6']] AS row
MATCH (j:Journey {key: $t + '/' + row[0]})
MATCH (c:Conversion {key: $t + '/log/' + row[1]})
CREATE (j)-[:ENDED_IN]->(c);
