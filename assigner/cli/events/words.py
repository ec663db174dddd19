"""What `assigner events` says, in English and Spanish: a part of `words.WORDS`."""

from __future__ import annotations

from collections.abc import Mapping

EVENTS: Mapping[str, tuple[str, str]] = {
    "event_missed": (
        "Something is missing here: the service does not keep it any more, or has lost it.",
        "Aquí falta algo: el servicio ya no lo conserva, o lo ha perdido.",
    ),
    "event_by": ("by {actor}", "por {actor}"),
    "event_task.pruned": ("deleted", "borrada"),
    "event_agent.put": ("agent saved", "agente guardado"),
    "event_agent.presence_set": ("agent {presence}", "agente {presence}"),
    "event_agent.removed": ("agent removed", "agente eliminado"),
    "event_queue.put": ("queue saved", "cola guardada"),
    "event_override.made": ("override made", "intervención hecha"),
    "event_override.undone": ("override undone", "intervención deshecha"),
    "event_override.ended": ("override ended", "intervención terminada"),
    "event_override.replaced": ("override replaced", "intervención sustituida"),
    "event_override.pruned": ("override deleted", "intervención borrada"),
    "presence_available": ("available", "disponible"),
    "presence_away": ("away", "ausente"),
    "presence_offline": ("offline", "desconectado"),
}
"""By key; the gaps are the same in both languages."""
