"""A made-up service in Open Referral's records, with all that the profile has, and its organisation."""

from __future__ import annotations

import uuid
from typing import Any

Json = dict[str, Any]


def an_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.example.org"))


def organization(name: str = "Mill Trust", **more: Any) -> Json:
    return {
        "id": an_id(name),
        "name": name,
        "description": "Looks after the old mill.",
        "email": "office@mill.example.org",
        "website": "https://mill.example.org",
        "logo": "https://mill.example.org/logo.png",
        "uri": "https://register.example.org/4711",
        "organization_identifiers": [
            {
                "id": an_id("number"),
                "identifier_scheme": "GB-CHC",
                "identifier_type": "Charity number",
                "identifier": "0000000",
            }
        ],
        "phones": [{"id": an_id("phone of the mill"), "number": "+44 1632 960001"}],
        **more,
    }


def brief(record: Json, *left_out: str) -> Json:
    return {name: value for name, value in record.items() if name not in left_out}


def service(name: str = "Mill Lunch", **more: Any) -> Json:
    return {
        "id": an_id(name),
        "name": name,
        "description": "A warm lunch.\nAll are welcome.",
        "url": "https://mill.example.org/lunch",
        "email": "lunch@mill.example.org",
        "status": "active",
        "fees": "Free",
        "accreditations": "None",
        "minimum_age": 0,
        "maximum_age": 120,
        "assured_date": "2024-02-01",
        "assurer_email": "assurer@county.example.org",
        "alert": "Closed in August",
        "last_modified": "2024-03-15T10:30:45.123Z",
        "schedules": [
            {
                "id": an_id("schedule"),
                "freq": "WEEKLY",
                "interval": 1,
                "byday": "TU,TH",
                "opens_at": "12:00",
                "closes_at": "14:00",
                "schedule_link": "https://mill.example.org/times",
            }
        ],
        "service_areas": [{"id": an_id("area"), "name": "The town", "uri": "https://areas.example.org/E1"}],
        "service_at_locations": [
            {
                "id": an_id("at"),
                "location": {
                    "id": an_id("location"),
                    "location_type": "physical",
                    "name": "Old Mill",
                    "latitude": 51.0,
                    "longitude": -3.1,
                    "addresses": [
                        {
                            "id": an_id("address"),
                            "attention": "Ann Example",
                            "address_1": "1 Mill Lane",
                            "city": "Milltown",
                            "state_province": "",
                            "postal_code": "ZZ1 1ZZ",
                            "country": "GB",
                            "address_type": "physical",
                        }
                    ],
                    "accessibility": [{"id": an_id("step-free"), "description": "Step-free"}],
                },
            }
        ],
        "languages": [{"id": an_id("language"), "name": "Cymraeg"}],
        "organization": brief(organization(), "phones"),
        "funding": [{"id": an_id("funding"), "source": "A grant"}],
        "cost_options": [{"id": an_id("cost"), "option": "Guests", "amount": 3.5}],
        "contacts": [
            {
                "id": an_id("contact"),
                "name": "Ann Example",
                "title": "Cook",
                "phones": [{"id": an_id("phone"), "number": "+44 1632 960002"}],
            }
        ],
        "attributes": [
            {
                "id": an_id("attribute"),
                "link_type": "service_type",
                "taxonomy_term": {
                    "id": an_id("term"),
                    "name": "Food",
                    "description": "Meals",
                    "term_uri": "https://terms.example.org/food",
                },
            }
        ],
        "x_local": {"kitchen": "large"},
        **more,
    }
