// The tenant's own channels, and its own names for those of the registry.
//
// mode     read
// param    after          KEY      ='' where the tenant's channels begin
// param    end            END      where they end
// param    limit          INTEGER  =1000 how many
// returns  channel        STRING   the channel
// returns  aliases        LIST     other names for it
// calls    GET /v1/channels
// calls    POST /v1/events
/*
:params { after: 'acme/', end: 'acme0', limit: 1000 }
*/
MATCH (c:Channel)
WHERE c.key > $after AND c.key < $end
RETURN c.channel AS channel, coalesce(c.aliases, []) AS aliases
ORDER BY c.key
LIMIT $limit
