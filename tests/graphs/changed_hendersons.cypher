// What happened to the Hendersons: Bob was merged (in the feed already), then Ann and Maya were parted (not yet), and
// somebody judged that the call was Ann's.
UNWIND [
  ['c-1', 'person_merged', 'robert-sr', 'bob',  '000000000001', null],
  ['c-2', 'person_split',  'ann',       'maya', null,           null],
  ['c-3', 'person_judged', 'ann',       'ann',  null,           'j-2']
] AS row
CREATE (:Change {tenant: $t, key: $t + '/' + row[0], change_id: row[0], kind: row[1], subject: row[2], others: [row[3]],
                 feed: $t + '/' + row[4], run_id: CASE WHEN row[5] IS NULL THEN 'r-1' END,
                 judgement_id: row[5], changed_at: '2026-06-01T08:00:00Z'});

CREATE (:Unplaced {tenant: $t, key: $t + '/c-2', change_id: 'c-2'});

CREATE (:Feed {tenant: $t, key: $t + '/changes', last: 1});

UNWIND [['c-1', 'robert-sr'], ['c-1', 'bob']] AS row
MATCH (c:Change {key: $t + '/' + row[0]}), (p:Person {key: $t + '/' + row[1]})
CREATE (c)-[:CONCERNS]->(p);
