"""What `assigner keys` says, in English and Spanish: a part of `words.WORDS`."""

from __future__ import annotations

from collections.abc import Mapping

KEYS: Mapping[str, tuple[str, str]] = {
    "key_made": (
        "Key {id} “{name}” made: {role}, workspace {workspace}, {expires}.",
        "Clave {id} «{name}» creada: {role}, espacio de trabajo {workspace}, {expires}.",
    ),
    "key_once": (
        "It is shown this once: only a sum of it is kept. Send it as “Authorization: Bearer KEY”.",
        "Solo se muestra esta vez: se guarda solo un resumen. Envíela como «Authorization: Bearer CLAVE».",
    ),
    "key_old": (
        "The old key {id} goes on until {until}.",
        "La clave anterior {id} sigue valiendo hasta {until}.",
    ),
    "key_revoked": (
        "Key {id} “{name}” revoked: it lets nobody in any more.",
        "Clave {id} «{name}» revocada: ya no deja entrar a nadie.",
    ),
    "key_expires": ("expires {at}", "caduca {at}"),
    "key_for_ever": ("does not expire", "no caduca"),
    "no_keys": (
        "Workspace {workspace} has no keys.",
        "El espacio de trabajo {workspace} no tiene claves.",
    ),
    "not_served": (
        "Note: ASSIGNER_WORKSPACES here does not name {workspace}; who is to serve it has to.",
        "Nota: ASSIGNER_WORKSPACES no nombra aquí {workspace}; quien lo atienda tiene que nombrarlo.",
    ),
    "key_id": ("Key", "Clave"),
    "key_name": ("Name", "Nombre"),
    "key_role": ("Role", "Rol"),
    "key_state": ("State", "Estado"),
    "key_created": ("Made", "Creada"),
    "key_until": ("Expires", "Caduca"),
    "key_rate": ("Rate/s", "Por s"),
    "live": ("live", "vigente"),
    "expired": ("expired", "caducada"),
    "revoked": ("revoked", "revocada"),
    "platform": ("platform", "plataforma"),
    "coordinator": ("coordinator", "coordinación"),
    "sre": ("sre", "sre"),
    "admin": ("admin", "administración"),
    # what is wrong
    "key_name_bad": (
        "{name} will not do; expected 1 to 64 printable characters, without spaces at the ends.",
        "{name} no vale; se esperan de 1 a 64 caracteres imprimibles, sin espacios en los extremos.",
    ),
    "key_name_taken": (
        "There is a live key “{name}” already: choose another name, or rotate or revoke that one.",
        "Ya hay una clave vigente «{name}»: elija otro nombre, o renueve o revoque esa.",
    ),
    "key_unknown": (
        "Workspace {workspace} has no key {id}; `assigner keys list` shows them.",
        "El espacio de trabajo {workspace} no tiene la clave {id}; `assigner keys list` las muestra.",
    ),
    "key_not_live": (
        "Key {id} has been revoked or has expired: make a new one.",
        "La clave {id} está revocada o ha caducado: cree una nueva.",
    ),
    "key_needs_agent": (
        "A key of role agent is one agent's: name them with --agent.",
        "Una clave de rol agent es de un agente: indíquelo con --agent.",
    ),
    "key_no_agent": (
        "--agent is for keys of role agent only.",
        "--agent es solo para claves de rol agent.",
    ),
    "changed_key": (
        "Somebody changed the key meanwhile: run this again.",
        "Alguien ha cambiado la clave entretanto: ejecútelo otra vez.",
    ),
}
"""By key; the gaps are the same in both languages."""
