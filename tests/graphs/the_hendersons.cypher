// The Hendersons and their neighbours: the small graph that most stories are told on.
//
// 14 Elm St    the Hendersons: Robert (sr), Ann, and Robert (jr). They share a landline and a family e-mail address.
// 22 Pine Rd   Maya Lopez, who lived at 9 Oak Ave until the end of March 2026.
// 80 Sunrise   a dormitory: Noah Kim and Ada Berg share the address, and nothing else.
//
// Parameter t is the tenant. Own ids are readable here; in life we mint them.

// Who they are. Bob was found to be Robert (sr) long ago; nothing describes Bob any more.
UNWIND [
  // person_id,  first,    last,        household,    records, confidence, alias of
  ['robert-sr', 'robert', 'henderson', 'hendersons', 1,       1.0,        null],
  ['ann',       'ann',    'henderson', 'hendersons', 3,       0.97,       null],
  ['robert-jr', 'robert', 'henderson', 'hendersons', 1,       1.0,        null],
  ['maya',      'maya',   'lopez',     'lopez',      2,       0.99,       null],
  ['noah',      'noah',   'kim',       'kim',        1,       1.0,        null],
  ['ada',       'ada',    'berg',      'berg',       1,       1.0,        null],
  ['bob',       null,     null,        null,         0,       1.0,        'robert-sr']
] AS row
CREATE (:Person {tenant: $t, key: $t + '/' + row[0], person_id: row[0], version: 1, first_name: row[1],
                 last_name: row[2], household_id: row[3], records: row[4], confidence: row[5], alias_of: row[6],
                 created_at: '2026-05-04T06:00:00Z'});

UNWIND [
  // household_id, kind,           persons, alias of
  ['hendersons', 'family',         3,       null],
  ['lopez',      'family',         1,       null],
  ['kim',        'group_quarters', 1,       null],
  ['berg',       'group_quarters', 1,       null],
  ['bobs',       'family',         0,       'hendersons']
] AS row
CREATE (:Household {tenant: $t, key: $t + '/' + row[0], household_id: row[0], version: 1, kind: row[1],
                    persons: row[2], alias_of: row[3], created_at: '2026-05-04T06:00:00Z'});

UNWIND [
  // property_id, street,      zip
  ['P-14', '14 elm st',        '75209'],
  ['P-9',  '9 oak ave',        '75209'],
  ['P-22', '22 pine rd',       '75214'],
  ['P-80', '80 sunrise way',   '75205']
] AS row
CREATE (:Property {tenant: $t, key: $t + '/' + row[0], property_id: row[0], street_address: row[1], city: 'dallas',
                   state: 'tx', zip: row[2], address: row[1] + '||dallas|tx|' + row[2]});

// Who belongs where, and since when. Maya moved.
UNWIND [
  ['robert-sr', 'hendersons'], ['ann', 'hendersons'], ['robert-jr', 'hendersons'],
  ['maya', 'lopez'], ['noah', 'kim'], ['ada', 'berg']
] AS row
MATCH (p:Person {key: $t + '/' + row[0]}), (h:Household {key: $t + '/' + row[1]})
CREATE (p)-[:MEMBER_OF {from: '2025-01-15'}]->(h);

UNWIND [
  ['hendersons', 'P-14', '2025-01-15', null],
  ['lopez',      'P-9',  '2025-01-15', '2026-03-31'],
  ['lopez',      'P-22', '2026-04-01', null],
  ['kim',        'P-80', '2025-09-01', null],
  ['berg',       'P-80', '2025-09-01', null]
] AS row
MATCH (h:Household {key: $t + '/' + row[0]}), (b:Property {key: $t + '/' + row[1]})
CREATE (h)-[:LIVES_AT {from: row[2], to: row[3]}]->(b);

// The rows that our sources sent about them.
UNWIND [
  // source, record_id, first,    last,        suffix, street,           zip,     seen_at,                person
  ['crm',    '1',       'robert', 'henderson', 'sr',   '14 elm st',      '75209', '2025-04-02T15:00:00Z', 'robert-sr'],
  ['crm',    '2',       'ann',    'henderson', null,   '14 elm st',      '75209', '2025-04-02T15:05:00Z', 'ann'],
  ['calls',  '7',       'ann',    null,        null,   null,             null,    '2026-05-03T20:10:00Z', 'ann'],
  ['web',    'c1',      null,     null,        null,   null,             null,    '2026-05-03T21:00:00Z', 'ann'],
  ['door',   '3',       'robert', 'henderson', 'jr',   '14 elm st',      '75209', '2026-05-04T17:30:00Z', 'robert-jr'],
  ['crm',    '5',       'maya',   'lopez',     null,   '9 oak ave',      '75209', '2025-01-15T09:00:00Z', 'maya'],
  ['claims', '5',       'maya',   'lopez',     null,   '22 pine rd',     '75214', '2026-04-20T11:00:00Z', 'maya'],
  ['crm',    '8',       'noah',   'kim',       null,   '80 sunrise way', '75205', '2025-09-02T10:00:00Z', 'noah'],
  ['crm',    '9',       'ada',    'berg',      null,   '80 sunrise way', '75205', '2025-09-03T10:00:00Z', 'ada']
] AS row
MATCH (p:Person {key: $t + '/' + row[8]})
CREATE (r:Record {tenant: $t, key: $t + '/' + row[0] + '/' + row[1], source: row[0], record_id: row[1], version: 1,
                  content_hash: row[0] + row[1], first_name: row[2], last_name: row[3], suffix: row[4],
                  street_address: row[5], zip: row[6], seen_at: row[7], ingested_at: '2026-05-04T06:00:00Z'})
CREATE (r)-[:DESCRIBES {since: '2026-05-04T06:00:00Z'}]->(p);

// What they may be found by, and which rows carry it.
UNWIND [
  // kind,       scope, value
  ['phone',       '',    '+12145550101'],
  ['phone',       '',    '+12145550180'],
  ['email',       '',    'hendersons@example.com'],
  ['email',       '',    'maya@example.com'],
  ['cookie_id',   'web', 'ck-1'],
  ['property_id', '',    'P-14'],
  ['address',     '',    '14 elm st||dallas|tx|75209'],
  ['address',     '',    '9 oak ave||dallas|tx|75209'],
  ['address',     '',    '22 pine rd||dallas|tx|75214'],
  ['address',     '',    '80 sunrise way||dallas|tx|75205']
] AS row
CREATE (:Identifier {tenant: $t, key: $t + '/' + row[0] + '/' + row[1] + '/' + row[2], kind: row[0], scope: row[1],
                     value: row[2]});

UNWIND [
  ['crm/1', 'phone', 'phone//+12145550101'],             // the landline: his row once, hers twice
  ['crm/2', 'phone', 'phone//+12145550101'],
  ['calls/7', 'phone', 'phone//+12145550101'],
  ['crm/2', 'email', 'email//hendersons@example.com'],   // the family e-mail: hers twice, the son's once
  ['web/c1', 'email', 'email//hendersons@example.com'],
  ['door/3', 'email', 'email//hendersons@example.com'],
  ['web/c1', 'cookie_id', 'cookie_id/web/ck-1'],
  ['crm/1', 'property_id', 'property_id//P-14'],
  ['crm/1', 'street_address', 'address//14 elm st||dallas|tx|75209'],
  ['crm/2', 'street_address', 'address//14 elm st||dallas|tx|75209'],
  ['door/3', 'street_address', 'address//14 elm st||dallas|tx|75209'],
  ['crm/5', 'email', 'email//maya@example.com'],
  ['claims/5', 'email', 'email//maya@example.com'],
  ['crm/5', 'street_address', 'address//9 oak ave||dallas|tx|75209'],
  ['claims/5', 'street_address', 'address//22 pine rd||dallas|tx|75214'],
  ['crm/8', 'phone', 'phone//+12145550180'],
  ['crm/8', 'street_address', 'address//80 sunrise way||dallas|tx|75205'],
  ['crm/9', 'street_address', 'address//80 sunrise way||dallas|tx|75205']
] AS row
MATCH (r:Record {key: $t + '/' + row[0]}), (i:Identifier {key: $t + '/' + row[2]})
CREATE (r)-[:HAS {field: row[1]}]->(i);

// Hence to whom each leads: that person's rows carrying it over all rows carrying it.
UNWIND [
  // identifier,                                person,      strength, records, last seen
  ['phone//+12145550101',                      'ann',       0.667,    2,       '2026-05-03T20:10:00Z'],
  ['phone//+12145550101',                      'robert-sr', 0.333,    1,       '2025-04-02T15:00:00Z'],
  ['phone//+12145550180',                      'noah',      1.0,      1,       '2025-09-02T10:00:00Z'],
  ['email//hendersons@example.com',            'ann',       0.667,    2,       '2026-05-03T21:00:00Z'],
  ['email//hendersons@example.com',            'robert-jr', 0.333,    1,       '2026-05-04T17:30:00Z'],
  ['email//maya@example.com',                  'maya',      1.0,      2,       '2026-04-20T11:00:00Z'],
  ['cookie_id/web/ck-1',                       'ann',       1.0,      1,       '2026-05-03T21:00:00Z'],
  ['property_id//P-14',                        'robert-sr', 1.0,      1,       '2025-04-02T15:00:00Z'],
  ['address//14 elm st||dallas|tx|75209',      'ann',       0.333,    1,       '2025-04-02T15:05:00Z'],
  ['address//14 elm st||dallas|tx|75209',      'robert-jr', 0.333,    1,       '2026-05-04T17:30:00Z'],
  ['address//14 elm st||dallas|tx|75209',      'robert-sr', 0.333,    1,       '2025-04-02T15:00:00Z'],
  ['address//9 oak ave||dallas|tx|75209',      'maya',      1.0,      1,       '2025-01-15T09:00:00Z'],
  ['address//22 pine rd||dallas|tx|75214',     'maya',      1.0,      1,       '2026-04-20T11:00:00Z'],
  ['address//80 sunrise way||dallas|tx|75205', 'ada',       0.5,      1,       '2025-09-03T10:00:00Z'],
  ['address//80 sunrise way||dallas|tx|75205', 'noah',      0.5,      1,       '2025-09-02T10:00:00Z']
] AS row
MATCH (i:Identifier {key: $t + '/' + row[0]}), (p:Person {key: $t + '/' + row[1]})
CREATE (i)-[:IDENTIFIES {strength: row[2], records: row[3], last_seen: row[4]}]->(p);

UNWIND [
  ['property_id//P-14', 'P-14'],
  ['address//14 elm st||dallas|tx|75209', 'P-14'],
  ['address//9 oak ave||dallas|tx|75209', 'P-9'],
  ['address//22 pine rd||dallas|tx|75214', 'P-22'],
  ['address//80 sunrise way||dallas|tx|75205', 'P-80']
] AS row
MATCH (i:Identifier {key: $t + '/' + row[0]}), (b:Property {key: $t + '/' + row[1]})
CREATE (i)-[:LOCATES]->(b);

// The pairs that were scored; father and son are kept apart by their suffix.
UNWIND [
  ['calls/7',  'crm/2',  6.5,  0.989],
  ['crm/2',    'web/c1', 5.1,  0.972],
  ['claims/5', 'crm/5',  9.8,  0.999],
  ['crm/1',    'door/3', -3.2, 0.098]
] AS row
MATCH (l:Record {key: $t + '/' + row[0]}), (r:Record {key: $t + '/' + row[1]})
CREATE (l)-[:MATCHES {weight: row[2], probability: row[3], model: 'm-1'}]->(r);

// The hail of May: a call and a knock at the Hendersons' door, an inspection, and the job they signed. And a word of
// the tenant's own for a channel.
MATCH (h:Household {key: $t + '/hendersons'}), (b:Property {key: $t + '/P-14'}),
      (i:Identifier {key: $t + '/phone//+12145550101'})
CREATE (s:Storm {tenant: $t, key: $t + '/hail-may', storm_id: 'hail-may', name: 'May hail', kind: 'hail',
                 from: '2026-05-01T00:00:00.000Z', until: '2026-08-31T00:00:00.000Z'}),
       (j:Journey {tenant: $t, key: $t + '/j-1', journey_id: 'j-1', storm_id: 'hail-may', household_id: 'hendersons',
                   zip: '75209', opened_at: '2026-05-03T20:10:00.000Z', closed_at: '2026-05-09T15:00:00.000Z',
                   window_end: '2026-08-31T00:00:00.000Z', outcome: 'converted', touches: 2, value_usd: 14500.0,
                   anonymous: false, first_order: '2026-05-03T20:10:00.000Z|0|calls|c-1',
                   last_order: '2026-05-09T15:00:00.000Z|1|crm|s-1'}),
       (call:Touch {tenant: $t, key: $t + '/calls/c-1', source: 'calls', event_id: 'c-1', kind: 'touch',
                    occurred_at: '2026-05-03T20:10:00.000Z', at: 1777839000000, channel: 'call', direction: 'inbound',
                    order: '2026-05-03T20:10:00.000Z|0|calls|c-1', household_id: 'hendersons', journey_id: 'j-1',
                    content_hash: 'c1', version: 1}),
       (knock:Touch {tenant: $t, key: $t + '/doors/d-1', source: 'doors', event_id: 'd-1', kind: 'touch',
                     occurred_at: '2026-05-04T17:30:00.000Z', at: 1777915800000, channel: 'door_knock',
                     direction: 'outbound', play: 'free-check', order: '2026-05-04T17:30:00.000Z|0|doors|d-1',
                     household_id: 'hendersons', journey_id: 'j-1', content_hash: 'd1', version: 1}),
       (seen:Signal {tenant: $t, key: $t + '/crm/m-1', source: 'crm', event_id: 'm-1', kind: 'milestone',
                     milestone: 'inspection', occurred_at: '2026-05-06T14:00:00.000Z', at: 1778076000000,
                     direction: 'inbound', order: '2026-05-06T14:00:00.000Z|0|crm|m-1', household_id: 'hendersons',
                     content_hash: 'm1', version: 1}),
       (sold:Conversion {tenant: $t, key: $t + '/crm/s-1', source: 'crm', event_id: 's-1', kind: 'conversion',
                         occurred_at: '2026-05-09T15:00:00.000Z', at: 1778338800000, value_usd: 14500.0,
                         direction: 'inbound', order: '2026-05-09T15:00:00.000Z|1|crm|s-1',
                         household_id: 'hendersons', journey_id: 'j-1', content_hash: 's1', version: 1}),
       (play:Play {tenant: $t, key: $t + '/free-check', play_id: 'free-check'}),
       (:Channel {tenant: $t, key: $t + '/drone_flight', channel: 'drone_flight', aliases: ['drone']}),
       (b)-[:EXPOSED_TO {sii: 80.5, moe_usd: 12000.0}]->(s), (h)-[:TOOK]->(j)-[:DURING]->(s),
       (j)-[:STARTS_WITH]->(call)-[:NEXT]->(knock)<-[:ENDS_WITH]-(j), (j)-[:ENDED_IN]->(sold), (h)-[:SHOWED]->(seen),
       (knock)-[:UNDER]->(play), (call)-[:CARRIED]->(i), (sold)-[:CARRIED]->(i), (seen)-[:CARRIED]->(i);
CREATE (:CreditRun {tenant: $t, key: $t + '/credit-1', run_id: 'credit-1', version: 1, question: 'q', state: 'done',
  progress: 1.0, stage: 'done', storm_id: 'hail-may', settings: '{}', started_at: '2026-06-01T12:00:00.000Z',
  beat_at: '2026-06-01T12:00:00.000Z', ended_at: '2026-06-01T12:00:01.000Z'});
