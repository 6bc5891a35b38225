// Say by which of a model's blocking rules its tenant's rows are put into blocks.
//
// mode     write
// param    model         KEY      the model
// param    blocks        STRINGS  the rules' names, four at most
// returns  model_id      STRING   the model
// calls    stormgraph match
/*
:params { model: 'acme/0192', blocks: ['both names, either order', 'street_address'] }
*/
MATCH (m:Model {key: $model})
SET m.blocks = $blocks
RETURN m.model_id AS model_id
