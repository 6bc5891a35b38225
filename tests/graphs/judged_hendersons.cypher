// What people decided about the Hendersons' rows: father and son are two, and the call was Ann's; a third was taken back.
UNWIND [
  ['j-1', 'different', null],
  ['j-2', 'same',      null],
  ['j-3', 'same',      '2026-06-02T08:00:00Z']
] AS row
CREATE (:Judgement {tenant: $t, key: $t + '/' + row[0], judgement_id: row[0], verdict: row[1], actor: 'jo', reason: 'told us',
                    judged_at: '2026-06-01T08:00:00Z', withdrawn_at: row[2], records: 2});

UNWIND [
  ['j-1', 'left',  'crm/1',   'robert-sr'],
  ['j-1', 'right', 'door/3',  'robert-jr'],
  ['j-2', 'left',  'calls/7', 'ann'],
  ['j-2', 'right', 'crm/2',   'ann'],
  ['j-3', 'left',  'crm/1',   'robert-sr'],
  ['j-3', 'right', 'crm/2',   'ann']
] AS row
MATCH (j:Judgement {key: $t + '/' + row[0]}), (r:Record {key: $t + '/' + row[2]})
CREATE (j)-[:ABOUT {side: row[1], person: row[3], household: 'hendersons'}]->(r);
