// One model, in use or not.
//
// mode     read
// param    model         KEY      the model
// returns  model_id      STRING   its id
// returns  content       STRING   the whole model
// returns  derived_from  STRING   the model that judgements made it of, where they did
// returns  measured      STRING   what it was measured at, a JSON document
// returns  current       BOOLEAN  whether it is in use
// calls    stormgraph match
/*
:params { model: 'acme/0192' }
*/
MATCH (m:Model {key: $model})
OPTIONAL MATCH (d:ModelDocument {key: $model})
RETURN m.model_id AS model_id, coalesce(d.content, m.content) AS content, m.derived_from AS derived_from,
       m.measured AS measured, m.current AS current
