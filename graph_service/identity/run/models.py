"""A tenant's matching model, kept in the graph."""

import base64
import gzip
import hashlib
from dataclasses import dataclass

from graph_service.graph import keys
from graph_service.graph.store import Store
from graph_service.records.model import now
from matching import Model


@dataclass(frozen=True, slots=True)
class HeldModel:
    """A model with the id it is kept under."""

    model_id: str
    model: Model


async def current_model(store: Store, tenant: str) -> HeldModel | None:
    """The model in use, or None where none was trained."""
    row = await store.read_one(tenant, "identity.current_model")
    if row is None:
        return None
    document = gzip.decompress(base64.b85decode(row["content"])).decode()
    return HeldModel(row["model_id"], Model.from_json(document))


async def save_model(store: Store, tenant: str, model: Model) -> str:
    """Keep a model and use it from now on; returns its id."""
    model_id, document = keys.mint(), model.to_json().encode()
    content = {
        "model_id": model_id,
        "content": base64.b85encode(gzip.compress(document, 6, mtime=0)).decode(),
        "fingerprint": hashlib.blake2b(document, digest_size=16).hexdigest(),
        "trained_at": now(),
    }
    await store.write(tenant, "identity.save_model", model=model_id, content=content)
    return model_id
