"""The tables behind `assigner.sample`: the back office of a Spanish telecoms company.

Identifiers are what such a company's systems hold: Spanish, in plain ASCII. Shares need not sum to one.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A kind of task in a queue: its share there, its planned handling minutes, and the skills it takes."""

    id: str
    share: int
    minutes: float
    level: int
    skills: dict[str, int] = field(default_factory=dict)
    any_skills: tuple[dict[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue's facts. `level` of a category is asked of the skill named like the queue.

    `sla_h` counts business hours; `channels` have shares, the main one first; `languages` are those served
    besides Spanish; `vip` says whether its customers may be very important ones.
    """

    id: str
    prefix: str
    share: int
    sla_h: int
    priority: int
    channels: dict[str, int]
    languages: tuple[str, ...]
    vip: bool
    categories: tuple[Category, ...]


def _category(
    id_: str, share: int, minutes: float, level: int, *any_skills: dict[str, int], **skills: int
) -> Category:
    return Category(id=id_, share=share, minutes=minutes, level=level, skills=skills, any_skills=any_skills)


_CRM: Final = ({"siebel": 2}, {"salesforce": 2})
_ALL: Final = ("ca", "en", "gl", "eu")

QUEUES: Final = (
    Queue(  # billing
        id="facturacion", prefix="FAC", share=24, sla_h=24, priority=50, vip=True,
        channels={"case": 60, "email": 40}, languages=_ALL,
        categories=(
            _category("rectificacion_factura", 30, 12, 3, sap=2),
            _category("abono", 25, 8, 2, sap=1),
            _category("consumo_no_reconocido", 20, 15, 3, movil=2),
            _category("domiciliacion", 15, 5, 1),
            _category("duplicado_factura", 10, 4, 1),
        ),
    ),
    Queue(  # breakdowns
        id="averias", prefix="AVE", share=20, sla_h=8, priority=70, vip=True,
        channels={"case": 65, "callback": 35}, languages=_ALL,
        categories=(
            _category("averia_fibra", 40, 14, 3, fibra=3),
            _category("averia_movil", 25, 10, 2, movil=3),
            _category("averia_tv", 18, 12, 2, tv=2),
            _category("router_sustitucion", 12, 6, 1, fibra=1),
            _category("corte_masivo", 5, 7, 4, fibra=3),
        ),
    ),
    Queue(  # new lines and number porting
        id="altas", prefix="ALT", share=17, sla_h=12, priority=55, vip=True,
        channels={"case": 70, "email": 30}, languages=_ALL,
        categories=(
            _category("portabilidad_movil", 35, 9, 2, *_CRM, movil=2),
            _category("alta_fibra", 30, 11, 2, *_CRM, fibra=1),
            _category("instalacion_pendiente", 15, 13, 2, fibra=2),
            _category("portabilidad_rechazada", 12, 18, 4, movil=3),
            _category("cambio_titular", 8, 10, 1, *_CRM),
        ),
    ),
    Queue(  # cancellations and retention
        id="bajas", prefix="BAJ", share=11, sla_h=16, priority=65, vip=True,
        channels={"callback": 60, "case": 40}, languages=_ALL,
        categories=(
            _category("baja_movil", 40, 8, 2, movil=1),
            _category("baja_fibra", 35, 10, 2, fibra=1),
            _category("permanencia", 15, 14, 3),
            _category("retencion_alto_valor", 10, 22, 4, retencion=4),
        ),
    ),
    Queue(  # payments
        id="cobros", prefix="COB", share=12, sla_h=36, priority=40, vip=False,
        channels={"case": 50, "callback": 30, "email": 20}, languages=("ca", "en", "gl"),
        categories=(
            _category("impago", 35, 10, 2, sap=1),
            _category("aplazamiento", 30, 8, 2),
            _category("devolucion_bancaria", 25, 7, 2, sap=2),
            _category("recobro_externo", 10, 12, 3, sap=3),
        ),
    ),
    Queue(  # complaints
        id="reclamaciones", prefix="REC", share=8, sla_h=40, priority=60, vip=False,
        channels={"case": 70, "email": 30}, languages=_ALL,
        categories=(
            _category("reclamacion_formal", 60, 30, 3, redaccion=3),
            _category("oficina_consumidor", 30, 42, 4, redaccion=4),
            _category("redes_sociales", 10, 9, 2),
        ),
    ),
    Queue(  # business customers
        id="empresas", prefix="EMP", share=6, sla_h=6, priority=75, vip=True,
        channels={"email": 45, "case": 35, "callback": 20}, languages=("ca", "en"),
        categories=(
            _category("averia_empresa", 40, 20, 3, fibra=3),
            _category("facturacion_empresa", 35, 18, 3, sap=3),
            _category("alta_empresa", 25, 24, 3, *_CRM),
        ),
    ),
    Queue(  # personal data
        id="datos", prefix="DAT", share=2, sla_h=60, priority=45, vip=False,
        channels={"case": 80, "email": 20}, languages=("ca", "en"),
        categories=(
            _category("acceso_datos", 70, 20, 3),
            _category("supresion_datos", 30, 15, 3),
        ),
    ),
)  # fmt: skip

_HOUR_S: Final = 3_600

SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "facturacion": {
        "offer_ttl_s": 120,
        "relaxation": [{"after_s": 8 * _HOUR_S, "skills": {"facturacion": 2}, "drop": ["sap"]}],
        "floor": {"facturacion": 1, "es": 3},
    },
    "averias": {
        "offer_ttl_s": 60,
        "decline_cool_down_s": 120,
        "relaxation": [
            {"after_s": _HOUR_S, "skills": {"averias": 2}},
            {"after_s": 3 * _HOUR_S, "skills": {"averias": 1, "fibra": 2, "movil": 2}},
        ],
        "floor": {"averias": 1, "fibra": 1, "movil": 1},
    },
    "bajas": {"offer_ttl_s": 90, "most_declines": 3},
    "reclamaciones": {"offer_ttl_s": 300, "decline_cool_down_s": _HOUR_S, "floor": {"redaccion": 3}},
    "empresas": {
        "offer_ttl_s": 45,
        "on_expiry": "away",
        "relaxation": [{"after_s": _HOUR_S, "skills": {"empresas": 2}}],
        "floor": {"empresas": 2},
    },
    "datos": {"offer_ttl_s": 600, "release_on_absence": False},
}
"""What queues say otherwise than the service's defaults, in the fields of `PUT /v1/queues`."""

LANGUAGES: Final = {"es": 74, "ca": 13, "en": 6, "gl": 4, "eu": 3}
"""Shares of the customers' languages."""

SPOKEN: Final = {"ca": 0.24, "en": 0.30, "gl": 0.09, "eu": 0.07}
"""The part of the agents who write a language besides Spanish."""

LEVELS: Final = {1: 5, 2: 20, 3: 35, 4: 27, 5: 13}
"""Shares of the levels of those who hold a skill."""

CAPACITIES: Final = {1: 30, 2: 35, 3: 25, 4: 10}

PRESENCES: Final = {"available": 86, "away": 9, "offline": 5}

SHIFTS: Final = {(-1.0, 7.0): 45, (-0.5, 8.5): 32, (-4.0, 0.25): 5, (5.0, 13.0): 13, (-9.0, -0.5): 5}
"""Shares of the shifts: hours from now to their begin and end."""

Situation = Literal["nobody", "learning", "email_only", "away", "next_shift", "leaving", "declined", "full"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Specialism:
    """Work that few can do, and what keeps those few from it now: a reason to wait for each."""

    skill: str
    queue: str
    category: str
    channel: str
    level: int
    minutes: float
    situation: Situation


def _specialism(
    situation: Situation, skill: str, level: int, queue: str, category: str, channel: str, minutes: float
) -> Specialism:
    return Specialism(
        skill=skill, queue=queue, category=category, channel=channel, level=level, minutes=minutes,
        situation=situation,
    )  # fmt: skip


SPECIALISMS: Final = (
    _specialism("nobody", "satelite", 1, "altas", "alta_satelite", "case", 20),
    _specialism("learning", "ciberseguridad", 4, "empresas", "incidente_seguridad", "email", 35),
    _specialism("email_only", "concursal", 2, "cobros", "concurso_acreedores", "callback", 25),
    _specialism("away", "arbitraje", 3, "reclamaciones", "junta_arbitral", "case", 45),
    _specialism("next_shift", "roaming", 3, "facturacion", "roaming_internacional", "case", 15),
    _specialism("leaving", "centralita", 3, "averias", "averia_centralita", "case", 50),
    _specialism("declined", "numeracion", 3, "altas", "conflicto_numeracion", "case", 18),
    _specialism("full", "fraude", 3, "reclamaciones", "suplantacion", "case", 28),
)

FIRST_NAMES: Final = (
    "adrian ainhoa alba alberto alejandro alicia amaia ana andrea andres angel antonio beatriz begona "
    "carla carlos carmen carolina clara cristina daniel david diego edurne elena enrique esther eva "
    "fatima fernando francisco gabriel gonzalo hector ignacio ines irene isabel ivan jaime javier joan "
    "jordi jorge jose juan julia laia laura leire lidia lucia luis manuel marc marcos maria marina mario "
    "marta martin mercedes miguel miriam monica montserrat natalia nerea noelia nuria olga oscar pablo "
    "paula pedro pilar rafael raquel raul roberto rocio rosa ruben sandra santiago sara sergio silvia "
    "sofia susana teresa uxia veronica victor xoan"
).split()

LAST_NAMES: Final = (
    "aguirre alonso alvarez arias aznar benitez blanco bravo caballero cabrera calvo campos cano carrasco "
    "castillo castro cortes crespo cruz delgado diaz diez dominguez duran echeverria esteban etxeberria "
    "fernandez ferrer flores fuentes gallego garcia garrido gil gimenez gomez gonzalez guerrero gutierrez "
    "hernandez herrera herrero hidalgo ibanez iglesias jimenez lopez lorenzo lozano marin marquez martin "
    "martinez medina mendez molina montero morales moreno moya munoz navarro nieto nunez ortega ortiz "
    "otero parra pascual pastor pena peralta perez prieto puig ramirez ramos rey reyes rojas romero rubio "
    "ruiz saez sala sanchez santana santiago santos sanz serra serrano soler soto suarez torres urrutia "
    "vargas vazquez vega velasco vicente vidal vila zabala"
).split()

CALENDAR: Final[dict[str, Any]] = {
    "time_zone": "Europe/Madrid",
    "hours": {day: [{"from": "08:00", "until": "20:00"}] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": [
        "2026-12-08", "2026-12-25", "2027-01-01", "2027-01-06", "2027-03-26", "2027-10-12", "2027-11-01",
        "2027-12-06", "2027-12-08",
    ],
    "special": {
        "2026-12-24": [{"from": "08:00", "until": "14:00"}],
        "2026-12-31": [{"from": "08:00", "until": "14:00"}],
    },
}  # fmt: skip
"""When the back office works: a made-up one's hours, the holidays of Spain."""
