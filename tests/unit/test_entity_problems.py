"""What is wrong between entities is found with the config, at its place in the document."""

from __future__ import annotations

import pytest

from app.config import WrongConfig, check

CUSTOMERS = """
resource: customers
fields:
  name: string
  open: boolean
"""
ORDERS = """
resource: orders
fields:
  customer_id: {type: foreign_key, references: customers}
  total: integer
permissions:
  read: {expression: RULE}
"""


@pytest.mark.parametrize(
    ('rule', 'message'),
    [
        ('customer.nam = 1', "there is no field 'nam', did you mean 'name'"),
        ('total.name = 1', 'total leads to no other record'),
        ('customer.name', 'must be a boolean'),
    ],
)
def test_a_rule_that_leads_nowhere_is_named_with_its_line(rule: str, message: str) -> None:
    with pytest.raises(WrongConfig) as refused:
        check({'entities/customers.yaml': CUSTOMERS, 'entities/orders.yaml': ORDERS.replace('RULE', rule)})
    [mistake] = refused.value.mistakes
    assert (mistake.line, mistake.key) == (7, 'permissions.read')
    assert message in mistake.message


def test_a_rule_that_leads_to_what_is_unknown_is_no_mistake_besides() -> None:
    with pytest.raises(WrongConfig) as refused:
        check({'entities/orders.yaml': ORDERS.replace('RULE', 'customer.open')})
    assert [mistake.key for mistake in refused.value.mistakes] == ['fields.customer_id.references']
    with pytest.raises(WrongConfig) as refused:
        check(
            {'entities/customers.yaml': 'resource: [', 'entities/orders.yaml': ORDERS.replace('RULE', 'customer.open')}
        )
    assert [mistake.path for mistake in refused.value.mistakes] == ['entities/customers.yaml']
