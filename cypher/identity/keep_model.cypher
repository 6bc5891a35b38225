// Keep what is said of a model beside the one in use, until somebody adopts it.
//
// mode     write
// param    tenant        STRING   whose it is
// param    model         KEY      the model's id
// param    content       MAP      model_id, trained_at, fingerprint, blocks, derived_from, measured
// returns  key           STRING   tenant/model_id
// calls    POST /v1/identity/recalibrations
/*
:params { tenant: 'acme', model: 'acme/0192', content: { model_id: '0192', derived_from: '0191' } }
*/
MERGE (m:Model {key: $model})
SET m.tenant = $tenant, m += $content, m.current = coalesce(m.current, false)
RETURN m.key AS key
