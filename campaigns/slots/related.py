"""What is much like what the visitor looked at longest? Of the same category, the nearest in price."""

from campaigns.slots.base import ITEM_HOLES, Slot, item_values, items_near

SLOT = Slot("related", "An item related to the one looked at longest", ITEM_HOLES, items_near("related"), item_values)
